"""Quality without truth: signs of people wrongly merged or wrongly kept apart."""

from __future__ import annotations

import pandas as pd

QUALITY_COLUMNS = ("measure", "kind", "explanation", "value", "expected_low", "expected_high")

_MANY_GIVEN_NAMES = 3
_MANY_POSTCODES = 5

# measure: (kind, explanation, lowest and highest value that is usual)
EXPECTED: dict[str, tuple[str, str, float, float]] = {
    "share_of_customers_with_over_3_given_names": (
        "over_merge",
        "Customers whose records name more than three unlike given names.",
        0.0,
        0.005,
    ),
    "share_of_customers_with_over_5_postcodes": (
        "over_merge",
        "Customers whose records have more than five postcodes.",
        0.0,
        0.01,
    ),
    "share_of_customers_with_two_birth_dates": (
        "over_merge",
        "Customers whose records have birth dates more than a typing error apart.",
        0.0,
        0.02,
    ),
    "largest_customer_records": (
        "over_merge",
        "Records of the largest customer.",
        1.0,
        200.0,
    ),
    "share_of_name_and_email_on_several_customers": (
        "under_merge",
        "Pairs of full name and e-mail that more than one customer holds.",
        0.0,
        0.01,
    ),
    "share_of_single_record_customers": (
        "under_merge",
        "Customers with one record only.",
        0.0,
        0.80,
    ),
    "records_per_customer": (
        "under_merge",
        "Person records divided by customers.",
        1.1,
        10.0,
    ),
    "share_of_pairs_in_review": (
        "uncertainty",
        "Pairs that wait for a person, among those linked or waiting.",
        0.0,
        0.30,
    ),
    "share_of_nameless_edges_ambiguous": (
        "uncertainty",
        "Shared values of nameless records that point to several customers.",
        0.0,
        0.25,
    ),
    "share_of_records_that_changed_customer": (
        "stability",
        "Records that the newest run merged, split or moved, among all.",
        0.0,
        0.02,
    ),
}
"""Ranges within which well-kept retail data lies; outside is a reason to look, not an error."""
# One source alone has few duplicates of its own: that its customers have one record is usual.
_EXPECTED_OF_ONE_SOURCE = {
    "share_of_single_record_customers": (0.0, 1.0),
    "records_per_customer": (1.0, 10.0),
}
_FEWEST_PAIRS = 20
"""Fewer pairs make no share: two of six that wait for a person say nothing."""


def identity_quality(
    records: pd.DataFrame,
    customer_of: pd.DataFrame,
    links: pd.DataFrame,
    newest_changes: pd.DataFrame,
) -> pd.DataFrame:
    """One row a measure (``QUALITY_COLUMNS``); a measure too little is known for is null.

    What is usual for the records of a customer depends on whether several sources can know them.

    ``records`` are prepared ones, ``customer_of`` has ``record_id, customer_id``, ``links`` are
    those of ``link_records``, ``newest_changes`` the rows of the log's newest run.
    """
    people = records.merge(customer_of, on="record_id")
    values = {**_merge_signs(people), **_link_signs(links)}
    changed = newest_changes["change_type"].isin(["merged", "split", "moved"]).sum()
    values["share_of_records_that_changed_customer"] = _share(float(changed), float(len(people)))
    own = _EXPECTED_OF_ONE_SOURCE if len(set(people["source"].tolist())) == 1 else {}
    return pd.DataFrame(
        [
            (measure, kind, explanation, values[measure], *own.get(measure, usual))
            for measure, (kind, explanation, *usual) in EXPECTED.items()
        ],
        columns=list(QUALITY_COLUMNS),
    ).astype({"value": float, "expected_low": float, "expected_high": float})


def _merge_signs(people: pd.DataFrame) -> dict[str, float | None]:
    by_customer = people.groupby("customer_id")
    customers = float(by_customer.ngroups)
    sizes = by_customer.size()
    given = by_customer["given_name_sound"].nunique()
    postcodes = by_customer["postal_code_key"].nunique()
    decades = (
        people["birth_date_key"].astype(object).str[:3].groupby(people["customer_id"]).nunique()
    )
    named = people.dropna(subset=["given_name_key", "family_name_key", "email_key"])
    spread = named.groupby(["given_name_key", "family_name_key", "email_key"])[
        "customer_id"
    ].nunique()
    return {
        "share_of_customers_with_over_3_given_names": _share(
            float((given > _MANY_GIVEN_NAMES).sum()), customers
        ),
        "share_of_customers_with_over_5_postcodes": _share(
            float((postcodes > _MANY_POSTCODES).sum()), customers
        ),
        "share_of_customers_with_two_birth_dates": _share(float((decades > 1).sum()), customers),
        "largest_customer_records": float(sizes.max()) if customers else None,
        "share_of_name_and_email_on_several_customers": _share(
            float((spread > 1).sum()), float(len(spread))
        ),
        "share_of_single_record_customers": _share(float((sizes == 1).sum()), customers),
        "records_per_customer": _share(float(len(people)), customers),
    }


def _link_signs(links: pd.DataFrame) -> dict[str, float | None]:
    decisions = links["decision"].value_counts()
    review = float(decisions.get("review", 0))
    decided = review + float(decisions.get("linked", 0))
    nameless = links[links["rule"].astype(str).str.startswith("nameless_")]
    ambiguous = float((nameless["cut_by"] == "ambiguous_identifier").sum())
    return {
        "share_of_pairs_in_review": _share(review, decided) if decided >= _FEWEST_PAIRS else None,
        "share_of_nameless_edges_ambiguous": _share(ambiguous, float(len(nameless))),
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
