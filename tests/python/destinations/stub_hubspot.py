"""HubSpot's contacts as far as we use them: upsert, read, archive, permanent deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stub_server import Exchange, Reply, json_reply
from vendor_contracts import contract_of

if TYPE_CHECKING:
    from vendor_contracts import Contract

TOKEN = "canary-token-hubspot-9c1"  # noqa: S105 - of a stub
KEY = "cdp_customer_id"
_MOMENT = "2026-11-22T10:00:00Z"
_CONTACTS = "/crm/v3/objects/contacts/"


class HubSpotStub:
    """Contacts by the key property; answers 207 when a row is bad."""

    def __init__(self) -> None:
        self.contract: Contract | None = contract_of(
            "hubspot-contacts.derived.yaml", "https://api.hubapi.com"
        )
        self.contacts: dict[str, dict[str, Any]] = {}
        self.archived: dict[str, dict[str, Any]] = {}
        self.violations: list[str] = []
        self.refuses_whole_batches = False

    def answer(self, exchange: Exchange) -> Reply:
        if exchange.headers.get("authorization") != f"Bearer {TOKEN}":
            return json_reply(401, self._error("INVALID_AUTHENTICATION"))
        if exchange.path == "/account-info/v3/details":
            return json_reply(200, {"portalId": 4711, "accountType": "STANDARD"})
        if not exchange.path.startswith(_CONTACTS):
            return json_reply(404, self._error("OBJECT_NOT_FOUND"))
        if self.contract is not None and (problem := self.contract.problem(exchange)):
            self.violations.append(problem)
            return json_reply(400, self._error("VALIDATION_ERROR"))
        calls = {
            f"{_CONTACTS}batch/upsert": self.batch_upsert,
            f"{_CONTACTS}batch/read": self.batch_read,
            f"{_CONTACTS}batch/archive": self.batch_archive,
            f"{_CONTACTS}gdpr-delete": self.gdpr_delete,
        }
        reply = calls[exchange.path](exchange.json())
        lie = self.contract and self.contract.problem_of_reply(exchange, reply)
        if lie:
            self.violations.append(f"the stub itself: {lie}")
        return reply

    def batch_upsert(self, asked: dict[str, Any]) -> Reply:
        results, errors = [], []
        if self.refuses_whole_batches and any(_is_poison(one) for one in asked["inputs"]):
            return json_reply(400, self._error("VALIDATION_ERROR"))
        for one in asked["inputs"]:
            assert one["idProperty"] == KEY
            if _is_poison(one):
                context = {"objectWriteTraceId": [one["objectWriteTraceId"]]}
                errors.append({**self._error("VALIDATION_ERROR"), "context": context, "links": {},
                               "errors": [], "status": "error"})  # fmt: skip
                continue
            is_new = one["id"] not in self.contacts
            contact = self.contacts.setdefault(
                one["id"], {"id": str(9000 + len(self.contacts) + len(self.archived))}
            )
            contact.update(one["properties"])
            results.append(
                {
                    "id": contact["id"], "new": is_new, "createdAt": _MOMENT, "updatedAt": _MOMENT,
                    "objectWriteTraceId": one["objectWriteTraceId"], "properties": {KEY: one["id"]},
                }
            )  # fmt: skip
        return json_reply(207 if errors else 200, self._batch(results, errors))

    def batch_read(self, asked: dict[str, Any]) -> Reply:
        results, missing = [], []
        for one in asked["inputs"]:
            contact = self.contacts.get(one["id"])
            if contact is None:
                missing.append(one["id"])
            else:
                results.append({"id": contact["id"], "createdAt": _MOMENT, "updatedAt": _MOMENT,
                                "properties": {KEY: one["id"]}})  # fmt: skip
        error = {**self._error("OBJECT_NOT_FOUND"), "context": {"ids": missing}, "links": {},
                 "errors": [], "status": "error"}  # fmt: skip
        return json_reply(207 if missing else 200, self._batch(results, [error] if missing else []))

    def batch_archive(self, asked: dict[str, Any]) -> Reply:
        gone = {one["id"] for one in asked["inputs"]}
        for key in [key for key, contact in self.contacts.items() if contact["id"] in gone]:
            self.archived[key] = self.contacts.pop(key)
        return Reply(204)

    def gdpr_delete(self, asked: dict[str, Any]) -> Reply:
        for store in (self.contacts, self.archived):
            for key in [key for key, one in store.items() if one["id"] == asked["objectId"]]:
                del store[key]
        return Reply(204)

    def held(self) -> dict[str, dict[str, Any]]:
        """What is there, by key: properties that are not empty."""
        return {
            key: {name: value for name, value in one.items() if value and name not in ("id", KEY)}
            for key, one in self.contacts.items()
        }

    def _error(self, category: str) -> dict[str, Any]:
        return {"category": category, "correlationId": "c-1",
                "message": "canary-message@x.test is not valid"}  # fmt: skip

    def _batch(self, results: list[Any], errors: list[Any]) -> dict[str, Any]:
        said = {"status": "COMPLETE", "startedAt": _MOMENT, "completedAt": _MOMENT,
                "results": results}  # fmt: skip
        return {**said, "errors": errors, "numErrors": len(errors)} if errors else said


def _is_poison(one: dict[str, Any]) -> bool:
    return "poison" in one["properties"].get("firstname", "")
