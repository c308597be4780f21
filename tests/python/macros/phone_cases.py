"""Phone numbers to try: the library's own examples of every country, and damaged ones.

The expected answer is the `phonenumbers` library's: parse with the country as default region,
E.164 when the number is possible, else null. Two rules are ours and applied on top: letters
inside make a number null, where the library drops or dials them, and so do repeated or counting
digits, which the library calls possible.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNTING = ("012345678901234567890", "987654321098765432109")


@dataclass(frozen=True)
class PhoneCase:
    """One raw text, the country it is read under, and the number it should become."""

    raw_text: str | None
    country: str | None
    kind: str
    expected: str | None


def library_answer(text: str, country: str | None) -> str | None:
    """Return the library's E.164, or None when the text is no possible number."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(
        phonenumbers.PhoneNumber(
            country_code=number.country_code,
            national_number=number.national_number,
            italian_leading_zero=number.italian_leading_zero,
            number_of_leading_zeros=number.number_of_leading_zeros,
        ),
        PhoneNumberFormat.E164,
    )


def is_junk(e164: str, country_calling_code: int) -> bool:
    """Return whether the national digits are one digit repeated, or a count up or down."""
    digits = e164.removeprefix(f"+{country_calling_code}")
    counted = len(digits) >= 7 and any(digits in sequence for sequence in COUNTING)
    return counted or re.fullmatch(r"(.)\1*", digits) is not None


def expected_answer(text: str, country: str | None) -> str | None:
    """Return what the macro should say about a text without letters inside."""
    answer = library_answer(text, country)
    if answer is None:
        return None
    code = phonenumbers.parse(answer, None).country_code
    return None if is_junk(answer, code or 0) else answer


def example_numbers(country: str, *, full: bool) -> Iterator[phonenumbers.PhoneNumber]:
    """Yield the library's examples: one per type of number, or only the first."""
    seen = set()
    for number_type in PhoneNumberType.values():
        number = phonenumbers.example_number_for_type(country, number_type)
        if number is None or str(number) in seen:
            continue
        seen.add(str(number))
        yield number
        if not full:
            return


def texts_of(number: phonenumbers.PhoneNumber) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) for one example: well-formed ways to write it, then damaged ones."""
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    significant = phonenumbers.national_significant_number(number)
    yield "e164", e164
    yield "international", international
    yield "national", national
    yield "national_digits", re.sub("[^0-9]", "", national)
    yield "significant_digits", significant
    yield "all_digits", e164[1:]
    yield "double_zero", f"00{e164[1:]}"
    yield "bracketed_trunk", f"+{number.country_code} (0){significant}"
    yield "extension", f"{international} ext. 12"
    yield "short_by_one", e164[:-1]
    yield "short_by_one_national", national[:-1]
    yield "short_by_four", e164[:-4]
    yield "long_by_one", f"{e164}7"
    yield "long_by_one_national", f"{national}7"
    yield "long_by_eight", f"{e164}79797979"
    yield "doubled_plus", f"+{e164}"
    yield "plus_inside", f"{e164[:5]}+{e164[5:]}"
    yield "plus_on_national", f"+{national}"
    middle = len(e164) // 2
    yield "letter_inside", f"{e164[:middle]}O{e164[middle + 1 :]}"
    yield "letters_inside", f"{e164[:middle]}abc{e164[middle:]}"


JUNK = (
    "0000000000",
    "1111111111",
    "1234567890",
    "0123456789",
    "9876543210",
    "999999999",
    "0",
    "-",
    "n/a",
    "none",
    "+",
    "++",
    "+0",
    "00",
    "phone",
    "1234",
    "07",
)


BY_HAND = (
    ("+44 (0)20 8366 1177", "GB", "+442083661177"),
    ("+44 (0)20 8366 1177", None, "+442083661177"),
    ("0044 20 8366 1177", None, "+442083661177"),
    ("020 8366 1177", None, None),
    ("020 8366 1177", "XX", None),
    ("020 8366 1177", "gb", "+442083661177"),
    ("(020) 8366-1177", "GB", "+442083661177"),
    ("020.8366.1177", "GB", "+442083661177"),
    ("\u00a0020\u00a08366\u20111177 ", "GB", "+442083661177"),
    ("Tel.: 020 8366 1177", "GB", "+442083661177"),
    ("020 8366 1177 x12", "GB", "+442083661177"),
    ("020 8366 1177 extn. 4", "GB", "+442083661177"),
    ("020 8366 1177 home", "GB", None),
    ("020 8366 1177 / 020 8366 1178", "GB", None),
    ("07700 900123", "GB", "+447700900123"),
    ("+49 151 23456789", "GB", "+4915123456789"),
    ("030/1234567", "DE", "+49301234567"),
    ("0049301234567", "DE", "+49301234567"),
    ("011 44 20 8366 1177", "US", "+442083661177"),
    ("(555) 010-1234", "US", "+15550101234"),
    ("06 6982 0000", "IT", "+390669820000"),
    ("\uff0b\uff14\uff14 20 8366 1177", "JP", "+442083661177"),
    ("8366 1177", "US", None),
    ("0000000000", "GB", None),
    ("07777 777777", "GB", None),
    ("+999 123456789", "GB", None),
    ("1-800-FLOWERS", "US", None),
    ("", "GB", None),
    (None, "GB", None),
)


@lru_cache(maxsize=2)
def phone_cases(*, full: bool) -> tuple[PhoneCase, ...]:
    """Return all cases; without `full` one example number per country instead of every type."""
    cases = [PhoneCase(text, country, "by_hand", answer) for text, country, answer in BY_HAND]
    for country in sorted(phonenumbers.SUPPORTED_REGIONS):
        for number in example_numbers(country, full=full):
            for kind, text in texts_of(number):
                expected = None if kind.startswith("letter") else expected_answer(text, country)
                cases.append(PhoneCase(text, country, kind, expected))
        cases.extend(
            PhoneCase(text, country, "junk", expected_answer(text, country)) for text in JUNK
        )
    return tuple(cases)
