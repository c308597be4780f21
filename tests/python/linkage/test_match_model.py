"""A stored model scores as the one that was learnt, and says nothing of anybody."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from linkage_worlds import World, person
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import (
    MODEL_COLUMNS,
    LinkageSettings,
    as_table,
    find_bad_values,
    link_records,
    no_overrides,
    prepare_identifiers,
    prepare_records,
    retrain,
    train,
)
from warehouse_cdp.linkage.encoding import encode_world
from warehouse_cdp.linkage.match_model import FREQUENCY, WHOLE_NAME, default_model, read_model
from warehouse_cdp.linkage.overrides import active_overrides

GIVEN = (
    *("Anna", "Bert", "Clara", "David", "Emma", "Frank", "Grete", "Hugo"),
    *("Ida", "Jonas", "Karla", "Ludwig", "Martha", "Norbert", "Olga", "Pavel"),
)
FAMILY = (
    *("Ashworth", "Brandt", "Castell", "Dietz", "Eriksen", "Fuchs", "Grund", "Hallam"),
    *("Ibsen", "Jarvis", "Kruse", "Lindqvist", "Mercer", "Norling", "Ossietzky", "Pritchard"),
)
SETTINGS = LinkageSettings(min_training_pairs=50)


def town() -> World:
    """Three hundred people in two sources each, of two countries with eight names each."""
    rng = np.random.default_rng(11)
    people = []
    for number in range(300):
        country = 8 * int(rng.integers(0, 2))
        given, family = rng.integers(0, 8, 2) + country
        month, day = rng.integers(1, 13), rng.integers(1, 29)
        common = {
            "name": f"{GIVEN[given]} {FAMILY[family]}",
            "birth_date": f"19{rng.integers(30, 99)}-{month:02}-{day:02}",
            "postal_code": f"LS{rng.integers(10, 99)} {rng.integers(1, 9)}AB",
        }
        email = f"{hashlib.sha256(str(number).encode()).hexdigest()[:10]}@example.org"
        moved = {**common, "postal_code": "YO10 1XY"} if number % 5 == 0 else common
        people.append(person(f"crm:{number:03}", email=email, **common))
        people.append(person(f"shop:{number:03}", email=None if number % 3 else email, **moved))
    return World(people, settings=SETTINGS)


@pytest.fixture(scope="module")
def learnt() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    records = prepare_records(town().persons())
    held = prepare_identifiers(pd.DataFrame(), records)
    bad = find_bad_values(held, records, {})
    return records, held, bad, train(records, held, bad, SETTINGS)


def test_a_model_is_read_back_as_it_was_stored(
    learnt: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    records, held, bad, model = learnt
    assert model["reason"].unique().tolist() == ["trained"]
    stored = as_table("identity_match_model", model).to_pandas()
    overrides = active_overrides(no_overrides(), records["record_id"], pd.Timestamp("2026-03-01"))
    first, second = (
        link_records(records, held, bad, one, overrides, SETTINGS).links for one in (model, stored)
    )
    pd.testing.assert_frame_equal(first, second)
    assert len(first)
    world = encode_world(records, held, bad)
    read = read_model(stored, world.encoded)
    levels = model[~model["comparison"].str.contains(r"\.|prior|mistake")]
    weights = np.concatenate([weight[1:] for weight in read.weights()])
    assert np.allclose(levels["weight"], weights, atol=1e-6)


def test_names_that_several_people_bear_are_known_again_and_not_to_be_read(
    learnt: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    records, held, bad, model = learnt
    names = model[model["comparison"] == WHOLE_NAME]
    assert len(names) > len(GIVEN)
    assert (names["weight"] < 0).all()
    read = read_model(model, encode_world(records, held, bad).encoded)
    assert read.whole_names is not None
    assert np.count_nonzero(read.whole_names.frequencies) == len(names)
    written = " ".join(model["level"]).lower()
    assert not any(name.lower() in written for name in (*GIVEN, *FAMILY, "box"))
    common = model[model["comparison"] == FREQUENCY + "given_name"]
    assert len(common) == len(GIVEN) + 1


def test_a_model_of_another_version_is_named_and_replaced(
    learnt: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    records, held, bad, model = learnt
    old = model[~model["comparison"].str.startswith("household.")].assign(model_number=3)
    with pytest.raises(InputDataError, match=r"lacks household\.prior.*identity_retrain"):
        read_model(old, encode_world(records, held, bad).encoded)
    assert retrain(model, records, held, bad, SETTINGS).empty
    anew = retrain(old, records, held, bad, SETTINGS)
    assert anew["model_number"].unique().tolist() == [4]
    assert anew["model_id"].unique().tolist() == model["model_id"].unique().tolist()


def test_documented_parameters_are_shares() -> None:
    model = default_model(None, "default: a test", 0, 1000)
    assert tuple(model.columns) == MODEL_COLUMNS
    levels = model[~model["comparison"].str.contains("prior")]
    for share in ("m", "u"):
        of_people = levels[~levels["comparison"].str.startswith("household.")]
        assert np.allclose(of_people.groupby("comparison")[share].sum(), 1.0)
    exact = levels[(levels["level"] == "exact") & ~levels["comparison"].str.contains("household")]
    assert (exact["weight"] > 0).all()
