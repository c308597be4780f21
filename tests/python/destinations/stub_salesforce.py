"""Salesforce's Bulk API 2.0, written from its prose: jobs are uploaded once and give results."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import parse_qs, unquote

from stub_server import Exchange, Reply, json_reply

CLIENT = ("canary-client-id", "canary-client-secret-61")
FIELD = "Cdp_Customer_Id__c"
_BASE = "/services/data/v64.0"
_TABLE = {"Content-Type": "text/csv"}


class SalesforceStub:
    def __init__(self) -> None:
        self.records: dict[str, dict[str, str]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.violations: list[str] = []
        self.tokens = 0
        self.looks_until_done = 0
        self.unprocessed: set[str] = set()
        self.errors: dict[str, str] = {}
        self.page = 3000
        self.final_state = "JobComplete"

    def answer(self, exchange: Exchange) -> Reply:  # noqa: PLR0911 - one for each call
        if exchange.path == "/services/oauth2/token":
            return self._token(exchange)
        if exchange.headers.get("authorization") != f"Bearer canary-token-{self.tokens}":
            return json_reply(401, [{"errorCode": "INVALID_SESSION_ID", "message": "canary"}])
        place = exchange.path.removeprefix(f"{_BASE}/").rstrip("/").split("/")
        if place[0] == "sobjects":
            return self._record(unquote(place[3]))
        if exchange.method == "POST":
            return self._made(exchange.json())
        job = self.jobs[place[2]]
        if exchange.method == "PUT":
            return self._uploaded(job, exchange)
        if exchange.method == "PATCH":
            return self._closed(job)
        if len(place) == 3:
            return self._state(job)
        return self._table(job[place[3]], exchange.query.get("locator", "0"))

    def _token(self, exchange: Exchange) -> Reply:
        form = parse_qs(exchange.body.decode())
        if (form["client_id"][0], form["client_secret"][0]) != CLIENT:
            return json_reply(400, {"error": "invalid_client", "error_description": "canary"})
        self.tokens += 1
        org = "https://login.salesforce.com/id/00Dxx0000001gPL/005xx"
        return json_reply(200, {"access_token": f"canary-token-{self.tokens}", "id": org})

    def _record(self, value: str) -> Reply:
        if value not in self.records:
            return json_reply(404, [{"errorCode": "NOT_FOUND", "message": "canary"}])
        return json_reply(200, {"Id": self.records[value]["Id"]})

    def _made(self, said: dict[str, Any]) -> Reply:
        if said["object"] != "Contact":
            return json_reply(400, [{"errorCode": "INVALIDENTITY", "message": "canary"}])
        if said["operation"] == "upsert" and said.get("externalIdFieldName") != FIELD:
            self.violations.append("no external id")
        name = f"750{len(self.jobs):04}"
        self.jobs[name] = {**said, "state": "Open", "looks": self.looks_until_done}
        return json_reply(200, {"id": name, "state": "Open"})

    def _uploaded(self, job: dict[str, Any], exchange: Exchange) -> Reply:
        if job["state"] != "Open" or "rows" in job:
            return json_reply(400, [{"errorCode": "InvalidJobState", "message": "canary"}])
        if not exchange.headers.get("content-type", "").startswith("text/csv"):
            self.violations.append("not a table")
        if len(exchange.body) > 150_000_000:
            self.violations.append("too large")
        text = exchange.body.decode()
        job["rows"] = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        return Reply(201)

    def _closed(self, job: dict[str, Any]) -> Reply:
        if job["state"] != "Open" or "rows" not in job:
            return json_reply(400, [{"errorCode": "InvalidJobState", "message": "canary"}])
        job["state"] = "UploadComplete"
        tables: dict[str, list[dict[str, str]]] = {
            "successfulResults": [], "failedResults": [], "unprocessedrecords": [],
        }  # fmt: skip
        if self.final_state == "JobComplete":
            for row in job["rows"]:
                kind, said = self._applied(job["operation"], row)
                tables[kind].append({**said, **row})
        job.update(tables)
        return json_reply(200, {"state": "UploadComplete"})

    def _applied(self, operation: str, row: dict[str, str]) -> tuple[str, dict[str, str]]:
        if operation == "delete":
            found = [key for key, one in self.records.items() if one["Id"] == row["Id"]]
            for key in found:
                del self.records[key]
            if not found:
                return "failedResults", {"sf__Id": row["Id"], "sf__Error": "ENTITY_IS_DELETED:x:--"}
            return "successfulResults", {"sf__Id": row["Id"], "sf__Created": "false"}
        key = row[FIELD]
        if key in self.unprocessed:
            return "unprocessedrecords", {}
        if "poison" in row.get("FirstName", ""):
            error = "INVALID_EMAIL_ADDRESS:Email: invalid email address: canary@x.test:Email --"
            return "failedResults", {"sf__Id": "", "sf__Error": error}
        if key in self.errors:
            return "failedResults", {"sf__Id": "", "sf__Error": self.errors[key]}
        record = self.records.setdefault(key, {"Id": f"003{len(self.records):06}"})
        for name, value in row.items():
            if value == "#N/A":
                record.pop(name, None)
            elif value:
                record[name] = value
        return "successfulResults", {"sf__Id": record["Id"], "sf__Created": "true"}

    def _state(self, job: dict[str, Any]) -> Reply:
        if job["state"] in ("UploadComplete", "InProgress"):
            job["looks"] -= 1
            job["state"] = "InProgress" if job["looks"] >= 0 else self.final_state
        return json_reply(200, {"state": job["state"]})

    def _table(self, rows: list[dict[str, str]], locator: str) -> Reply:
        start = int(locator)
        page = rows[start : start + self.page]
        handle = io.StringIO(newline="")
        names = list(rows[0]) if rows else ["sf__Id", "sf__Error"]
        writer = csv.DictWriter(handle, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(page)
        following = start + self.page
        more = str(following) if following < len(rows) else "null"
        return Reply(200, handle.getvalue().encode(), {**_TABLE, "Sforce-Locator": more})

    def held(self) -> dict[str, dict[str, str]]:
        """Records by key."""
        return {
            key: {name: one for name, one in record.items() if name not in ("Id", FIELD)}
            for key, record in self.records.items()
        }
