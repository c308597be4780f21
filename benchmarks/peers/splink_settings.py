"""The settings with which Splink 5 competes; nothing here is ours.

They follow Splink's own examples: for person records with a national id "Linking the febrl4
datasets" (its detailed model: NameComparison with term frequencies, DateOfBirthComparison,
DamerauLevenshteinAtThresholds [1, 2] of national id and postcode, u from 1e6 random pairs, EM
blocked on birth date and on postcode), for records with an e-mail "Evaluation when you have fully
labelled data" (fake_1000), and the threshold of 0.95 of the quick start. Columns that those
examples do not have get what the comparison library offers for their kind: phone as the national
id, address JaroWinklerAtThresholds, city ExactMatch with term frequencies as in fake_1000.

Two liberties in Splink's favour. EM for large files is blocked on two columns together, so that
it does not compare tens of millions of pairs to learn from. And where the examples block on one
name or on the postcode alone, which makes hundreds of millions of pairs of a million records,
these are combined as Splink's guide "Choosing blocking rules" advises.

``tuned``: Levenshtein in place of Damerau-Levenshtein, which is DuckDB's slowest comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import splink.comparison_library as cl
from splink import SettingsCreator, block_on

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_PAIRS_FOR_U = 1e6
SEED = 2
CLUSTER_PROBABILITY = 0.95
# Clustered at these too after the clock has stopped; the benchmark shows the best of all in its F1,
# which no user without the truth could pick.
OTHER_PROBABILITIES = (0.5, 0.99)
PREDICT_PROBABILITY = 0.2

# As in the febrl4 example, given and family name together instead of each; in order.
RULES_WITH_KEYS = (
    ("national_id",),
    ("phone",),
    ("email",),
    ("given_name", "family_name"),
    ("given_name", "birth_date"),
    ("family_name", "birth_date"),
    ("address_line",),
    ("company",),
)
# Without keys the rules carry all: more of them, each narrow.
RULES_WITHOUT_KEYS = (
    ("given_name", "family_name"),
    ("given_name", "birth_date"),
    ("family_name", "birth_date"),
    ("address_line",),
    ("postal_code", "birth_date"),
    ("postal_code", "family_name"),
    ("postal_code", "given_name"),
    ("city", "birth_date"),
    ("city", "family_name"),
    ("age", "family_name"),
    ("age", "given_name"),
)
SWAPPED = "l.given_name = r.family_name and l.family_name = r.given_name"
# fake_1000's example, for a file of a thousand records.
SMALL = 2_000
RULES_SMALL = (("given_name",), ("family_name",), ("birth_date",), ("email",))


def blocking_rules(columns: Sequence[str], rows: int) -> list[Any]:
    """Rules to predict by, of those columns that are there."""
    keys = {"national_id", "phone", "email"} & set(columns)
    rules = RULES_WITH_KEYS if keys else RULES_WITHOUT_KEYS
    if rows <= SMALL:
        return [block_on(*rule) for rule in RULES_SMALL if set(rule) <= set(columns)]
    swapped = [SWAPPED] if {"given_name", "family_name"} <= set(columns) else []
    return [*(block_on(*rule) for rule in rules if set(rule) <= set(columns)), *swapped]


def deterministic_rules(columns: Sequence[str]) -> list[Any]:
    """Rules that few but true pairs meet, from which the prior is estimated, and their recall."""
    keys = [block_on(key) for key in ("national_id", "email") if key in columns]
    together = (
        ("given_name", "family_name", "birth_date"),
        ("given_name", "family_name", "address_line"),
        ("company", "postal_code"),
    )
    fitting = (rule for rule in together if set(rule) <= set(columns))
    return [*keys, *(block_on(*rule) for rule in list(fitting)[:1])]


def training_rules(columns: Sequence[str], rows: int) -> list[Any]:
    """Blocks of the EM sessions: no column is in all of them, or it would not be trained."""
    if rows <= SMALL:
        return [
            block_on(*rule) for rule in (("birth_date",), ("email",), ("given_name", "family_name"))
        ]
    rules = [("birth_date", "family_name"), ("given_name", "family_name")]
    rules.append(("postal_code", "given_name"))
    if "given_name" not in columns:
        rules += [("email",), ("phone",), ("address_line",), ("company",)]
    elif "birth_date" not in columns:
        rules.append(("address_line",))
    return [block_on(*rule) for rule in rules if set(rule) <= set(columns)]


def comparisons(columns: Sequence[str], *, tuned: bool, is_iso: bool) -> list[Any]:
    """A comparison for each column that is there; ``is_iso`` says how birth dates are written."""
    edits = cl.LevenshteinAtThresholds if tuned else cl.DamerauLevenshteinAtThresholds
    if "given_name" not in columns:
        names = []
    elif "email" in columns and "address_line" not in columns:
        names = [cl.ForenameSurnameComparison("given_name", "family_name")]
    else:
        names = [
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("family_name").configure(term_frequency_adjustments=True),
        ]
    further = {
        "birth_date": lambda: cl.DateOfBirthComparison(
            "birth_date",
            input_is_string=True,
            datetime_format="%Y-%m-%d" if is_iso else "%Y%m%d",
            invalid_dates_as_null=True,
        ),
        "age": lambda: cl.ExactMatch("age"),
        "middle_name": lambda: cl.ExactMatch("middle_name"),
        "company": lambda: cl.JaroWinklerAtThresholds("company", [0.9, 0.7]),
        "national_id": lambda: edits("national_id", [1, 2]),
        "phone": lambda: edits("phone", [1, 2]),
        "postal_code": lambda: edits("postal_code", [1, 2]).configure(
            term_frequency_adjustments=True
        ),
        "address_line": lambda: cl.JaroWinklerAtThresholds("address_line", [0.9, 0.7]),
        "city": lambda: cl.ExactMatch("city").configure(term_frequency_adjustments=True),
        "email": lambda: cl.EmailComparison("email"),
    }
    return [*names, *(make() for name, make in further.items() if name in columns)]


def settings(columns: Sequence[str], rows: int, *, tuned: bool, is_iso: bool) -> SettingsCreator:
    """The model to train."""
    return SettingsCreator(
        unique_id_column_name="record_id",
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=blocking_rules(columns, rows),
        comparisons=comparisons(columns, tuned=tuned, is_iso=is_iso),
    )
