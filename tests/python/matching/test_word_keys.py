"""Compiled keys against the Python that reads texts beyond ASCII."""

from __future__ import annotations

import re

import jellyfish
import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from matching_worlds import encoded
from warehouse_cdp.matching.encode import pack
from warehouse_cdp.matching.keys import FORMS, Keys
from warehouse_cdp.matching.word_keys import FIRST, FIRST_DIGITS, HOUSE_NUMBER, LAST, words

FOLDED = st.text(alphabet="abcdefghiklmnoprstvwyz19 ", min_size=1, max_size=14).map(
    lambda text: " ".join(text.split()) or "x"
)
WHICH = (FIRST, LAST, FIRST_DIGITS, HOUSE_NUMBER)


def word_of(text: str, which: int) -> str | None:
    if which == HOUSE_NUMBER:
        return next(iter(re.findall(r"\b\d+[a-z]?\b", text)), None)
    if which == FIRST_DIGITS:
        return next((word for word in text.split() if word[0].isdigit()), None)
    return text.split()[0 if which == FIRST else -1]


@given(st.lists(FOLDED, min_size=1, max_size=30, unique=True))
@settings(max_examples=60, deadline=None)
def test_a_sound_is_that_of_jellyfish(texts: list[str]) -> None:
    codes = Keys(encoded(family_name=list(texts))).codes("family_name.soundex")
    sounds = [jellyfish.soundex(text.replace(" ", "")) for text in texts]
    for one, code in enumerate(codes):
        for other, further in enumerate(codes):
            assert (code == further) == (sounds[one] == sounds[other])


@given(st.lists(FOLDED, min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_words_are_equal_where_their_keys_are(texts: list[str]) -> None:
    packed = pack(pa.array(texts))
    for which in WHICH:
        keys = words(packed, which)
        expected = [word_of(text, which) for text in texts]
        assert [key >= 0 for key in keys] == [word is not None for word in expected]
        for one, key in enumerate(keys):
            for other, further in enumerate(keys):
                assert (key == further) == (expected[one] == expected[other])


def test_texts_beyond_ascii_have_the_same_keys() -> None:
    plain = encoded(address_line=["12b high street", "12b hi street", "flat 7 mill lane"])
    beyond = encoded(
        address_line=["12b high street", "12b hi street", "flat 7 mill lane", "北京路 5"]
    )
    for form in ("number", "street"):
        few, all_of_them = (Keys(each).codes(f"address_line.{form}") for each in (plain, beyond))
        known = all_of_them[: len(few)]
        assert np.array_equal(few[:, None] == few, known[:, None] == known)


def test_every_form_gives_a_key_or_none_for_every_value() -> None:
    values = ["1", "ab", "19990101", "1999", "x@y.z", "12 main street", "ß", "o neill"]
    column = encoded(company=list(values)).columns[0]
    for form in FORMS.values():
        assert len(form(column)) == len(values)
