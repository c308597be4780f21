"""The key by which a destination knows a batch again, and when what it rejected is sent again."""

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


def batch_key(secret: str, rows: Iterable[str]) -> str:
    """The idempotency key of a batch, from those of its rows in their order."""
    text = "\n".join(("batch", *rows))
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()[:_LENGTH]
