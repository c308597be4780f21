"""Keys and file order say nothing about whose a record is."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest

from sample_world import SEEDS, sample_of

_MOST_CORRELATION = 0.12
_KEY_TABLES = {
    "crm": ("crm/contacts", "id"),
    "shop_uk": ("shop_uk/customers", "id"),
    "shop_de": ("shop_de/customers", "id"),
    "loyalty": ("loyalty/members", "card_no"),
    "support": ("support/requesters", "id"),
    "devices": ("devices/registrations", "mac_address"),
}


def _key_of_person(seed: int) -> pd.DataFrame:
    """Return the key of each person's first record in each source."""
    facts = sample_of(seed).truth["person_records"].dropna(subset="person_id")
    facts = facts[facts["record_type"] == "profile"]
    wide: pd.DataFrame = facts.pivot_table(
        index="person_id", columns="source", values="source_pk", aggfunc="min"
    )
    return wide


def _rank_correlation(left: pd.Series, right: pd.Series) -> float:
    return float(np.corrcoef(left.rank(), right.rank())[0, 1])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_persons_keys_in_two_sources_are_unrelated(seed: int) -> None:
    wide = _key_of_person(seed)
    compared = 0
    for first, second in combinations(_KEY_TABLES, 2):
        both = wide[[first, second]].dropna()
        if len(both) < 150:
            continue
        compared += 1
        assert abs(_rank_correlation(both[first], both[second])) < 3 / len(both) ** 0.5 + 0.02
    assert compared >= 5


@pytest.mark.parametrize("seed", SEEDS)
def test_keys_do_not_follow_person_ids_or_time(seed: int) -> None:
    wide = _key_of_person(seed)
    for source, (table, key) in _KEY_TABLES.items():
        keys = wide[source].dropna()
        people = pd.Series(keys.index, index=keys.index)
        assert abs(_rank_correlation(keys, people)) < 3 / len(keys) ** 0.5 + 0.02
        rows = sample_of(seed).tables[table].sort_values("_loaded_at").drop_duplicates(key)
        assert abs(_rank_correlation(rows[key], rows["_loaded_at"])) < _MOST_CORRELATION


@pytest.mark.parametrize("seed", SEEDS)
def test_no_digits_are_shared_by_a_persons_keys(seed: int) -> None:
    """Two keys of one person agree in their last three signs as often as chance has it."""
    wide = _key_of_person(seed)
    same = trials = 0
    for first, second in combinations(("shop_uk", "loyalty", "support"), 2):
        for left, right in wide[[first, second]].dropna().itertuples(index=False):
            trials += 1
            same += re.sub(r"\D", "", left)[-3:] == re.sub(r"\D", "", right)[-3:]
    assert trials > 300
    assert same <= 6


@pytest.mark.parametrize("seed", SEEDS)
def test_records_of_a_person_do_not_stand_together(seed: int) -> None:
    facts = sample_of(seed).truth["person_records"]
    rows = facts.dropna(subset="person_id").itertuples()
    person = {(row.source, row.source_pk): row.person_id for row in rows}
    for source, (table, key) in _KEY_TABLES.items():
        keys = list(sample_of(seed).tables[table][key])
        together = sum(
            left != right and person.get((source, left), left) == person.get((source, right))
            for left, right in pairwise(keys)
        )
        assert together <= 3, table
