"""A webhook of your own: batches as signed JSON, as Standard Webhooks 1.0 has it.

Each request has a ``webhook-id`` that depends on nothing but what is sent, so that a batch which
is repeated after a crash carries the id it had, and a receiver that keeps the ids it saw applies
nothing twice. Signatures: HMAC-SHA256 over ``id.timestamp.body``, one for each secret, so that
secrets can be rotated. Specification: github.com/standard-webhooks/standard-webhooks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from warehouse_cdp.activation.protocol import (
    ACKNOWLEDGED,
    Capabilities,
    Limit,
    Mode,
    Opening,
    Outcome,
    Secret,
    Setting,
)
from warehouse_cdp.activation.values import joined_key
from warehouse_cdp.destinations import limits
from warehouse_cdp.destinations.addresses import problems_of_url, require_public
from warehouse_cdp.destinations.answers import code_of, refuse_batch, rejected
from warehouse_cdp.destinations.http import HttpClient, Request, Wire, json_bytes
from warehouse_cdp.destinations.tables import json_value
from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_cdp.activation.protocol import Batch, Row

_SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
_SHORTEST_SECRET = 24  # bytes, as the specification wants it


class WebhookType:
    """Signed JSON to an address of your own."""

    name = "webhook"
    capabilities = Capabilities(
        modes=("upsert", "mirror", "append"),
        on_leave=("delete", "keep", "archive", "clear_fields", "remove_from_list"),
        on_withdrawal="delete",
        on_erasure="delete",
        batch_rows=100,
        batch_bytes=limits.WEBHOOK.batch_bytes,
        concurrency=limits.WEBHOOK.concurrency,
        verified_against="Standard Webhooks 1.0, signatures of its test vector",
        settings=(
            Setting("url", "text", "Where to post to; https. A secret one: CDP_WEBHOOK_URL."),
            Setting(
                "allow_private_network", "boolean",
                "Whether the host may be in a private network, and http.", default=False,
            ),
        ),
        secrets=(
            Secret(
                "url", "CDP_WEBHOOK_URL", "Where to post to, when the address is a secret itself.",
                is_required=False,
            ),
            Secret(
                "signing", "CDP_WEBHOOK_SECRET",
                "whsec_ and base64 of 24 bytes or more; several with spaces between them.",
            ),
        ),
        limits=(
            Limit("rows", "100 a request, or as the sync says", "ours", "2026-11"),
            Limit("requests", "50 a second, 4 at once", "ours", "2026-11"),
        ),
    )  # fmt: skip

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def problems(self, settings: Mapping[str, object], mode: Mode) -> Sequence[str]:  # noqa: ARG002
        """What is wrong with the URL as it is written."""
        allows_private = settings.get("allow_private_network") is True
        url = settings.get("url")
        if url is None:  # then it comes from the environment, which is not there yet
            return []
        return problems_of_url("url", str(url), allows_private=allows_private)

    def open(self, opening: Opening) -> Webhook:
        """Check secret and host.

        Raises:
            ConfigurationError: secret or URL are none, or the host is private.
            DestinationUnavailableError: the host is not known.
        """
        url = str(opening.secrets.get("url") or opening.settings.get("url") or "")
        allows_private = opening.settings.get("allow_private_network") is True
        problems = problems_of_url("the webhook's url", url, allows_private=allows_private)
        if problems:
            raise ConfigurationError("; ".join(problems))
        if not allows_private:
            require_public(opening.sync_name, url)
        return Webhook(opening, url, _secrets_of(opening.secrets["signing"]), self._wire)


class Webhook:
    """An open webhook."""

    def __init__(self, opening: Opening, url: str, secrets: Sequence[bytes], wire: Wire) -> None:
        parts = urlsplit(url)
        self._sync_name = opening.sync_name
        self._key = opening.key
        self._secrets = secrets
        self._timing = wire.timing
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")
        self._host = parts.netloc
        self._url = url
        base = f"{parts.scheme}://{parts.netloc}"
        self._client = HttpClient("webhook", base, limits.WEBHOOK, wire=wire)

    @property
    def place(self) -> str:
        """The host; the path may be a secret."""
        return f"webhook at {self._host}"

    def identity(self) -> str:
        """A hash of the URL, whose path may be a secret."""
        return "webhook:" + hashlib.sha256(self._url.encode()).hexdigest()[:32]

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:  # noqa: ARG002 - the protocol's
        """Nothing: a row is removed by its key."""
        return None

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Post a batch. Any 2xx takes all of it, but for the rows that its answer rejects.

        The answer may be ``{"rejected": [{"idempotency_key": …, "code": …}]}``.

        Raises:
            BatchRefusedError, DestinationUnauthorisedError, DestinationUnavailableError: as the
                protocol has it.
        """
        body = json_bytes(self._message(batch))
        message_id = f"msg_{batch.idempotency_key}"
        answer = self._client.send(
            Request(
                "POST",
                self._path,
                body,
                {
                    "Content-Type": "application/json",
                    "webhook-id": message_id,
                    "Idempotency-Key": message_id,
                },
                needs_json=False,
                fresh_headers=lambda: self._signed(message_id, body),
            )
        )
        if not answer.is_ok:
            refuse_batch("webhook", answer)
        refused = _rejections(answer.object())
        return {row.key: refused.get(row.idempotency_key, ACKNOWLEDGED) for row in batch.rows}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _message(self, batch: Batch) -> dict[str, object]:
        """The body: nothing in it differs when the same rows are sent again."""
        return {
            "type": f"sync.{batch.lane}",
            "sync": self._sync_name,
            "mode": batch.mode,
            "rows": [_row(row, self._key) for row in batch.rows],
        }

    def _signed(self, message_id: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._timing.wall()))
        signatures = [signature(secret, message_id, timestamp, body) for secret in self._secrets]
        return {"webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}


def signature(secret: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of one message under one secret, with its version."""
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def _secrets_of(text: str) -> list[bytes]:
    found: list[bytes] = []
    for one in text.split():
        try:
            secret = base64.b64decode(one.removeprefix(_SECRET_PREFIX), validate=True)
        except binascii.Error:
            secret = b""
        if not one.startswith(_SECRET_PREFIX) or len(secret) < _SHORTEST_SECRET:
            found = []
            break
        found.append(secret)
    if not found:
        message = (
            "the webhook's signing secret must be whsec_ and the base64 of 24 bytes or more, such "
            "as `echo whsec_$(openssl rand -base64 32)` makes; several with spaces between them"
        )
        raise ConfigurationError(message)
    return found


def _row(row: Row, key: Sequence[str]) -> dict[str, object]:
    said: dict[str, object] = {
        # As the receiver knows it: a merged customer keeps the key under which it was sent.
        "key": joined_key(row.values[name] for name in key),
        "operation": row.operation,
        "idempotency_key": row.idempotency_key,
        "values": {name: json_value(value) for name, value in row.values.items()},
    }
    if row.on_leave is not None:
        said["on_leave"] = row.on_leave
    return said


def _rejections(answer: Mapping[str, object]) -> dict[str, Outcome]:
    listed = answer.get("rejected")
    return {
        str(one.get("idempotency_key")): rejected(code_of(one.get("code"), "rejected"))
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict)
    }
