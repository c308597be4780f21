"""Normal forms and hashes that vendors match on, each set of rules under a name with its version.

A platform compares hashes, so a value must be brought into the platform's own normal form before
it is hashed, and the forms differ: Google drops dots and tags of Gmail addresses, Meta keeps
them; Google wants ``+44…``, Meta ``44…``. The rules change too (Google's for Gmail did twice),
and a person can only be removed by the hash that was sent: hence the version in the name, which
the engine keeps with what was acknowledged. A new version is a new entry here, never an edit.

A value that cannot be brought into form gives None and is not sent. So does one that looks like
a hash already, and a telephone number without its country: a guess would match a stranger.
No function here raises on a value, so none can put one into an exception.

Sources: Google, "Format user data" of the Data Manager API (developers.google.com/data-manager/
api/devguides/concepts/formatting), read 2026-11; Meta, "Customer file custom audiences"
(developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences), read 2026-11;
Mailchimp, "Subscriber hash" (mailchimp.com/developer/marketing/docs/methods-parameters).
The e-mail rules of Google and Meta stand in SQL too: macros/activation/hashed_emails.sql.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GOOGLE = "google_data_manager@2026"
META = "meta_custom_audience@v25"
MAILCHIMP = "mailchimp_members@3.0"

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_GMAIL_DOMAINS = ("gmail.com", "googlemail.com")
_HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# What people write between the digits; any other character makes it no number.
_PHONE_PUNCTUATION = re.compile(r"[\s().\-/\u2010-\u2015\u00a0]+")
_BRITISH_POSTCODE = re.compile(r"([a-z]{1,2}[0-9][a-z0-9]?[0-9])[a-z]{2}")
_ZIP_PLUS_FOUR = re.compile(r"([0-9]{5})-[0-9]{4}")
_GENDERS = {"m": "m", "male": "m", "f": "f", "female": "f"}
_LAST_MONTH, _LAST_DAY = 12, 31
_FIRST_YEAR, _END_OF_YEARS = 1900, 2100


def _address(value: str) -> str | None:
    address = value.strip().lower()
    return address if _ADDRESS.fullmatch(address) else None


def _google_address(value: str) -> str | None:
    address = _address(value)
    if address is None:
        return None
    local_part, _, domain = address.partition("@")
    if domain in _GMAIL_DOMAINS:
        local_part = local_part.partition("+")[0].replace(".", "")
    return f"{local_part}@{domain}" if local_part else None


def _phone(value: str) -> str | None:
    # "+44 (0)7123" is how people write that the zero falls away after the country.
    number = _PHONE_PUNCTUATION.sub("", value.strip().replace("(0)", ""))
    return number if _E164.fullmatch(number) else None


def _phone_digits(value: str) -> str | None:
    number = _phone(value)
    return None if number is None else number[1:]


def _google_name(value: str) -> str | None:
    return unicodedata.normalize("NFC", value.strip().lower()) or None


def _letters(value: str) -> str | None:
    """Lower case, letters of any script and their marks, nothing between them."""
    text = unicodedata.normalize("NFC", value.lower())
    return "".join(one for one in text if unicodedata.category(one)[0] in "LM") or None


def _initial(value: str) -> str | None:
    letters = _letters(value)
    return None if letters is None else letters[0]


def _meta_postcode(value: str) -> str | None:
    code = value.strip().lower()
    american = _ZIP_PLUS_FOUR.fullmatch(code)
    if american:
        return american.group(1)
    code = re.sub(r"[\s-]+", "", code)
    british = _BRITISH_POSTCODE.fullmatch(code)
    return british.group(1) if british else code or None


def _country(value: str) -> str | None:
    code = value.strip().lower()
    return code if re.fullmatch(r"[a-z]{2}", code) else None


def _region_code(value: str) -> str | None:
    code = _country(value)
    return None if code is None else code.upper()


def _gender(value: str) -> str | None:
    return _GENDERS.get(value.strip().lower())


def _number(value: str, first: int, end: int, width: int) -> str | None:
    text = value.strip()
    if not (text.isascii() and text.isdigit() and first <= int(text[:9]) < end):
        return None
    return str(int(text[:9])).zfill(width)


def _year(value: str) -> str | None:
    return _number(value, _FIRST_YEAR, _END_OF_YEARS, 4)


def _month(value: str) -> str | None:
    return _number(value, 1, _LAST_MONTH + 1, 2)


def _day(value: str) -> str | None:
    return _number(value, 1, _LAST_DAY + 1, 2)


def _as_it_is(value: str) -> str | None:
    return value.strip() or None


def _lower(value: str) -> str | None:
    return value.strip().lower() or None


_RULES: Mapping[str, Mapping[str, Callable[[str], str | None]]] = {
    GOOGLE: {
        "email": _google_address,
        "phone": _phone,
        "given_name": _google_name,
        "family_name": _google_name,
        "postal_code": _as_it_is,
        "region_code": _region_code,
    },
    META: {
        "EMAIL": _address,
        "PHONE": _phone_digits,
        "FN": _letters,
        "LN": _letters,
        "FI": _initial,
        "CT": _letters,
        "ST": _letters,
        "ZIP": _meta_postcode,
        "COUNTRY": _country,
        "GEN": _gender,
        "DOBY": _year,
        "DOBM": _month,
        "DOBD": _day,
        "MADID": _lower,
        "EXTERN_ID": _as_it_is,
    },
    MAILCHIMP: {"email": _address},
}
# Sent as they are: the platform matches these in clear, or they mean something to us only.
_IN_CLEAR = {
    GOOGLE: frozenset({"postal_code", "region_code"}),
    META: frozenset({"MADID", "EXTERN_ID"}),
    MAILCHIMP: frozenset[str](),
}
RULE_SETS = tuple(_RULES)
_SHORT_NAMES = {GOOGLE: "google@2026", META: "meta@v25"}


def fields_of(rules: str) -> tuple[str, ...]:
    """Return the fields that a set of rules knows.

    Raises:
        KeyError: there is no such set; ``RULE_SETS`` has them all.
    """
    return tuple(_RULES[rules])


def normalised(rules: str, field: str, value: str | None) -> str | None:
    """Return a value in the normal form that a platform hashes; None where it has none.

    Args:
        rules: one of ``RULE_SETS``.
        field: one of ``fields_of(rules)``.
        value: as the warehouse has it; a telephone number with ``+`` and its country.

    Raises:
        KeyError: no such rules or field.
    """
    rule = _RULES[rules][field]
    return None if value is None or looks_hashed(value) else rule(value)


def identifier(rules: str, field: str, value: str | None) -> str | None:
    """Return what is sent for a value: its hash, or its normal form where that goes in clear.

    Hashes are lower-case hexadecimal SHA-256 of the normal form in UTF-8.

    Raises:
        KeyError: no such rules or field.
    """
    normal = normalised(rules, field, value)
    if normal is None or field in _IN_CLEAR[rules]:
        return normal
    return hashlib.sha256(normal.encode("utf-8", "surrogatepass")).hexdigest()


def _transform(rules: str, field: str) -> Callable[[str], str | None]:
    return lambda value: identifier(rules, field, value)


TRANSFORMS: Mapping[str, Callable[[str], str | None]] = {
    f"{short_name}.{field.lower()}": _transform(rules, field)
    for rules, short_name in _SHORT_NAMES.items()
    for field in _RULES[rules]
}
"""What a sync may name as the transform of a column: hashes of one version of a vendor's rules."""


def transformed(name: str, value: str) -> str | None:
    """Return a value as the transform of that name makes it; None where it has no such form.

    Raises:
        KeyError: no such transform.
    """
    return TRANSFORMS[name](value)


def subscriber_hash(address: str) -> str | None:
    """Return Mailchimp's id of a list member: MD5 of the address in lower case; None if no address.

    MD5 is theirs to choose; here it is a name, not a protection.
    """
    normal = normalised(MAILCHIMP, "email", address)
    if normal is None:
        return None
    text = normal.encode("utf-8", "surrogatepass")
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def looks_hashed(value: str) -> bool:
    """Whether a text has the form of an MD5, SHA-1 or SHA-256 in hexadecimal."""
    return bool(_HASH.fullmatch(value.strip()))


def is_sha256(value: str) -> bool:
    """Whether a text is a SHA-256 as platforms take it: 64 hexadecimal digits in lower case."""
    return bool(_SHA256.fullmatch(value))
