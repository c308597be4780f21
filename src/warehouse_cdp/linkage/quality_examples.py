"""The worst cases of each sign of a wrong merge or split, by record id, for a person to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.linkage.quality import NAME_AND_EMAIL, CustomerFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EXAMPLE_COLUMNS = (
    "measure",
    "customer_id",
    "left_record_id",
    "right_record_id",
    "example_number",
)
EXAMPLES = 10
"""So many of each measure."""

Example = tuple[str | None, str, str | None]
"""Customer of the left record, left record, right record."""


def quality_examples(
    records: pd.DataFrame,
    customer_of: pd.DataFrame,
    links: pd.DataFrame,
    newest_changes: pd.DataFrame,
) -> pd.DataFrame:
    """At most ``EXAMPLES`` rows a measure (``EXAMPLE_COLUMNS``), the worst first.

    Takes what ``identity_quality`` takes. A customer stands under its first record and its last,
    a pair under both of its records; an average has no example.
    """
    people = records.merge(customer_of, on="record_id")
    facts = CustomerFacts.of(people)
    worst = {measure: counts.index[:EXAMPLES] for measure, counts in facts.suspects().items()}
    shown = people[people["customer_id"].isin({name for index in worst.values() for name in index})]
    ends = {
        str(name): (min(held), max(held))
        for name, held in shown.groupby("customer_id")["record_id"]
    }
    customer = dict(zip(people["record_id"], people["customer_id"], strict=True))
    listed = links.sort_values(
        ["match_weight", "left_record_id", "right_record_id"],
        ascending=[False, True, True],
        na_position="last",
    )
    waiting = listed[listed["decision"] == "review"]
    ambiguous = listed[listed["cut_by"] == "ambiguous_identifier"]
    moved = newest_changes[newest_changes["change_type"].isin(["merged", "split", "moved"])]
    found: dict[str, Iterable[Example]] = {
        measure: [(str(name), *_first_and_other(ends[str(name)])) for name in names]
        for measure, names in worst.items()
    }
    found |= {
        "share_of_name_and_email_on_several_customers": _spread(people, facts),
        "share_of_single_record_customers": _alone(facts, listed, customer),
        "share_of_pairs_in_review": _pairs(waiting, customer),
        "share_of_nameless_edges_ambiguous": _pairs(ambiguous, customer),
        "share_of_records_that_changed_customer": (
            (customer.get(record), str(record), None) for record in sorted(moved["record_id"])
        ),
    }
    rows = [
        (measure, *example, number)
        for measure, examples in found.items()
        for number, example in zip(range(1, EXAMPLES + 1), examples, strict=False)
    ]
    return pd.DataFrame(rows, columns=list(EXAMPLE_COLUMNS))


def _first_and_other(ends: tuple[str, str]) -> tuple[str, str | None]:
    return ends[0], (ends[1] if ends[1] != ends[0] else None)


def _pairs(links: pd.DataFrame, customer: dict[str, str]) -> Iterator[Example]:
    for left, right in zip(links["left_record_id"], links["right_record_id"], strict=True):
        yield customer.get(left), str(left), str(right)


def _spread(people: pd.DataFrame, facts: CustomerFacts) -> Iterator[Example]:
    """Two records of one name and e-mail on two customers, most customers first."""
    names = list(NAME_AND_EMAIL)
    several = facts.spread[facts.spread["customer_count"] > 1].sort_values(
        ["customer_count", *names], ascending=[False, True, True, True]
    )
    together = several.head(EXAMPLES)[names].merge(people, on=names, how="left", sort=False)
    for _, found in together.groupby(names, sort=False):
        group = found.sort_values("record_id")
        one, other = group.drop_duplicates("customer_id")["record_id"].tolist()[:2]
        yield str(group["customer_id"].iloc[0]), str(one), str(other)


def _alone(
    facts: CustomerFacts, listed: pd.DataFrame, customer: dict[str, str]
) -> Iterator[Example]:
    """Customers of one record that came nearest to being linked, with the record they came near."""
    alone = set(facts.sizes.index[facts.sizes == 1])
    seen: set[str] = set()
    for _, left, right in _pairs(listed[listed["decision"] != "linked"], customer):
        for one, other in ((left, right), (right, left)):
            held = customer.get(str(one))
            if held in alone and held not in seen:
                seen.add(str(held))
                yield held, str(one), other
