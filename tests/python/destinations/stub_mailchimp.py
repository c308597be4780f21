"""Mailchimp's members, written from its prose: an existing member keeps its status."""

from __future__ import annotations

import hashlib
from typing import Any

from stub_server import Exchange, Reply, json_reply

MAILCHIMP_KEY = "canary0mailchimp0key-us21"
LIST = "57afe96172"


class MailchimpStub:
    def __init__(self) -> None:
        self.members: dict[str, dict[str, Any]] = {}
        self.forgotten: set[str] = set()
        self.owners: dict[str, str] = {}
        self.violations: list[str] = []

    def answer(self, exchange: Exchange) -> Reply:  # noqa: PLR0911 - one for each call
        if exchange.headers.get("authorization") != f"Bearer {MAILCHIMP_KEY}":
            return self._problem(401, "API Key Invalid")
        if exchange.path == f"/3.0/lists/{LIST}":
            return json_reply(200, {"id": LIST})
        start = f"/3.0/lists/{LIST}/members/"
        if not exchange.path.startswith(start):
            return self._problem(404, "Resource Not Found")
        name, _, action = exchange.path.removeprefix(start).partition("/")
        if exchange.method == "PUT":
            return self._put(name, exchange.json())
        member = self.members.get(name)
        if member is None or (action == "" and member["status"] == "archived"):
            return self._problem(404, "Resource Not Found")
        if exchange.method == "PATCH":
            member["merge_fields"].update(exchange.json()["merge_fields"])
            return json_reply(200, {"id": name})
        if action == "actions/delete-permanent":
            del self.members[name]
            self.forgotten.add(name)
        else:
            member["status"] = "archived"
        return Reply(204)

    def _put(self, name: str, said: dict[str, Any]) -> Reply:
        if "status" in said:
            self.violations.append("status was sent: it subscribes who unsubscribed")
        if hashlib.md5(said["email_address"].lower().encode()).hexdigest() != name:  # noqa: S324
            self.violations.append("the path does not name the address")
        if "poison" in str(said.get("merge_fields")):
            return self._problem(400, "Invalid Resource")
        if name in self.forgotten and said["email_address"].startswith("forgotten"):
            return self._problem(400, "Forgotten Email Not Subscribed")
        member = self.members.get(name)
        if member is None or member["status"] == "archived":
            member = {"status": said["status_if_new"], "merge_fields": {}}
        member["email"] = said["email_address"]
        member["merge_fields"].update(said.get("merge_fields", {}))
        self.members[name] = member
        return json_reply(200, {"id": name, "status": member["status"]})

    def _problem(self, status: int, title: str) -> Reply:
        told = {"title": title, "status": status, "detail": "canary@x.test looks fake"}
        return json_reply(status, told, **{"Content-Type": "application/problem+json"})

    def held(self) -> dict[str, dict[str, Any]]:
        """Members who are not archived, by key."""
        found = {}
        for member in self.members.values():
            if member["status"] != "archived":
                fields = {
                    f"merge_fields.{name}": value
                    for name, value in member["merge_fields"].items()
                    if value
                }
                found[self.owners[member["email"]]] = {"email": member["email"], **fields}
        return found
