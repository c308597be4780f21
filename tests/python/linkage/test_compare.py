"""Levels of agreement that pairs reach, and that recordlinkage's own Compare finds the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import recordlinkage

from linkage_worlds import World, person
from warehouse_cdp.linkage import prepare_identifiers, prepare_records
from warehouse_cdp.linkage.compare import (
    CLOSE,
    DIFFERENT,
    _given_name_levels,
    compare_pairs,
    features,
)
from warehouse_cdp.linkage.names import given_names_alike
from warehouse_cdp.linkage.pairs import make_pairs
from warehouse_cdp.linkage.texts import Texts


@pytest.mark.parametrize(
    ("given", "family", "level"),
    [
        ("Paine", "Thomas", CLOSE),
        ("Pa ine", "Tomas", CLOSE),
        ("Paine", "Peter", DIFFERENT),
        ("Paine", None, None),
    ],
)
def test_swapped_names_are_close_a_typing_error_and_blanks_aside(
    given: str, family: str | None, level: int | None
) -> None:
    people = [
        person("a:1", name="Thomas Paine"),
        {**person("b:1"), "given_name": given, "family_name": family},
    ]
    records = prepare_records(World(people).persons()).set_index("record_id", drop=False)
    held = prepare_identifiers(World(people).identifiers, records.reset_index(drop=True))
    for left, right in ((0, 1), (1, 0)):
        found = compare_pairs(
            make_pairs(records.index, np.array([left]), np.array([right])), records, held
        ).iloc[0]
        if level is None:
            assert (found["given_name"], found["family_name"]) == (DIFFERENT, 0)
        else:
            assert (found["given_name"], found["family_name"]) == (level, level)


PEOPLE = [
    person("a:1", name="Robert Tailor", birth_date="1980-02-03", email="bob.tailor81@example.com"),
    person("b:1", name="Bob Taylor", birth_date="1980-03-02", email="bob.tailor81@example.org"),
    person("c:1", name="Tailor Robert", birth_date="1980-02-04", email="robert.tailor@example.com"),
    person("d:1", name="Roberta Tailor-Smith", email="robert.tailor@example.org"),
    person("e:1", name="R Smith", phone="+44 20 7946 0001", postal_code="N1 1AA"),
    person("f:1", name="Maximilian Mustermann", phone="+44 20 7946 0002", postal_code="N1 1AB"),
    person("g:1", name="Maksimillian Mustermann", address_line_1="12 High Street"),
    person("g:2", name="Maximilian Musterfrau", birth_date="1980-02-03"),
    person("h:1", email="someone@example.com", address_line_1="14 High St"),
]


def all_pairs(records: pd.DataFrame) -> pd.MultiIndex:
    left, right = np.triu_indices(len(records), 1)
    return make_pairs(records.index, left.astype(np.int64), right.astype(np.int64))


def test_the_comparisons_say_the_same_in_a_plain_compare_of_recordlinkage() -> None:
    records = prepare_records(World(PEOPLE).persons()).set_index("record_id", drop=False)
    records.index.name = None
    pairs = all_pairs(records)
    nothing = pd.DataFrame({"record_id": [], "identifier_type": [], "identifier_key": []})
    ours = compare_pairs(pairs, records, nothing)
    theirs = recordlinkage.Compare(features()).compute(pairs, records)
    pd.testing.assert_frame_equal(ours, theirs.reset_index(drop=True).astype(np.int8))
    # Every level of names and dates is among them, so that agreement means something.
    assert set(ours["given_name"]) >= {0, 1, 2, 4}
    assert set(ours["birth_date"]) >= {0, 1, 2, 3}


FORMS = [
    *("ann|ann", "anna|anna", "a|a", "bob|bob|robert", "robert|robert", "roberto|roberto"),
    *("ob|ob", "maximilian|maximilian", "waksimilian|waksimilian"),
]


def test_given_names_are_alike_exactly_when_their_rule_says_so() -> None:
    forms = pd.Series(["anne marie|anne|ann", *FORMS])
    left, right = (side.ravel() for side in np.indices((len(forms), len(forms))))
    texts = Texts.of(forms, left, right)
    found = _given_name_levels(texts, ~texts.equal)
    pairs = [(forms[a], forms[b]) for a, b in zip(left, right, strict=True) if a != b]
    alike = [given_names_alike(one, other) for one, other in pairs]
    assert [bool(level > DIFFERENT) for level in found] == alike
    assert 0 < sum(alike) < len(alike)
