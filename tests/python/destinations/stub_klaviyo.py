"""Klaviyo's profiles and lists as far as we use them; any other call is a violation."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from stub_server import Exchange, Reply, json_reply
from vendor_contracts import contract_of

API_KEY = "canary-klaviyo-key-3aa"
LIST = "Y6nRLr"
_HOST = "https://a.klaviyo.com"
_TYPE = {"Content-Type": "application/vnd.api+json"}


class KlaviyoStub:
    def __init__(self) -> None:
        self.contracts = [
            (prefix, contract_of(f"klaviyo-{name}.2026-07-15.json", _HOST))
            for prefix, name in (
                ("/api/profile", "profiles"), ("/api/lists", "lists"),
                ("/api/data-privacy", "data_privacy"),
            )
        ]  # fmt: skip
        self.profiles: dict[str, dict[str, Any]] = {}
        self.members: set[str] = set()
        self.violations: list[str] = []
        self._made = 0

    def answer(self, exchange: Exchange) -> Reply:
        if exchange.headers.get("authorization") != f"Klaviyo-API-Key {API_KEY}":
            return self._error(401, "not_authenticated")
        if exchange.headers.get("revision") != "2026-07-15":
            self.violations.append("no revision")  # has a default, so the contract lets it pass
        contract = next(
            (one for start, one in self.contracts if exchange.path.startswith(start)), None
        )
        if contract is not None and (problem := contract.problem(exchange)):
            self.violations.append(problem)
            return self._error(400, "invalid")
        reply = self._performed(exchange)
        if contract is not None and (lie := contract.problem_of_reply(exchange, reply)):
            self.violations.append(f"the stub itself: {exchange.target} {lie}")
        return reply

    def _performed(self, exchange: Exchange) -> Reply:  # noqa: PLR0911 - one for each call
        call = f"{exchange.method} {exchange.path}"
        if call == "GET /api/accounts":
            return self._said(200, [{"type": "account", "id": "AbC123"}])
        if call == "POST /api/profile-import":
            return self._import(exchange.json()["data"])
        if call == "GET /api/profiles":
            return self._found(unquote(urlsplit(exchange.target).query))
        if call == "POST /api/data-privacy-deletion-jobs":
            profile = exchange.json()["data"]["attributes"]["profile"]["data"]["id"]
            self.members.discard(profile)
            self.profiles.pop(profile, None)
            return Reply(202)
        if exchange.path == f"/api/lists/{LIST}/relationships/profiles":
            return self._related(exchange)
        if exchange.path == f"/api/lists/{LIST}":
            return self._said(200, {"type": "list", "id": LIST, "attributes": {"name": "x"},
                                    "links": {"self": _HOST}})  # fmt: skip
        if exchange.path.startswith("/api/lists/"):
            return self._error(404, "not_found")
        self.violations.append(f"not to be called: {call}")
        return self._error(404, "not_found")

    def _import(self, data: dict[str, Any]) -> Reply:
        attributes = data["attributes"]
        if "poison" in str(attributes.get("first_name")):
            return self._error(400, "invalid")
        identity = data.get("id")
        if identity is not None and identity not in self.profiles:
            return self._error(404, "not_found")
        if identity is None:
            identity = self._id_of(attributes["external_id"])
        others = [one for key, one in self.profiles.items() if key != identity]
        if attributes.get("email") and attributes["email"] in [one.get("email") for one in others]:
            return self._error(409, "duplicate_profile")
        is_new = identity is None
        if identity is None:
            self._made += 1
            identity = f"01H{self._made:05}"
        self.profiles.setdefault(identity, {}).update(attributes)
        return self._said(201 if is_new else 200, self._profile(identity))

    def _id_of(self, external: str) -> str | None:
        found = (key for key, one in self.profiles.items() if one["external_id"] == external)
        return next(found, None)

    def _found(self, query: str) -> Reply:
        asked = re.search(r'equals\(external_id,"([^"]*)"\)', query)
        assert asked is not None
        identity = self._id_of(asked.group(1))
        return self._said(200, [] if identity is None else [self._profile(identity)])

    def _related(self, exchange: Exchange) -> Reply:
        ids = {one["id"] for one in exchange.json()["data"]}
        if not ids <= set(self.profiles):
            return self._error(404, "not_found")
        self.members = self.members | ids if exchange.method == "POST" else self.members - ids
        return Reply(204)

    def _profile(self, identity: str) -> dict[str, Any]:
        external = {"external_id": self.profiles[identity]["external_id"]}
        return {"type": "profile", "id": identity, "attributes": external, "links": {"self": _HOST}}

    def _said(self, status: int, data: object) -> Reply:
        links = {"self": _HOST, "first": _HOST, "last": _HOST}
        return json_reply(status, {"data": data, "links": links}, **_TYPE)

    def _error(self, status: int, code: str) -> Reply:
        told = {"id": "e-1", "code": code, "title": "canary", "detail": "canary@x.test",
                "source": {"pointer": "/data"}}  # fmt: skip
        return json_reply(status, {"errors": [told]}, **_TYPE)

    def held(self, *, on_list: bool) -> dict[str, dict[str, Any]]:
        """Profiles by key, or only those on the list, without what is empty."""
        return {
            one["external_id"]: {
                name: value for name, value in one.items() if value and name != "external_id"
            }
            for identity, one in self.profiles.items()
            if not on_list or identity in self.members
        }
