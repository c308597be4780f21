"""What follows from another column is not counted again; names are seen as a whole."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from warehouse_cdp.matching.block import block
from warehouse_cdp.matching.columns import find_columns
from warehouse_cdp.matching.compare import Comparer
from warehouse_cdp.matching.encode import Records, collapse, encode_column
from warehouse_cdp.matching.levels import LEVEL_NAMES
from warehouse_cdp.matching.name_pairs import lift, whole_names
from warehouse_cdp.matching.score import match_weights, weight_parts, with_whole_names
from warehouse_cdp.matching.train import DEFAULT_M, train

NICKNAMES = {"dan": ["daniel"], "alex": ["alexander", "alexandra"], "lexi": ["alexandra"]}


def records_of(frame: pd.DataFrame) -> Records:
    numbered = frame.assign(record_id=[str(place) for place in range(len(frame))])
    columns = [encode_column(column) for column in find_columns(numbered).used]
    return collapse(columns, [np.arange(len(frame), dtype=np.int32)])


def levels_of(rows: list[dict[str, str | None]]) -> dict[str, str]:
    """Names of the levels of the first two rows, the same from both sides."""
    records = records_of(pd.DataFrame(rows))
    comparer = Comparer(records, NICKNAMES)
    one, other = np.array([0], dtype=np.int32), np.array([1], dtype=np.int32)
    found, back = comparer.levels(one, other)[0], comparer.levels(other, one)[0]
    assert found.tolist() == back.tolist()
    return {
        column.name: ("missing", *LEVEL_NAMES[column.kind])[level]
        for column, level in zip(records.columns, found, strict=True)
    }


def named(given: str, family: str, **values: str) -> dict[str, str | None]:
    return {"given_name": given, "family_name": family, **values}


@pytest.mark.parametrize(
    ("one", "other", "given", "family"),
    [
        (("daniel", "richter"), ("richter", "dan"), "swapped", "missing"),
        (("ivan", "fernandezruiz"), ("fernandez ruiz", "ivan"), "swapped", "missing"),
        (("michal", "thompson"), ("thompson", "michl"), "swapped", "missing"),
        (("peter", "thompson"), ("thompson", "rose"), "different", "different"),
        (("katharina jane", "luca"), ("kathatina", "luca"), "initial", "exact"),
        (("alex", "luca"), ("alexandra", "luca"), "nickname", "exact"),
        (("alex", "luca"), ("lexi", "luca"), "nickname", "exact"),
        (("giovanni", "luca"), ("giovanna", "luca"), "similar", "exact"),
        (("katharina", "luca"), ("kathatina", "luca"), "close", "exact"),
        (("ada", "garcialopez"), ("ada", "lopez"), "exact", "part"),
    ],
)
def test_names_are_seen_as_a_whole(
    one: tuple[str, str], other: tuple[str, str], given: str, family: str
) -> None:
    found = levels_of([named(*one), named(*other), named("zoe", "quist")])
    assert (found["given_name"], found["family_name"]) == (given, family)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("ada.byron@mail.example", "ada.byron@longer.example", "missing"),
        ("ada.byron15@a.example", "ada.byron15@b.example", "close"),
        ("ada.byron1815@mail.example", "ada.byron1815@longer.example", "same_local_part"),
        ("ada.byron15@a.example", "ada.byron16@a.example", "missing"),
        ("ada.byron1815@a.example", "ada.byron1967@a.example", "different"),
        ("ada.byron1@a.example", "ada.byron@a.example", "similar"),
        ("ada.byron@mail.example", "byronada@mail.example", "different"),
        ("blue.kettle@a.example", "blue.kettle@longer.example", "same_local_part"),
    ],
)
def test_a_mailbox_made_of_the_name_says_what_the_name_does_not(
    one: str, other: str, level: str
) -> None:
    rows = [named("ada", "byron", email=email) for email in (one, other)]
    assert levels_of([*rows, named("zoe", "quist", email="zoe@c.example")])["email"] == level


def test_an_umlaut_may_be_written_out_in_the_address() -> None:
    emails = ("f.mueller@mail.example", "f.mueller13@mail.example", "zoe@c.example")
    rows = [named(*name, email=email) for name, email in zip(
        (("florian", "muller"), ("florin", "muller"), ("zoe", "quist")), emails, strict=True
    )]  # fmt: skip
    assert levels_of(rows)["email"] == "similar"


def towns(count: int, *, follows: bool) -> pd.DataFrame:
    """Strangers in forty postcodes of four areas; their towns go by area, or by nothing."""
    draw = np.random.default_rng(5)
    postal = draw.integers(0, 40, count)
    town = postal // 10 if follows else draw.integers(0, 4, count)
    return pd.DataFrame(
        {
            "given_name": [f"g{draw.integers(0, 500)}" for _ in range(count)],
            "family_name": [f"f{draw.integers(0, 500)}" for _ in range(count)],
            "postal_code": [f"{10 + place // 10}{100 + place}" for place in postal],
            "city": np.array(["Leeds", "York", "Hull", "Selby"])[town],
        }
    )


@pytest.mark.parametrize("follows", [True, False])
def test_a_town_counts_beside_its_postcode_only_where_it_does_not_follow(follows: bool) -> None:  # noqa: FBT001 - a case
    frame = towns(900, follows=follows)
    records = records_of(frame)
    left, right = (np.array(side, dtype=np.int32) for side in np.triu_indices(300, 1))
    found = Comparer(records).levels(left, right)
    names = [column.name for column in records.columns]
    postal, city = found[:, names.index("postal_code")], found[:, names.index("city")]
    same = frame["city"].to_numpy()[left] == frame["city"].to_numpy()[right]
    in_one_area = same & (postal > 1)
    assert in_one_area.sum() > 100
    assert (city[in_one_area] == (0 if follows else 4)).all()


def word(seed: str) -> str:
    """Ten letters unlike those of any other seed."""
    digest = hashlib.sha256(seed.encode()).digest()[:10]
    return "".join(chr(97 + byte % 26) for byte in digest)


def test_a_name_of_several_people_weighs_less_but_not_within_a_household() -> None:
    draw = np.random.default_rng(3)
    # Names go by country: four given and four family names each, never mixed.
    country = draw.integers(0, 8, 400)
    given, family = (4 * country + draw.integers(0, 4, 400) for _ in range(2))
    people = pd.DataFrame(
        {
            "given_name": [word(f"given{number}") for number in given],
            "family_name": [word(f"family{number}") for number in family],
            "birth_date": [f"19{draw.integers(30, 99)}03{draw.integers(10, 28)}" for _ in country],
            "email": [f"{word(f'box{number}')}@mail.example" for number in range(400)],
        }
    )
    half = people["email"].where(np.arange(400) % 2 == 0)
    frame = pd.concat([people, people.assign(email=half)], ignore_index=True)
    records = records_of(frame)
    comparer = Comparer(records)
    pairs = block(records, 100_000)
    levels = comparer.levels(pairs.left, pairs.right)
    plain = train(records, pairs, levels, comparer, 1)
    shares = tuple(np.array(DEFAULT_M[kind]) for kind in plain.kinds)
    plain = replace(plain, classes=replace(plain.classes, m=shares, prior=1 / 800))
    model = with_whole_names(records, plain, pairs, levels)
    names = whole_names(records)
    assert names is not None
    assert model.whole_names is not None
    one_name = names.code[pairs.left] == names.code[pairs.right]
    before = match_weights(records, plain, pairs.left, pairs.right, levels)
    after = match_weights(records, model, pairs.left, pairs.right, levels)
    assert (after <= before + 1e-9).all()
    assert np.median((before - after)[one_name]) > 1.0
    np.testing.assert_array_equal(after[~one_name], before[~one_name])
    parts = weight_parts(records, model, pairs.left, pairs.right, levels)
    total = parts.prior + parts.columns.sum(axis=1) + parts.household
    np.testing.assert_allclose(total, after)


def test_training_does_not_take_namesakes_of_one_country_for_one_person() -> None:
    """Names go by country, so many strangers share both; a third of the people come twice."""
    draw = np.random.default_rng(11)
    count, twice = 1_500, 500
    country = draw.integers(0, 12, count)
    given, family = (8 * country + draw.integers(0, 8, count) for _ in range(2))
    people = pd.DataFrame(
        {
            "given_name": [word(f"given{number}") for number in given],
            "family_name": [word(f"family{number}") for number in family],
            "phone": [f"+4930{draw.integers(10**6, 10**7)}" for _ in range(count)],
            "postal_code": [f"{draw.integers(10_000, 99_999)}" for _ in range(count)],
        }
    )
    again = people.head(twice).copy()
    moved = draw.random(twice) < 0.1
    again.loc[moved, "postal_code"] = [
        f"{draw.integers(10_000, 99_999)}" for _ in range(moved.sum())
    ]
    frame = pd.concat([people, again], ignore_index=True)
    for column in ("phone", "postal_code"):
        frame[column] = frame[column].mask(draw.random(len(frame)) < 0.3)
    records = records_of(frame)
    comparer = Comparer(records)
    pairs = block(records, 100_000)
    model = train(records, pairs, comparer.levels(pairs.left, pairs.right), comparer, 1)
    assert model.classes.name_lift == pytest.approx(12.0, rel=0.25)
    expected = model.classes.prior * records.count * (records.count - 1) / 2
    assert expected == pytest.approx(twice, rel=0.2)
    different = model.classes.m[model.names.index("postal_code")][0]
    assert different == pytest.approx(0.1, abs=0.04)


def test_the_lift_of_whole_names_is_that_of_the_counts() -> None:
    rows = [named("ada", "byron")] * 3 + [named("eve", "moss")] * 3 + [named("zoe", "quist")] * 2
    names = whole_names(records_of(pd.DataFrame(rows)))
    assert names is not None
    shares = np.array([3 / 8, 3 / 8, 2 / 8])
    seen = (3 * 2 + 3 * 2 + 2 * 1) / 8
    product = 3 * (3 / 8) ** 2 * 2 + 2 * (2 / 8) ** 2
    assert lift(names, None, shares, shares) == pytest.approx(seen / product)
    # All of one name's records are one person's: the two others are left.
    matched = np.where(names.counts == 2, 1.0, 0.0)
    assert lift(names, matched, shares, shares) == pytest.approx((seen - 2 / 8) / product)
    assert lift(names, names.counts.astype(float) ** 2, shares, shares) == 1.0
