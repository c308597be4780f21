"""Audiences of Google and Meta, which know people by hashes only."""

from __future__ import annotations

from typing import Any

import pytest

from stub_server import Exchange, Reply, json_reply

GOOGLE_TOKEN = "canary-google-token-77"  # noqa: S105 - of a stub
META_TOKEN = "canary-meta-token-42"  # noqa: S105 - of a stub
AUDIENCE = "120210987"


class GoogleStub:
    """Members by the hash of their address; each request must be one of Google's messages."""

    def __init__(self) -> None:
        # Imported before a request waits for it: that takes seconds.
        self._api = pytest.importorskip(
            "google.ads.datamanager_v1", reason="google-ads-datamanager is not installed"
        )
        self.members: dict[str, dict[str, Any]] = {}
        self.violations: list[str] = []
        self.statuses: list[dict[str, Any]] = []
        self.consents: list[Any] = []

    def answer(self, exchange: Exchange) -> Reply:
        if exchange.headers.get("authorization") != f"Bearer {GOOGLE_TOKEN}":
            return self._error(401, "UNAUTHENTICATED")
        if exchange.path == "/v1/requestStatus:retrieve":
            status = self.statuses.pop(0) if self.statuses else {"requestStatus": "SUCCESS"}
            return json_reply(200, {"requestStatusPerDestination": [status]})
        verb = exchange.path.removeprefix("/v1/audienceMembers:")
        if verb not in ("ingest", "remove"):
            return self._error(404, "NOT_FOUND")
        said = exchange.json()
        if problem := self._problem(verb, said):
            self.violations.append(problem)
            return self._error(400, "INVALID_ARGUMENT")
        self.consents.append(said.get("consent"))
        for member in said["audienceMembers"]:
            self._apply(verb, member["userData"]["userIdentifiers"])
        return json_reply(200, {"requestId": f"r-{len(self.consents)}"})

    def _apply(self, verb: str, identifiers: list[dict[str, Any]]) -> None:
        found = {name: value for one in identifiers for name, value in one.items()}
        if verb == "ingest":
            self.members[found["emailAddress"]] = found
            return
        for key, member in list(self.members.items()):
            if any(member.get(name) == value for name, value in found.items()):
                del self.members[key]

    def _problem(self, verb: str, said: dict[str, Any]) -> str | None:
        """What Google's own messages have against a request."""
        from google.protobuf.json_format import ParseDict, ParseError  # noqa: PLC0415

        kind = f"{verb.capitalize()}AudienceMembersRequest"
        few = {**said, "audienceMembers": said["audienceMembers"][:100]}  # to parse all takes long
        try:
            ParseDict(few, getattr(self._api, kind).pb()())
        except ParseError as error:
            return str(error)
        if not 1 <= len(said["audienceMembers"]) <= 10_000:
            return "too many members"
        hashes = [
            value
            for member in said["audienceMembers"]
            for one in member["userData"]["userIdentifiers"]
            for name, value in one.items()
            if name in ("emailAddress", "phoneNumber")
        ]
        wrong = [one for one in hashes if len(one) != 64 or not set(one) <= set("0123456789abcdef")]
        return f"not hashed: {len(wrong)}" if wrong or not hashes else None

    def _error(self, status: int, code: str) -> Reply:
        return json_reply(status, {"error": {"status": code, "message": "canary@x.test"}})


class MetaStub:
    """Members by the hash of their address, written from Meta's prose: no contract to check by."""

    def __init__(self) -> None:
        self.members: dict[str, dict[str, str]] = {}
        self.violations: list[str] = []
        self.errors: list[tuple[int, dict[str, Any]]] = []
        self.unreadable: set[str] = set()

    def answer(self, exchange: Exchange) -> Reply:
        if exchange.headers.get("authorization") != f"Bearer {META_TOKEN}":
            return json_reply(401, {"error": {"code": 190, "message": "canary@x.test"}})
        if self.errors:
            status, error = self.errors.pop(0)
            return json_reply(status, {"error": {"message": "canary@x.test", **error}})
        if exchange.method == "GET":
            return json_reply(200, {"id": exchange.path.rpartition("/")[2]})
        if exchange.path != f"/v25.0/{AUDIENCE}/users":
            return json_reply(404, {"error": {"code": 803}})
        payload = exchange.json()["payload"]
        rows = [dict(zip(payload["schema"], row, strict=True)) for row in payload["data"]]
        if not 1 <= len(rows) <= 10_000 or any(
            "@" in cell for row in rows for cell in row.values()
        ):
            self.violations.append("too many rows, or an address in clear")
        bad = [row for row in rows if row.get("EMAIL") in self.unreadable]
        for row in rows:
            if row not in bad:
                self._apply(exchange.method, row)
        said = {"audience_id": AUDIENCE, "num_received": len(rows), "num_invalid_entries": len(bad),
                "invalid_entry_samples": {"0": "canary"}}  # fmt: skip
        return json_reply(200, said)

    def _apply(self, method: str, row: dict[str, str]) -> None:
        if method == "POST":
            self.members[row["EMAIL"]] = {name: value for name, value in row.items() if value}
            return
        for key, member in list(self.members.items()):
            if any(value and member.get(name) == value for name, value in row.items()):
                del self.members[key]
