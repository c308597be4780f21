"""What columns do together and what strangers of one name share, against worlds made for it."""

from __future__ import annotations

import hashlib
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from warehouse_cdp.matching.levels import LEVEL_NAMES, level
from warehouse_cdp.matching.namesakes import namesake_weights
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import prepare
from warehouse_cdp.matching.sampling import pairs_of_one, random_pairs
from warehouse_cdp.matching.score import match_weights, weight_parts
from warehouse_cdp.matching.weighing import Evidence, gather

COUNTRIES, PEOPLE, MOVERS = 8, 1_200, 0.2


def word(seed: str) -> str:
    """Eight letters unlike those of any other seed."""
    return "".join(chr(97 + byte % 26) for byte in hashlib.sha256(seed.encode()).digest()[:8])


def people() -> pd.DataFrame:
    """Everybody twice; names, areas and streets go by country; a fifth has moved to another one."""
    draw = np.random.default_rng(7)
    country = draw.integers(0, COUNTRIES, PEOPLE)

    def homes() -> pd.DataFrame:
        street = draw.integers(0, 30, PEOPLE)
        area, rest = draw.integers(0, 3, PEOPLE), draw.integers(0, 200, PEOPLE)
        number = draw.integers(1, 60, PEOPLE)
        rows = zip(country, street, area, rest, number, strict=True)
        homes_of = []
        for c, s, a, r, n in rows:
            street = f"{'abcdefgh'[c] * 3}{'klmnopqrst'[s % 10] * 4}{'uvw'[s // 10]}"
            homes_of.append((f"{street} {n}", f"{10 + 3 * c + a}{r:03}"))
        return pd.DataFrame(homes_of, columns=["address_line", "postal_code"])

    def names(kind: str, count: int) -> list[str]:
        chosen = zip(country, draw.integers(0, count, PEOPLE), strict=True)
        return [word(f"{kind} {c} {n}") for c, n in chosen]

    once = pd.DataFrame(
        {
            "given_name": names("given", 30),
            "family_name": names("family", 20),
            "email": [f"{word(f'box {n}')}@mail.example" for n in range(PEOPLE)],
            "birth_date": [
                f"{y}-{m:02}-{d:02}"
                for y, m, d in zip(
                    draw.integers(1940, 2000, PEOPLE),
                    draw.integers(1, 13, PEOPLE),
                    draw.integers(1, 29, PEOPLE),
                    strict=True,
                )
            ],
        }
    )
    first, second = homes(), homes()
    moved = draw.random(PEOPLE) < MOVERS
    again = first.where(~np.column_stack([moved, moved]), second)
    frame = pd.concat(
        [pd.concat([once, home], axis=1) for home in (first, again)], ignore_index=True
    )
    # Equal rows would be one record: what is known of a person changes from row to row.
    for column, missing in (("email", 0.2), ("birth_date", 0.5)):
        frame[column] = frame[column].mask(draw.random(len(frame)) < missing)
    halves = draw.random(PEOPLE) < 0.5
    frame.loc[np.concatenate([halves, ~halves]), "birth_date"] = None
    return frame.assign(record_id=[f"r{n:05}" for n in range(len(frame))])


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    rows = prepare(people(), MatchOptions())
    assert rows.records is not None
    return gather(rows.records, None, MatchOptions(), lambda _step, _share: None)


def levels_of(evidence: Evidence, **wanted: str) -> np.ndarray:
    """One row of levels; columns that are not named are missing."""
    columns = evidence.records.columns
    row = np.zeros((1, len(columns)), dtype=np.int8)
    for number, column in enumerate(columns):
        if column.name in wanted:
            row[0, number] = LEVEL_NAMES[column.kind].index(wanted[column.name]) + 1
    return row


def test_street_and_postcode_of_a_person_change_together(evidence: Evidence) -> None:
    (both,) = evidence.weigh.settled.model.together
    different, exact = 0, -1
    m = both.m
    classes = evidence.weigh.settled.model.classes
    a, b = (evidence.weigh.settled.model.names.index(name) for name in (both.one, both.other))
    share = m[different, different] * classes.m[a][different] * classes.m[b][different]
    assert share == pytest.approx(MOVERS * 0.9, rel=0.4)  # moved, and to another street and area
    weights = both.weights()
    assert weights[1, 1] > 1.0
    assert weights[1, exact] < -1.0
    assert weights[exact, 1] < -1.0
    assert weights[exact, exact] == pytest.approx(0.3, abs=0.3)


def test_more_agreement_of_the_two_never_weighs_less(evidence: Evidence) -> None:
    model = evidence.weigh.settled.model
    (both,) = model.together
    one, other = (model.weights()[model.names.index(name)] for name in (both.one, both.other))
    total = (one[:, None] + other[None, :] + both.weights())[1:, 1:]
    assert (np.diff(total, axis=0) >= -1e-9).all()
    assert (np.diff(total, axis=1) >= -1e-9).all()


def test_strangers_of_one_name_share_an_area_as_often_as_countries_are_many(
    evidence: Evidence,
) -> None:
    namesakes = evidence.weigh.settled.model.namesakes
    assert namesakes is not None
    area = namesakes.ratios["postal_code"][level("postal_code", "same_area") - 1]
    assert area == pytest.approx(COUNTRIES, rel=0.4)
    assert namesakes.ratios["postal_code"][0] == 1.0
    assert namesakes.ratios["email"].max() < 2.0


def test_an_area_says_less_of_two_of_one_name(evidence: Evidence) -> None:
    model = evidence.weigh.settled.model
    named = {"given_name": "exact", "family_name": "exact"}
    record = np.zeros(1, dtype=np.int32)

    def taken(**levels: str) -> float:
        row = levels_of(evidence, **levels)
        parts = weight_parts(evidence.records, model, record, record, row)
        gains = {name: parts.columns[:, n] for n, name in enumerate(model.names)}
        gains["given_name"] = np.array([8.0])
        return float(namesake_weights(model, row, gains)[0])

    in_area = taken(**named, postal_code="same_area")
    assert in_area == pytest.approx(np.log2(COUNTRIES), abs=0.6)
    assert taken(**named) == 0.0
    assert taken(**named, postal_code="different") == 0.0
    # That two live in one country explains street and area at once.
    both = taken(**named, postal_code="same_area", address_line="same_street")
    assert both == pytest.approx(in_area)
    # Names that do not agree say nothing of the country.
    assert taken(given_name="exact", family_name="different", postal_code="same_area") == 0.0


def test_the_parts_add_up_to_the_weight(evidence: Evidence) -> None:
    pairs, model = evidence.pairs, evidence.weigh.settled.model
    parts = weight_parts(evidence.records, model, pairs.left, pairs.right, evidence.levels)
    total = parts.prior + parts.columns.sum(axis=1) + parts.household
    whole = match_weights(evidence.records, model, pairs.left, pairs.right, evidence.levels)
    np.testing.assert_allclose(total, whole)


def test_all_pairs_of_one_code_are_drawn_where_they_are_few() -> None:
    codes = np.array([2, 0, -1, 2, 0, 2, -1, 1, 2], dtype=np.int32)
    expected = {
        (i, j)
        for i, j in combinations(range(len(codes)), 2)
        if codes[i] == codes[j] and codes[i] >= 0
    }
    left, right = pairs_of_one(codes, 100)
    assert len(left) == len(expected)
    assert {
        tuple(sorted(pair)) for pair in zip(left.tolist(), right.tolist(), strict=True)
    } == expected
    left, right = pairs_of_one(np.repeat(np.arange(3, dtype=np.int32), 50), 500)
    assert len(left) == 500
    assert (left != right).all()
    assert (left // 50 == right // 50).all()


def test_random_pairs_are_of_different_records(evidence: Evidence) -> None:
    left, right = random_pairs(evidence.records, 1_000)
    again = random_pairs(evidence.records, 1_000)
    assert (left != right).all()
    assert len(left) > 990
    np.testing.assert_array_equal(left, again[0])
