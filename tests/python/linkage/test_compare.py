"""Levels of agreement that pairs of names reach when they stand in each other's fields."""

from __future__ import annotations

import numpy as np
import pytest

from linkage_worlds import World, person
from warehouse_cdp.linkage import prepare_identifiers, prepare_records
from warehouse_cdp.linkage.compare import CLOSE, DIFFERENT, compare_pairs
from warehouse_cdp.linkage.pairs import make_pairs


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
