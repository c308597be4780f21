from __future__ import annotations

import pandas as pd
import pytest

from matching_worlds import households, people, shared_file
from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.evaluation import pairwise_scores
from warehouse_cdp.matching.pipeline import DUPLICATE, MatchOptions, Resolution, resolve


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return people(250)


@pytest.fixture(scope="module")
def resolution(records: pd.DataFrame) -> Resolution:
    return resolve(records.drop(columns="truth"))


def test_people_are_found_without_configuration(
    records: pd.DataFrame, resolution: Resolution
) -> None:
    scores = pairwise_scores(
        dict(zip(records["record_id"], resolution.customer_id, strict=True)),
        dict(zip(records["record_id"], records["truth"].astype(str), strict=True)),
    )
    assert scores.precision > 0.99
    assert scores.recall > 0.97


def test_a_household_is_not_one_person() -> None:
    records = households(400)
    found = resolve(records.drop(columns="truth"))
    scores = pairwise_scores(
        dict(zip(records["record_id"], found.customer_id, strict=True)),
        dict(zip(records["record_id"], records["truth"], strict=True)),
    )
    assert scores.precision > 0.93
    assert scores.recall > 0.93


def test_the_order_of_rows_and_the_number_of_threads_change_nothing(
    records: pd.DataFrame, resolution: Resolution
) -> None:
    shuffled = records.drop(columns="truth").sample(frac=1.0, random_state=4)
    again = resolve(shuffled, MatchOptions(threads=1))
    pd.testing.assert_series_equal(again.customer_id.sort_index(), resolution.customer_id)
    pd.testing.assert_frame_equal(again.links, resolution.links)
    pd.testing.assert_frame_equal(again.model, resolution.model)
    pd.testing.assert_frame_equal(again.report, resolution.report)


def test_a_copy_of_a_record_joins_it_and_changes_nobody_else(
    records: pd.DataFrame, resolution: Resolution
) -> None:
    plain = records.drop(columns="truth")
    complete = plain.dropna().iloc[:30]
    copies = complete.assign(record_id=complete["record_id"] + "-copy")
    both = resolve(pd.concat([plain, copies], ignore_index=True)).customer_id
    assert both.iloc[: len(plain)].equals(resolution.customer_id)
    assert both.iloc[len(plain) :].tolist() == both.loc[complete.index].tolist()


def test_ids_are_aligned_with_the_rows_whatever_their_index(records: pd.DataFrame) -> None:
    few = records.drop(columns="truth").head(40)
    named = few.set_index(pd.Index([f"row {number}" for number in range(40)]))
    found = resolve(named).customer_id
    assert list(found.index) == list(named.index)
    assert list(found) == list(resolve(few).customer_id)
    assert found.str.fullmatch("cus_[0-9a-f]{20}").all()


def test_links_carry_their_evidence(records: pd.DataFrame, resolution: Resolution) -> None:
    links = resolution.links
    assert {"left_record_id", "right_record_id", "match_weight", "given_name"} <= set(links.columns)
    assert set(links["left_record_id"]) | set(links["right_record_id"]) <= set(records["record_id"])
    assert links["match_probability"].between(0.5, 1.0).all()
    assert set(links["given_name"]) <= set(
        resolution.model.loc[resolution.model["comparison"] == "given_name", "level"]
    ) | {"missing"}


def test_equal_rows_are_one_only_if_they_say_enough() -> None:
    records = people(200).drop(columns="truth")
    twin = records.dropna().iloc[[0]].assign(record_id="twin")
    bare = pd.DataFrame({"record_id": ["bare 1", "bare 2"], "given_name": ["anna", "anna"]})
    both = pd.concat([records, twin, bare], ignore_index=True)
    found = resolve(both)
    ids = dict(zip(both["record_id"], found.customer_id, strict=True))
    assert ids["twin"] == ids[records.dropna()["record_id"].iloc[0]]
    assert ids["bare 1"] != ids["bare 2"]
    assert "twin" in found.links.loc[found.links["blocking_rule"] == DUPLICATE].to_numpy()


ODD_FILES = {
    "no rows": pd.DataFrame({"record_id": [], "given_name": []}),
    "one row": pd.DataFrame({"record_id": ["1"], "given_name": ["anna"]}),
    "no standard column": pd.DataFrame({"record_id": ["1", "2"], "colour": ["red", "blue"]}),
    "nulls only": pd.DataFrame({"record_id": [1, 2], "given_name": [None, None]}),
    "one value": pd.DataFrame({"record_id": [1, 2], "given_name": ["anna", "anna"]}),
    "a huge cell": pd.DataFrame(
        {"record_id": [1, 2, 3], "given_name": ["a" * 100_000, "a" * 99_999, "b"]}
    ),
    "a column": pd.DataFrame({"record_id": range(50), "city": [f"c{n % 7}" for n in range(50)]}),
    "signs": pd.DataFrame({"record_id": [1, 2], "given_name": ["😀", "\x00"], "email": ["@", ""]}),
}


def test_a_mailbox_that_comes_again_is_one_customer_though_nothing_else_is_known() -> None:
    emails = [f"person.{number % 400}@mail.example" for number in range(600)]
    records = pd.DataFrame({"record_id": [f"r{n:03}" for n in range(600)], "email": emails})
    found = resolve(records)
    assert found.customer_id.groupby(emails).nunique().eq(1).all()
    assert found.customer_id.nunique() == 400


@pytest.mark.parametrize("records", ODD_FILES.values(), ids=ODD_FILES)
def test_an_odd_file_gives_an_id_a_row(records: pd.DataFrame) -> None:
    found = resolve(records)
    assert len(found.customer_id) == len(records)
    assert found.customer_id.notna().all()
    assert found.customer_id.is_unique
    assert list(found.report.columns) == ["step", "what", "count", "reason"]


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (pd.DataFrame({"given_name": ["anna"]}), "have no column record_id"),
        (pd.DataFrame({"record_id": ["1", "1"]}), "1 records repeat another's record_id"),
        (pd.DataFrame({"record_id": ["1", None]}), "1 records have no record_id"),
    ],
)
def test_records_without_their_own_ids_are_refused(records: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputDataError, match=message):
        resolve(records)


def test_all_wrong_options_are_named_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"threshold is 2.*threads is 0"):
        MatchOptions(threshold=2.0, threads=0)


def test_progress_is_told_in_order(records: pd.DataFrame) -> None:
    told: list[tuple[str, float]] = []
    resolve(records.head(60), progress=lambda step, share: told.append((step, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (told[0][1], told[-1]) == (0.0, ("done", 1.0))


@pytest.mark.parametrize("name", ["febrl3", "febrl4"])
def test_febrl_is_solved_without_configuration(name: str) -> None:
    records = pd.read_parquet(shared_file(f"febrl/{name}.parquet"))
    found = resolve(records.drop(columns="truth"))
    scores = pairwise_scores(
        dict(zip(records["record_id"], found.customer_id, strict=True)),
        dict(zip(records["record_id"], records["truth"], strict=True)),
    )
    assert scores.f1 >= 0.999
