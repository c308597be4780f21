"""Keyed hashes of personal keys, so that a record can be named without its e-mail or MAC address.

A plain hash of an e-mail is undone by hashing a list of e-mails; a keyed one is not, as long as
the key is kept. The SQL function ``cdp_keyed_hash`` is this function bound to the project's key.
"""

from __future__ import annotations

import hashlib
import hmac
import re

DEMO_KEY = "demo-key-not-secret"
"""The key of the made-up sample. Real projects set the environment variable CDP_HASH_KEY."""

HASH_LENGTH = 32
"""Hexadecimal characters kept: 128 bits, enough that two of a billion keys never collide."""

_NOT_HEX = re.compile(r"[^0-9a-f]")


def keyed_hash(value: str, key: str) -> str:
    """Return the HMAC-SHA256 of ``value`` by ``key`` in hexadecimal, truncated to 32 characters.

    Callers normalise first (``normalise_email``, ``normalise_mac``): two spellings of one key
    must give one hash, and only the caller knows what kind of key it holds.
    """
    digest = hmac.new(key.encode("utf-8"), value.encode("utf-8"), hashlib.sha256)
    return digest.hexdigest()[:HASH_LENGTH]


def normalise_email(value: str) -> str:
    """Return an e-mail trimmed and lower-cased: the form it is hashed in."""
    return value.strip().lower()


def normalise_mac(value: str) -> str:
    """Return a MAC address as bare lower-case hexadecimal: the form it is hashed in."""
    return _NOT_HEX.sub("", value.lower())


def tombstone(kind: str, value: str, key: str) -> str:
    """The keyed hash by which the erasure gate knows a value again.

    ``kind`` is an identifier type, ``record`` or ``visitor``; macro ``is_suppressed_value`` hashes
    the same text, so that neither kind of value can pass for another.
    """
    return keyed_hash(f"{kind}:{value}", key)


ERASED = "erased:"
"""How a hash that stands in place of an erased value begins."""


def erased_name(kind: str, value: str, key: str) -> str:
    """What stands in state in place of an erased value: the same value gives the same name."""
    return ERASED + tombstone(kind, value, key)


def key_version(key: str) -> str:
    """Which key a tombstone was made with, as 8 characters that do not tell the key."""
    return keyed_hash("key_version", key)[:8]
