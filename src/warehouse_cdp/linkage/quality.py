"""Quality without truth: signs of people wrongly merged or wrongly kept apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

QUALITY_COLUMNS = ("measure", "kind", "explanation", "value", "expected_low", "expected_high")

QUALITY_INPUT = (
    "record_id",
    "source",
    "given_name_key",
    "given_name_sound",
    "family_name_key",
    "birth_date_key",
    "email_key",
    "postal_code_key",
)
"""Columns of prepared records that the measures and their examples read."""
NAME_AND_EMAIL = ("given_name_key", "family_name_key", "email_key")
_MANY_GIVEN_NAMES = 3
_MANY_POSTCODES = 5
_LARGE_CUSTOMER_RECORDS = 20

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
    "share_of_records_in_customers_of_over_20_records": (
        "over_merge",
        "Records that belong to a customer with more than twenty.",
        0.0,
        0.05,
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
        "Records that the newest run which changed any merged, split or moved, among all.",
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


@dataclass(frozen=True)
class CustomerFacts:
    """By customer: records, unlike given names, postcodes and decades of birth that they name.

    ``spread`` has a row per full name and e-mail that records hold, with ``customer_count``.
    """

    sizes: pd.Series[int]
    given_names: pd.Series[int]
    postcodes: pd.Series[int]
    birth_decades: pd.Series[int]
    spread: pd.DataFrame

    @classmethod
    def of(cls, people: pd.DataFrame) -> CustomerFacts:
        """Facts of prepared records with their ``customer_id``."""
        # Codes: pandas counts different texts of many small groups twenty times as slowly.
        customer, names = pd.factorize(people["customer_id"], sort=True)
        decades = people["birth_date_key"].astype(object).str[:3]

        def different(column: pd.Series[str]) -> pd.Series[int]:
            values, known = pd.factorize(column)
            pairs = np.unique((customer * (len(known) + 1) + values)[values >= 0])
            counts = np.bincount(pairs // (len(known) + 1), minlength=len(names))
            return pd.Series(counts, index=names)

        return cls(
            sizes=pd.Series(np.bincount(customer, minlength=len(names)), index=names),
            given_names=different(people["given_name_sound"]),
            postcodes=different(people["postal_code_key"]),
            birth_decades=different(decades),
            spread=_spread(people),
        )

    def suspects(self) -> dict[str, pd.Series[int]]:
        """Of the measures that count customers, those counted, the worst first; then by id."""
        found = {
            "share_of_customers_with_over_3_given_names": self.given_names[
                self.given_names > _MANY_GIVEN_NAMES
            ],
            "share_of_customers_with_over_5_postcodes": self.postcodes[
                self.postcodes > _MANY_POSTCODES
            ],
            "share_of_customers_with_two_birth_dates": self.birth_decades[self.birth_decades > 1],
            "largest_customer_records": self.sizes,
            "share_of_records_in_customers_of_over_20_records": self.sizes[
                self.sizes > _LARGE_CUSTOMER_RECORDS
            ],
        }
        return {
            measure: counts.sort_index().sort_values(ascending=False, kind="stable")
            for measure, counts in found.items()
        }


def _spread(people: pd.DataFrame) -> pd.DataFrame:
    """Full names with an e-mail that records hold, with ``customer_count``."""
    columns = list(NAME_AND_EMAIL)
    named = people.loc[people[columns].notna().all(axis=1), [*columns, "customer_id"]]
    held = named.drop_duplicates()
    # Only what is there several times has to be told apart; the rest is one customer's.
    counted = held[held.duplicated(columns, keep=False)].groupby(columns)["customer_id"].nunique()
    spread = (
        held[columns]
        .drop_duplicates()
        .merge(counted.rename("customer_count").reset_index(), how="left", on=columns)
    )
    return spread.assign(customer_count=spread["customer_count"].fillna(1).astype(np.int64))


def _merge_signs(people: pd.DataFrame) -> dict[str, float | None]:
    facts = CustomerFacts.of(people)
    suspects = facts.suspects()
    customers = float(len(facts.sizes))
    in_large = suspects["share_of_records_in_customers_of_over_20_records"]
    return {
        **{
            measure: _share(float(len(suspects[measure])), customers)
            for measure in (
                "share_of_customers_with_over_3_given_names",
                "share_of_customers_with_over_5_postcodes",
                "share_of_customers_with_two_birth_dates",
            )
        },
        "largest_customer_records": float(facts.sizes.max()) if customers else None,
        "share_of_records_in_customers_of_over_20_records": _share(
            float(in_large.sum()), float(len(people))
        ),
        "share_of_name_and_email_on_several_customers": _share(
            float((facts.spread["customer_count"] > 1).sum()), float(len(facts.spread))
        ),
        "share_of_single_record_customers": _share(float((facts.sizes == 1).sum()), customers),
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
