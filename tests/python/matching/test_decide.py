"""What was told of records outranks the evidence; values of nobody are none."""

from __future__ import annotations

from random import Random

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching_worlds import CITIES, misspelt, people
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.matching.columns import FoundColumn
from warehouse_cdp.matching.decide import Told, decide
from warehouse_cdp.matching.encode import encode_column
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import resolve
from warehouse_cdp.matching.shared_values import Shared, without_shared_values


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return people(150).drop(columns="truth")


def test_must_and_cannot_links_outrank_the_evidence(records: pd.DataFrame) -> None:
    plain = resolve(records).customer_id
    ids = records["record_id"]
    size = plain.map(plain.value_counts())
    one = plain[size == 2].iloc[0]
    first, second = ids[plain == one]
    stranger = ids[plain != one].iloc[0]
    found = resolve(
        records,
        MatchOptions(must_links=[(first, stranger)], cannot_links=[(second, first)]),
    )
    of = dict(zip(ids, found.customer_id, strict=True))
    assert of[first] == of[stranger]
    assert of[first] != of[second]
    assert "links refused" in set(found.report["what"])
    others = ~plain.isin([one, plain[ids == stranger].iloc[0]])
    assert found.customer_id[others].equals(plain[others])


def test_equal_rows_can_be_told_apart_and_names_alone_together() -> None:
    rows = {"given_name": ["anna", "anna", "bo"], "email": ["a@x.test", "a@x.test", "b@y.test"]}
    frame = pd.DataFrame({"record_id": ["1", "2", "3"], **rows})
    assert resolve(frame).customer_id.nunique() == 2
    apart = resolve(frame, MatchOptions(cannot_links=[("1", "2")])).customer_id
    assert apart.nunique() == 3
    together = resolve(frame, MatchOptions(must_links=[("2", "3")])).customer_id
    assert together[1] == together[2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (MatchOptions(must_links=[("r1", "gone")]), "must_links: 1 of 2 record ids are not"),
        (MatchOptions(cannot_links=[("r1", "r1")]), "cannot_links: 1 pairs are of a record with"),
        (
            MatchOptions(must_links=[("r1", "r2"), ("r2", "r3")], cannot_links=[("r3", "r1")]),
            "1 of the pairs that cannot be one person's must be",
        ),
    ],
)
def test_wrong_instructions_are_told(options: MatchOptions, said: str) -> None:
    frame = pd.DataFrame({"record_id": ["r1", "r2", "r3"], "city": ["a", "b", "c"]})
    with pytest.raises(InputDataError, match=said):
        resolve(frame, options)


pairs = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda pair: pair[0] != pair[1]),
    max_size=4,
)


@settings(max_examples=60, deadline=None)  # the first one may compile
@given(must=pairs, cannot=pairs, seed=st.integers(0, 99), largest=st.integers(2, 12))
def test_clusters_keep_what_was_told_and_no_more_than_the_bound(
    must: list[tuple[int, int]], cannot: list[tuple[int, int]], seed: int, largest: int
) -> None:
    def split(links: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
        both = np.array(links, dtype=np.int32).reshape(-1, 2)
        return both[:, 0], both[:, 1]

    told = Told(split(must), split(cannot))
    try:
        groups = told.groups(12)
    except InputDataError:
        return
    matrix = np.random.default_rng(seed).normal(0.0, 6.0, (12, 12))
    left, right = (side.astype(np.int32) for side in np.triu_indices(12, k=1))
    weights = matrix[left, right]
    linked = weights > 0.0
    decision = decide(
        12, left[linked], right[linked], weights[linked],
        lambda one, other: matrix[one, other], told, None, cut=-1.0, largest=largest,
    )  # fmt: skip
    labels = decision.labels
    assert all(labels[one] == labels[other] for one, other in must)
    assert all(labels[one] != labels[other] for one, other in cannot)
    if not must:
        assert np.bincount(labels).max() <= largest
    assert len(np.unique(groups)) >= len(np.unique(labels)) - 12


def with_a_shared(column: str, value: str) -> pd.DataFrame:
    frame = people(150)
    frame["phone"] = [f"0151 {100_000 + 7 * place}" for place in range(len(frame))]
    for place in range(0, len(frame), 4):
        frame.loc[place, column] = value
    return frame


@pytest.mark.parametrize(
    ("column", "value"), [("phone", "0800 5551234"), ("email", "office@shop.test")]
)
def test_a_value_of_many_unlike_names_is_nobodys(column: str, value: str) -> None:
    frame = with_a_shared(column, value)
    found = resolve(frame.drop(columns="truth"))
    rows = found.report.set_index("what")
    assert rows.loc[f"{column}: values of nobody", "count"] == 1
    assert "more than 8 unlike names share each" in str(
        rows.loc[f"{column}: values of nobody", "reason"]
    )
    held = found.customer_id[frame[column] == value]
    assert held.nunique() > 0.7 * len(held)
    assert value not in found.report.to_string()


def test_a_shops_phone_is_nobodys_though_its_customers_share_given_names() -> None:
    """Of 400 customers most bear a name by sound that another bears: names do not grow with them.

    Of one person's 400 records, each tenth misspelt, the phone is that person's.
    """
    draw = Random(3)  # noqa: S311 - a made-up world
    firsts = ["".join(draw.choices("bdfklmnrst", k=3)) for _ in range(60)]
    lasts = ["".join(draw.choices("bdfklmnrst", k=4)) for _ in range(400)]
    names, others = (
        pa.array([misspelt(text, draw) if draw.random() < 0.1 else text for text in column])
        for column in (
            [draw.choice(firsts) for _ in range(1200)] + ["katharina"] * 400,
            [draw.choice(lasts) for _ in range(1200)] + ["lindqvist"] * 400,
        )
    )
    phones = ["0301234567"] * 400 + [f"0151{place:07d}" for place in range(800)] + ["0409"] * 400
    kinds = {"given_name": names, "family_name": others, "phone": pa.array(phones)}
    columns = [
        encode_column(FoundColumn(name, name, values, 1.0, 1600)) for name, values in kinds.items()
    ]
    _, found = without_shared_values(columns)
    assert found == (Shared("phone", 1, 400),)


def test_a_familys_mailbox_and_a_much_misspelt_person_keep_their_values() -> None:
    family = pd.DataFrame(
        {
            "record_id": [f"f{number}" for number in range(12)],
            "given_name": ["anna", "bo", "cleo", "dan", "eve", "finn"] * 2,
            "family_name": "abendroth",
            "email": "abendroth@x.test",
            "city": CITIES * 2,
        }
    )
    found = resolve(pd.concat([people(60).drop(columns="truth"), family], ignore_index=True))
    assert not found.report["what"].str.endswith("values of nobody").any()
