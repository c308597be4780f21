"""Match keys of identifier values: one at a time, and of a column at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

# Providers that ignore dots in the local part, each with the domain they all mean.
_DOTLESS_DOMAINS: Mapping[str, str] = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
# Providers whose tag sign is not the usual plus.
_TAG_SIGNS: Mapping[str, str] = {"yahoo.com": "-", "yahoo.co.uk": "-", "yahoo.de": "-"}
_FEWEST_PHONE_DIGITS = 6
_SIGNS = re.compile(r"[^a-z0-9]+")


def email_key(email: str) -> str | None:
    """Match key of an e-mail: case folded, tag dropped, dots dropped where they mean nothing."""
    local, at_sign, domain = email.strip().lower().rpartition("@")
    if not at_sign or not local or not domain:
        return None
    domain = _DOTLESS_DOMAINS.get(domain, domain)
    bare = local.split("+", 1)[0]
    if domain in _TAG_SIGNS:
        bare = bare.split(_TAG_SIGNS[domain], 1)[0]
    if domain in _DOTLESS_DOMAINS.values():
        bare = bare.replace(".", "")
    return f"{bare or local}@{domain}"


def phone_key(phone: str) -> str | None:
    """Digits of a phone; None when fewer than six are left."""
    digits = re.sub(r"\D", "", phone)
    return digits if len(digits) >= _FEWEST_PHONE_DIGITS else None


def identifier_key(identifier_type: str, value: str) -> str | None:
    """Match key of an identifier value, by its type."""
    if identifier_type == "email":
        return email_key(value)
    if identifier_type == "phone":
        return phone_key(value)
    return _SIGNS.sub("", value.lower()) or None


def match_keys(kinds: pa.Array, values: pa.Array) -> pa.Array:
    """``identifier_key`` of each value by its type; null where there is no value, or no key.

    A value is looked at once, however many hold it. (Arrow's kernels for regular expressions take
    two to three times as long as the rule does.)
    """
    keys = pa.nulls(len(values), pa.string())
    for kind in pc.unique(kinds.drop_null()).to_pylist():
        is_kind = pc.fill_null(pc.equal(kinds, kind), False)  # noqa: FBT003
        mine = values.filter(is_kind).dictionary_encode()
        found = [identifier_key(str(kind), value) for value in mine.dictionary.to_pylist()]
        told = pa.array(found, type=pa.string()).take(mine.indices)
        keys = pc.replace_with_mask(keys, is_kind, told)
    return keys
