"""Every segment of the committed sample against pandas over raw files and truth, and its size."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from oracle_people import People, people
from oracle_raw import Sample
from oracle_segments import Facts, expected_members, facts
from worlds import ROOT

if TYPE_CHECKING:
    from worlds import Project

PROJECT_FILE = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
VARIABLES: dict[str, Any] = PROJECT_FILE["vars"]
SEGMENTS: list[str] = VARIABLES["segments"]
RATES = ROOT / "seeds/reference/currency_rates.csv"

LEAST_SEGMENTS = 13
LARGEST_SHARE = 0.4
LEAST_CLEAN_SHARE = 0.5
"""Of the people with a record. What the oracle leaves out must stay the smaller part."""


@pytest.fixture(scope="module")
def known_people(committed_sample: Project) -> People:
    sample = Sample(committed_sample.folder / "sample")
    query = "select record_id, customer_id from dev_identity.identity_map"
    return people(sample, dict(committed_sample.query(query)))


@pytest.fixture(scope="module")
def known(committed_sample: Project, known_people: People) -> Facts:
    return facts(Sample(committed_sample.folder / "sample"), known_people, VARIABLES, RATES)


@pytest.fixture(scope="module")
def expected(known: Facts) -> dict[str, set[str]]:
    return expected_members(known)


@pytest.fixture(scope="module")
def members(committed_sample: Project) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    query = "select segment_name, customer_id from dev_audiences.segment_members"
    for segment, customer in committed_sample.query(query):
        found[segment].add(customer)
    return found


def test_most_people_are_without_errors(known_people: People) -> None:
    kinds = sorted({kind for errors in known_people.errors.values() for kind in errors})
    assert known_people.clean_share >= LEAST_CLEAN_SHARE
    assert kinds == [
        "mixed",
        "record deleted",
        "repeated row",
        "shared device",
        "split",
        "unknown value",
        "wrong birth date",
        "wrong time",
    ], "a kind of error that nobody has any more hides that its test no longer finds it"


def test_every_order_in_revenue_has_the_amount_and_time_of_the_oracle(
    committed_sample: Project, known: Facts
) -> None:
    rows = committed_sample.query(
        "select order_id, net_amount_reporting, coalesce(ordered_at, updated_at, loaded_at) "
        "from dev_marts.orders where is_counted"
    )
    orders = known.orders
    ids = orders["source"] + ":" + orders["key"]
    moments = [moment.to_pydatetime() for moment in orders["moment"]]
    ours = set(zip(ids, orders["net"], moments, strict=True))
    assert len(rows) == len(ours)
    assert sorted(set(rows) - ours) == []


def test_the_oracle_knows_every_segment(expected: dict[str, set[str]]) -> None:
    assert sorted(expected) == sorted(SEGMENTS)
    assert len(SEGMENTS) >= LEAST_SEGMENTS


@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_segment_is_what_pandas_makes_of_raw_files_and_truth(
    segment: str,
    expected: dict[str, set[str]],
    members: dict[str, set[str]],
    known_people: People,
) -> None:
    clean = set(known_people.customers.values())
    found = members[segment] & clean
    assert expected[segment], "nobody without errors is in it, so nothing is compared"
    assert sorted(found - expected[segment]) == [], "in the segment, but should not be"
    assert sorted(expected[segment] - found) == [], "should be in the segment"


@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_segment_is_neither_empty_nor_nearly_everybody(
    segment: str, members: dict[str, set[str]], committed_sample: Project
) -> None:
    everybody = committed_sample.query("select count(*) from dev_marts.customers")[0][0]
    assert 0 < len(members[segment]) < LARGEST_SHARE * everybody


def test_the_catalogue_lists_every_segment_with_owner_criteria_and_size(
    committed_sample: Project, members: dict[str, set[str]]
) -> None:
    rows = committed_sample.query(
        "select segment_name, description, owner, criteria, customer_count "
        "from dev_audiences.segments"
    )
    assert sorted(row[0] for row in rows) == sorted(SEGMENTS)
    for name, description, owner, criteria, size in rows:
        assert description.startswith("One row per customer in the segment. ")
        assert owner, name
        assert criteria, name
        assert size == len(members[name])


def test_every_view_of_the_folder_is_a_listed_segment() -> None:
    views = sorted(path.stem for path in (ROOT / "models/segments").glob("seg_*.sql"))
    assert views == sorted(SEGMENTS)


def test_the_guide_has_a_line_for_every_segment() -> None:
    guide = (ROOT / "docs/guides/segments.md").read_text()
    missing = [name for name in SEGMENTS if f"| `{name}` |" not in guide]
    assert missing == []
