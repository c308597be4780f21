"""A receiver of webhooks that checks signatures and applies no message twice."""

from __future__ import annotations

import base64
import hmac
from typing import Any

from stub_server import Exchange, Reply, json_reply

SECRET = "whsec_" + base64.b64encode(b"canary-secret-of-32-bytes-------").decode()


class WebhookStub:
    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.messages: list[str] = []
        self.violations: list[str] = []
        self.applied = 0

    def answer(self, exchange: Exchange) -> Reply:
        headers = exchange.headers
        signed = b".".join(
            [headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), exchange.body]
        )
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        if expected not in headers["webhook-signature"].split(" "):
            self.violations.append("wrong signature")
            return json_reply(400, {"error": "signature"})
        rows = exchange.json()["rows"]
        bad = [row for row in rows if "poison" in str(row["values"].get("firstname"))]
        if headers["webhook-id"] not in self.messages:
            self.messages.append(headers["webhook-id"])
            for row in rows:
                if row not in bad:
                    self._apply(row)
        refused = [{"idempotency_key": row["idempotency_key"], "code": "bad_name"} for row in bad]
        return json_reply(200, {"rejected": refused})

    def _apply(self, row: dict[str, Any]) -> None:
        self.applied += 1
        if row["operation"] == "remove":
            self.rows.pop(row["key"], None)
        else:
            self.rows[row["key"]] = row["values"]

    def held(self) -> dict[str, dict[str, Any]]:
        return {
            key: {
                name: value for name, value in values.items() if value and name != "cdp_customer_id"
            }
            for key, values in self.rows.items()
        }
