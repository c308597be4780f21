"""Rules that decide a pair without weighing it: shared identifiers and a source's own merges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse_cdp.linkage.comparing import CLOSE, EXACT, UNKNOWN
from warehouse_cdp.linkage.names import family_names_agree

if TYPE_CHECKING:
    from collections.abc import Mapping

RULE_WEIGHTS: Mapping[str, float] = {
    "override_must_link": 60.0,
    "source_merge": 50.0,
    "identical_record": 30.0,
    "same_national_id": 26.0,
    "same_loyalty_card": 24.0,
    "same_email": 20.0,
    "same_phone": 16.0,
    "nameless_same_loyalty_card": 14.0,
    "nameless_same_email": 12.0,
    "nameless_same_phone": 10.0,
}
"""Least match weight (log2 odds) of a pair decided by a rule: what the guards order by."""

SAID = (
    "given_name_key",
    "family_name_key",
    "name_suffix_key",
    "birth_date_key",
    "email_key",
    "phone_key",
    "street_key",
    "house_number_key",
    "postal_code_key",
    "national_id_key",
)
"""What must be equal of identical records."""

UNGUARDED_RULES = ("override_must_link", "source_merge")
"""Decided by a person; only a cannot-link outranks them."""


def decide_pairs(
    edges: pd.DataFrame, has_given_name: npt.NDArray[np.bool_]
) -> npt.NDArray[np.object_]:
    """The name of the rule that decides each pair, or None.

    ``edges`` has ``left`` and ``right`` (positions in ``has_given_name``), agreement in the fields
    of ``comparing`` and ``card``, whether a loyalty card is shared.

    A shared value alone decides nothing where both records have a name: a mailbox or a landline
    serves a household, so the given names must agree too. Where one record has no given name,
    the ``nameless_`` rules propose the pair; the guards then see whether the value still points
    to one customer only.
    """
    left, right = edges["left"].to_numpy(), edges["right"].to_numpy()
    both_named = has_given_name[left] & has_given_name[right]
    given = edges["given_name"].to_numpy() >= CLOSE
    family = edges["family_name"].to_numpy()
    family_agrees = (family == UNKNOWN) | (family >= CLOSE)
    email = edges["email"].to_numpy() == EXACT
    phone = edges["phone"].to_numpy() == EXACT
    national_id = edges["national_id"].to_numpy() == EXACT
    card = edges["card"].to_numpy()
    rules = np.full(len(edges), None, dtype=object)
    # Weakest first: a stronger rule overwrites.
    for name, holds in (
        ("nameless_same_phone", ~both_named & phone & family_agrees),
        ("nameless_same_email", ~both_named & email & family_agrees),
        ("nameless_same_loyalty_card", ~both_named & card & family_agrees),
        ("same_phone", both_named & given & phone & (family >= CLOSE)),
        ("same_email", both_named & given & email),
        ("same_loyalty_card", both_named & given & card),
        ("same_national_id", national_id & (given | ~both_named)),
    ):
        rules[holds] = name
    return rules


def source_merges(records: pd.DataFrame) -> pd.DataFrame:
    """Pairs that a source itself merged (``left_record_id, right_record_id``, left before right).

    ``records`` come from ``prepare_records``; a merge into a record that is not there is no pair.
    """
    named = records.loc[
        records["merged_into_record_id"].notna(), ["record_id", "merged_into_record_id"]
    ]
    named = named[named["merged_into_record_id"].isin(set(records["record_id"]))]
    return pd.DataFrame(
        sorted(
            (min(one, other), max(one, other))
            for one, other in zip(named["record_id"], named["merged_into_record_id"], strict=True)
            if one != other
        ),
        columns=["left_record_id", "right_record_id"],
    )


def identical_records(records: pd.DataFrame) -> npt.NDArray[np.int64]:
    """For each record the position of the first one that says exactly the same.

    Only records that have a name and an e-mail, phone or national id count: the rest say too
    little to be called identical. Later steps compare one of each group instead of all pairs.
    """
    enough = (
        records["given_name_key"].notna()
        & records["family_name_key"].notna()
        & records[["email_key", "phone_key", "national_id_key"]].notna().any(axis=1)
    ).to_numpy()
    first = np.arange(len(records), dtype=np.int64)
    if not enough.any():
        return first
    positions = np.flatnonzero(enough)
    signature = records.iloc[positions][list(SAID)].fillna("").astype(str)
    text = signature[SAID[0]]
    for name in SAID[1:]:
        text = text + "\x1f" + signature[name]
    codes = pd.factorize(text)[0]
    smallest = np.full(codes.max() + 1, len(records), dtype=np.int64)
    np.minimum.at(smallest, codes, positions)
    first[positions] = smallest[codes]
    return first


def family_agrees_with_any(family: str | None, others: set[str]) -> bool:
    """Whether a family name may be one of some others; an unknown one agrees with all."""
    if not family or not others:
        return True
    return any(family_names_agree(family, other) for other in others)
