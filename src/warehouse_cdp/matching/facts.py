"""Facts of a value that levels of agreement are decided by, for each distinct value of a column.

Compiled code or Arrow reads plain texts; Python reads those beyond ASCII, to the same end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.matching.keys import FORMS
from warehouse_cdp.matching.word_keys import FIRST, FIRST_DIGITS, LAST, is_plain, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warehouse_cdp.matching.encode import Encoded
    from warehouse_cdp.matching.keys import Form

    Fact = Callable[[Encoded], Form]

_SHORTEST_PART: Final = 4
_SHORTEST_NAME: Final = 3
_DATE_DIGITS: Final = 8
_ENDING: Final = r"(as|us|ie|ine|ina|ette|[aeio])$"
_NOTHING: Final = pa.scalar(None, pa.string())


def _initial(column: Encoded) -> Form:
    first = pc.utf8_slice_codeunits(column.values, 0, 1)
    return pc.if_else(pc.equal(first, ""), _NOTHING, first)


def _lone_initial(column: Encoded) -> Form:
    return pc.if_else(pc.equal(pc.utf8_length(column.values), 1), column.values, _NOTHING)


def _word(which: int, shortest: int) -> Fact:
    """The first or last word, if it has that many letters."""

    def fact(column: Encoded) -> Form:
        if is_plain(column.text):
            return words(column.text, which, shortest)
        pattern = r"^([^ ]*).*$" if which == FIRST else r"^.*?([^ ]*)$"
        word = pc.replace_substring_regex(column.values, f"(?s){pattern}", r"\1")
        return pc.if_else(pc.less(pc.utf8_length(word), shortest), _NOTHING, word)

    return fact


def _stem(column: Encoded) -> Form:
    """A given name without what makes it a man's or a woman's."""
    stem = pc.replace_substring_regex(column.values, _ENDING, "")
    return pc.if_else(pc.less(pc.utf8_length(stem), _SHORTEST_NAME), _NOTHING, stem)


def full_names(words_: pa.Array, nicknames: Mapping[str, str]) -> pa.Array:
    """The full form of each given name, null where none is known."""
    short = pa.array(list(nicknames), type=pa.string())
    full = pa.array(list(nicknames.values()), type=pa.string())
    return full.take(pc.index_in(words_, value_set=short))


def _number(column: Encoded) -> Form:
    """The first word that begins with a digit."""
    if is_plain(column.text):
        return words(column.text, FIRST_DIGITS)
    numbers = (
        next((word for word in value.split() if word[0].isdigit()), None)
        for value in column.values.to_pylist()
    )
    return pa.array(list(numbers), type=pa.string())


def _key(form: str) -> Fact:
    """As the blocking key of that form."""
    return FORMS[form]


def _part_of_date(begin: int, end: int) -> Fact:
    def fact(column: Encoded) -> Form:
        whole = pc.equal(pc.utf8_length(column.values), _DATE_DIGITS)
        return pc.if_else(whole, pc.utf8_slice_codeunits(column.values, begin, end), _NOTHING)

    return fact


def _local(column: Encoded) -> Form:
    local = pc.replace_substring_regex(column.values, r"(?s)@.*", "")
    return pc.if_else(pc.less(pc.utf8_length(local), _SHORTEST_PART), _NOTHING, local)


def _area(column: Encoded) -> Form:
    """A postcode without its last three signs, or the first two of a short one."""
    is_long = pc.greater(pc.utf8_length(column.values), _SHORTEST_PART)
    start = pc.utf8_slice_codeunits(column.values, 0, 2)
    area = pc.if_else(is_long, pc.utf8_slice_codeunits(column.values, 0, -3), start)
    return pc.if_else(pc.equal(area, ""), _NOTHING, area)


FACTS: Final[Mapping[str, Mapping[str, Fact]]] = {
    "given_name": {
        "initial": _initial,
        "lone_initial": _lone_initial,
        "word": _word(FIRST, _SHORTEST_NAME),
        "stem": _stem,
    },
    "middle_name": {"initial": _initial, "lone_initial": _lone_initial},
    "family_name": {"first": _word(FIRST, _SHORTEST_PART), "last": _word(LAST, _SHORTEST_PART)},
    "date": {
        "year": _key("year"),
        "month": _part_of_date(4, 6),
        "day": _part_of_date(6, 8),
        "unordered": _key("unordered"),
    },
    "email": {"local": _local},
    "address": {"number": _number},
    "postal_code": {"area": _area},
}
"""Facts by kind of column and name."""
