"""Keys by which a destination knows a request again, and when what it rejected is sent again."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

RETRY_INTERVALS = (
    timedelta(0),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=16),
    timedelta(hours=64),
)
"""How long a row rests after its first, second, … rejection. After one more it is set aside."""

_LENGTH = 32


def row_key(
    secret: str, sync_name: str, origin_run_id: str, key: str, operation: str, row_hash: str
) -> str:
    """The idempotency key of one change.

    ``origin_run_id`` is the run that planned it first: what was sent by a run that crashed keeps
    its key, while the same content sent again after another one gets a new one.
    """
    return _digest(secret, "row", sync_name, origin_run_id, key, operation, row_hash)


def batch_key(secret: str, rows: Iterable[str]) -> str:
    """The idempotency key of a batch, from those of its rows in their order."""
    return _digest(secret, "batch", *rows)


def _digest(secret: str, *parts: str) -> str:
    text = "\n".join(f"{len(part)}:{part}" for part in parts)
    return hmac.digest(secret.encode(), text.encode("utf-8", "surrogatepass"), "sha256").hex()[
        :_LENGTH
    ]
