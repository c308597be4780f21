"""Normal forms of values for matching, by kind, over whole Arrow arrays.

They serve comparison only and are never shown: case, accents, punctuation, titles and the ways
of writing a date, phone number or street are levelled. A value that is a placeholder ("n/a",
"unknown", "0000000") becomes null, as an unknown value is no evidence.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Letters that Unicode decomposition leaves whole.
_LETTERS: Final = (
    ("ß", "ss"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("ø", "o"),
    ("ł", "l"),
    ("đ", "d"),
    ("ð", "d"),
    ("þ", "th"),
    ("\N{LATIN SMALL LETTER DOTLESS I}", "i"),
)
_PLACEHOLDERS: Final = pa.array(
    [
        *("na", "n a", "nan", "nil", "none", "null", "nul", "unknown", "unk", "not known"),
        *("not provided", "not available", "not applicable", "missing", "test", "xxx", "xx"),
        *("undefined", "anonymous", "no name", "no address", "declined", "blocked", "empty"),
    ]
)
_TITLES: Final = (
    r"^(?:(?:mr|mrs|ms|miss|mx|dr|prof|sir|dame|lord|lady|rev|herr|frau|monsieur|madame|mme|mlle"
    r"|sra|srta|dott|sig|signor|signora) )+(.)"
)
_SUFFIXES: Final = r"(.) (?:jr|jnr|junior|ii|iii|iv|snr|senior|sr)$"
_STREET_WORDS: Final = (
    ("st", "street"),
    ("str", "street"),
    ("rd", "road"),
    ("ave?", "avenue"),
    ("dr", "drive"),
    ("ct", "court"),
    ("crt", "court"),
    ("cres|cresc|cr", "crescent"),
    ("pl", "place"),
    ("blvd|bvd", "boulevard"),
    ("ln", "lane"),
    ("hwy", "highway"),
    ("pde", "parade"),
    ("sq", "square"),
    ("tce|terr", "terrace"),
    ("apt", "apartment"),
    ("cct|circ", "circuit"),
)
_SHORTENED: Final = rf"\b(?:{'|'.join(short for short, _ in _STREET_WORDS)})\b"
_SHORTEST_PHONE: Final = 5
_PHONE_DIGITS: Final = 9
_ZIP_4: Final = r"^([0-9]{5})[- ]?[0-9]{4}$"
_MONTHS: Final = {
    month: number
    for number, names in enumerate(
        (
            *("jan", "feb mrz", "mar", "apr", "may mai", "jun", "jul", "aug", "sep"),
            *("oct okt", "nov", "dec dez"),
        ),
        start=1,
    )
    for month in names.split()
}
_MONTHS["mrz"] = 3
_SETTLED_DATE: Final = r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|(?:1[5-9]|2[01])[0-9]{6})$"
_YEAR_FIRST: Final = re.compile(r"^(\d{4})[-/. ]+(\d{1,2})[-/. ]+(\d{1,2})(?!\d)")
_YEAR_LAST: Final = re.compile(r"^(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4})(?!\d)")
_DAY_NAME_YEAR: Final = re.compile(r"^(\d{1,2})[-/. ]*([a-z]{3})[a-z]*[-/., ]+(\d{4})")
_NAME_DAY_YEAR: Final = re.compile(r"^([a-z]{3})[a-z]*[-/. ]*(\d{1,2})[-/., ]+(\d{4})")
_DIGITS_8: Final = re.compile(r"^\d{8}$")
_YEAR_ONLY: Final = re.compile(r"^\d{4}$")
_FIRST_YEAR: Final = 1500
_LAST_YEAR: Final = 2199
_MONTHS_A_YEAR: Final = 12


def fold(texts: pa.Array) -> pa.Array:
    """Lower case letters and digits without accents, one blank between words; null when empty."""
    bare = pc.utf8_lower(texts)
    if not pc.all(pc.string_is_ascii(bare), min_count=0).as_py():
        for letter, plain in _LETTERS:
            bare = pc.replace_substring(bare, letter, plain)
        bare = pc.replace_substring_regex(pc.utf8_normalize(bare, form="NFKD"), r"\pM+", "")
        bare = pc.utf8_lower(bare)
    return _without_placeholders(_where(bare, r"[^a-z0-9 ]|  |^ | $", _only_words))


def _only_words(texts: pa.Array) -> pa.Array:
    bare = pc.replace_substring_regex(texts, "['\u2019`\u00b4]", "")
    return pc.utf8_trim(pc.replace_substring_regex(bare, r"[^\pL\pN]+", " "), " ")


def _where(texts: pa.Array, pattern: str, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """The texts with those that match ``pattern`` changed: most need no slow replacement."""
    matching = pc.fill_null(pc.match_substring_regex(texts, pattern), False)  # noqa: FBT003
    if not pc.any(matching, min_count=0).as_py():
        return texts
    return pc.replace_with_mask(texts, matching, change(texts.filter(matching)))


def _without_placeholders(texts: pa.Array) -> pa.Array:
    nothing = pc.or_(pc.equal(texts, ""), pc.is_in(texts, value_set=_PLACEHOLDERS))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), texts)


def given_names(texts: pa.Array) -> pa.Array:
    """Folded given names without titles in front."""
    names = _letters(texts)
    return _where(names, _TITLES, lambda with_title: _replaced(with_title, _TITLES))


def family_names(texts: pa.Array) -> pa.Array:
    """Folded family names without generational suffixes."""
    names = _letters(texts)
    return _where(names, _SUFFIXES, lambda with_suffix: _replaced(with_suffix, _SUFFIXES))


def _replaced(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.replace_substring_regex(texts, pattern, r"\1")


def _letters(texts: pa.Array) -> pa.Array:
    # A sign alone, such as a dash for "no name", folds to nothing and is null already.
    return fold(texts)


def addresses(texts: pa.Array) -> pa.Array:
    """Folded street addresses, usual abbreviations written out."""
    return _where(fold(texts), _SHORTENED, _written_out)


def _written_out(lines: pa.Array) -> pa.Array:
    for short, word in _STREET_WORDS:
        lines = pc.replace_substring_regex(lines, rf"\b(?:{short})\b", word)
    return lines


def emails(texts: pa.Array) -> pa.Array:
    """Lower-case addresses without blanks and without a ``+tag``; an accent is written one way."""
    bare = pc.utf8_lower(texts)
    if not pc.all(pc.string_is_ascii(bare), min_count=0).as_py():
        bare = pc.utf8_normalize(bare, form="NFKC")
    bare = pc.replace_substring_regex(bare, r"\s+", "")
    bare = pc.replace_substring_regex(bare, r"^([^@+]+)\+[^@]*@", r"\1@")
    return _without_placeholders(bare)


def phones(texts: pa.Array) -> pa.Array:
    """The last nine digits, which leaves out country codes and the leading zero."""
    digits = pc.replace_substring_regex(_without_decimals(texts), "[^0-9]+", "")
    digits = pc.utf8_slice_codeunits(digits, -_PHONE_DIGITS)
    useless = pc.or_(pc.less(pc.utf8_length(digits), _SHORTEST_PHONE), _one_digit_only(digits))
    return pc.if_else(useless, pa.scalar(None, pa.string()), digits)


def identifiers(texts: pa.Array) -> pa.Array:
    """Letters and digits only; an id of one repeated digit is none."""
    bare = pc.replace_substring(fold(_without_decimals(texts)), " ", "")
    return pc.if_else(_one_digit_only(bare), pa.scalar(None, pa.string()), bare)


def postal_codes(texts: pa.Array) -> pa.Array:
    """Letters and digits only; ZIP+4 as its first five digits."""
    codes = pc.replace_substring_regex(_without_decimals(texts), _ZIP_4, r"\1")
    return pc.replace_substring(fold(codes), " ", "")


def _without_decimals(texts: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(texts, r"^([0-9]+)\.0+$", r"\1")


def _one_digit_only(texts: pa.Array) -> pa.Array:
    repeated = "|".join(f"{digit}{{3,}}" for digit in range(10))
    return pc.match_substring_regex(texts, f"^(?:{repeated}|0+)$")


def dates(texts: pa.Array) -> pa.Array:
    """Dates as ``YYYYMMDD``, a lone year as ``YYYY``; what is no date stays as its digits.

    Whether 3/4/1980 is in April or in March is decided by the column: by the order that gives
    most of its unambiguous dates, day first where none tells.
    """
    # Most systems write dates in one of two ways that leave nothing to be read.
    settled = pc.match_substring_regex(texts, _SETTLED_DATE)
    others = pc.invert(pc.fill_null(settled, False))  # noqa: FBT003 - Arrow's argument
    forms = pc.replace_substring(texts, "-", "")
    if not pc.any(others, min_count=0).as_py():
        return forms
    return pc.replace_with_mask(forms, others, _read_dates(texts.filter(others)))


def _read_dates(texts: pa.Array) -> pa.Array:
    distinct = texts.dictionary_encode()
    written = [str(text).strip().lower() for text in distinct.dictionary.to_pylist()]
    day_first = _is_day_first(written)
    forms = pa.array([_date(text, day_first=day_first) for text in written], type=pa.string())
    return pc.take(forms, distinct.indices)


def _is_day_first(written: list[str]) -> bool:
    seen: Counter[bool] = Counter()
    for text in written:
        found = _YEAR_LAST.match(text)
        if found:
            first, second = int(found[1]), int(found[2])
            if (first > _MONTHS_A_YEAR) != (second > _MONTHS_A_YEAR):
                seen[first > _MONTHS_A_YEAR] += 1
    return seen[True] >= seen[False]


def _date(text: str, *, day_first: bool) -> str | None:
    parts: tuple[int, int, int] | None = None
    if found := _YEAR_FIRST.match(text):
        parts = int(found[1]), int(found[2]), int(found[3])
    elif found := _YEAR_LAST.match(text):
        first, second = int(found[1]), int(found[2])
        swapped = day_first if max(first, second) <= _MONTHS_A_YEAR else first > second
        day, month = (first, second) if swapped else (second, first)
        parts = int(found[3]), month, day
    elif found := _DAY_NAME_YEAR.match(text):
        parts = int(found[3]), _MONTHS.get(found[2], 0), int(found[1])
    elif found := _NAME_DAY_YEAR.match(text):
        parts = int(found[3]), _MONTHS.get(found[1], 0), int(found[2])
    elif _DIGITS_8.match(text):
        return _eight_digits(text)
    if parts:
        return f"{parts[0]:04d}{parts[1]:02d}{parts[2]:02d}"
    digits = re.sub(r"\.0+$", "", text)
    digits = re.sub(r"\D", "", digits)
    if _YEAR_ONLY.match(digits):
        return digits
    return digits[:8] or None


def _eight_digits(text: str) -> str | None:
    if len(set(text)) == 1:
        return None
    if _FIRST_YEAR <= int(text[:4]) <= _LAST_YEAR:
        return text
    if _FIRST_YEAR <= int(text[4:]) <= _LAST_YEAR:
        day_first = text[4:] + text[2:4] + text[:2]
        return day_first if _is_date(day_first) else text[4:] + text[:4]
    return text


def _is_date(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return True


def split_full_names(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Given and family names out of whole names; ``Family, Given`` is understood."""
    distinct = texts.dictionary_encode()
    whole = distinct.dictionary
    turned = pc.replace_substring_regex(whole, r"^\s*([^,]+),\s*([^,]+)$", r"\2 \1")
    bare = family_names(given_names(turned))
    words = [(text or "").split() for text in bare.to_pylist()]
    given = pa.array([part[0] if part else None for part in words], type=pa.string())
    family = pa.array([part[-1] if len(part) > 1 else None for part in words], type=pa.string())
    return pc.take(given, distinct.indices), pc.take(family, distinct.indices)


NORMAL_FORMS: Final[Mapping[str, Callable[[pa.Array], pa.Array]]] = {
    "given_name": given_names,
    "middle_name": given_names,
    "family_name": family_names,
    "date": dates,
    "email": emails,
    "phone": phones,
    "address": addresses,
    "text": fold,
    "postal_code": postal_codes,
    "category": fold,
    "identifier": identifiers,
}
"""The normal form of each kind of column."""
