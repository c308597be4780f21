"""The source as evidence: learnt where it is safe, absolute where it is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matching_worlds import people
from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.matching.evaluate import agreement
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import Resolution, resolve


def in_systems(frame: pd.DataFrame, *, once: bool) -> pd.DataFrame:
    """Each person's records in different systems, or thrown among the systems."""
    copy = frame["record_id"].str[-1].astype(int)
    draw = np.random.default_rng(2)
    places = copy if once else pd.Series(draw.integers(0, 3, len(frame)))
    return frame.assign(source=np.array(["crm", "shop", "club"])[places.to_numpy()])


def reasons(found: Resolution) -> dict[str, str]:
    rows = found.report[found.report["step"] == "source"]
    return dict(zip(rows["what"], rows["reason"], strict=True))


def f1(frame: pd.DataFrame, found: Resolution) -> float:
    truth = pd.factorize(frame["truth"])[0]
    return agreement(pd.factorize(found.customer_id)[0], truth).pairwise.f1


@pytest.fixture(scope="module")
def world() -> pd.DataFrame:
    return people(400)


def test_a_source_without_duplicates_is_found_and_said(world: pd.DataFrame) -> None:
    frame = in_systems(world, once=True)
    found = resolve(frame.drop(columns="truth"))
    assert set(reasons(found)) == {"crm", "shop", "club"}
    assert all("few pairs within" in reason for reason in reasons(found).values())
    assert f1(frame, found) >= f1(world, resolve(world.drop(columns="truth")))


def test_a_source_with_duplicates_loses_nothing(world: pd.DataFrame) -> None:
    frame = in_systems(world, once=False)
    found = resolve(frame.drop(columns="truth"))
    assert all("no effect" in reason for reason in reasons(found).values())
    assert f1(frame, found) == f1(world, resolve(world.drop(columns="truth")))


def test_the_rare_duplicate_of_a_source_is_still_found(world: pd.DataFrame) -> None:
    """A system that holds nearly everybody once: the guess is wrong for a few, and costs little."""
    frame = in_systems(world, once=True)
    further = frame[frame["source"] == "crm"].dropna().iloc[::40]
    further = further.assign(
        record_id=further["record_id"] + "x", city="elsewhere", truth=further["truth"]
    )
    both = pd.concat([frame, further], ignore_index=True)
    found = resolve(both.drop(columns="truth"))
    ids = found.customer_id.to_numpy()
    place = {record: position for position, record in enumerate(both["record_id"])}
    together = [ids[place[record]] == ids[place[record[:-1]]] for record in further["record_id"]]
    assert len(together) >= 5
    assert np.mean(together) >= 0.8


def test_the_names_of_sources_do_not_matter(world: pd.DataFrame) -> None:
    frame = in_systems(world, once=True).drop(columns="truth")
    renamed = frame.assign(source=frame["source"].map({"crm": "z", "shop": "a", "club": "m"}))
    assert resolve(frame).customer_id.equals(resolve(renamed).customer_id)


def test_one_source_for_all_says_nothing(world: pd.DataFrame) -> None:
    plain = resolve(world.drop(columns="truth"))
    found = resolve(world.drop(columns="truth").assign(source="crm"))
    assert found.customer_id.equals(plain.customer_id)
    assert reasons(found) == {}


def test_records_of_a_source_told_to_hold_each_once_are_never_one() -> None:
    row = {"given_name": "Anna", "family_name": "May", "email": "anna@x.test", "city": "Ely"}
    frame = pd.DataFrame(
        [
            {"record_id": "1", "source": "crm", **row},
            {"record_id": "2", "source": "crm", **row},
            {"record_id": "3", "source": "shop", **row},
            {"record_id": "4", "source": None, **row},
            {"record_id": "5", "source": "crm", **row, "given_name": "Bo", "email": "b@y.test"},
        ]
    )
    assert len(set(resolve(frame).customer_id.tolist()[:4])) == 1
    found = resolve(frame, MatchOptions(deduplicated=("crm",)))
    ids = found.customer_id
    assert ids[0] != ids[1]
    assert ids.iloc[[2, 3]].isin([ids[0], ids[1]]).all()
    assert "its records stay apart" in reasons(found)["crm"]


def test_a_source_that_is_not_there_is_told() -> None:
    frame = pd.DataFrame({"record_id": ["1", "2"], "source": ["crm", "shop"], "city": ["a", "b"]})
    with pytest.raises(ConfigurationError, match=r"names cmr, .*sources are crm, shop"):
        resolve(frame, MatchOptions(deduplicated=("cmr",)))
    with pytest.raises(ConfigurationError, match="no column source"):
        resolve(frame.drop(columns="source"), MatchOptions(deduplicated=("crm",)))
