"""Which pairs of records are worth comparing: several rules, each counted before it is made."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from recordlinkage.base import BaseIndexAlgorithm

from warehouse_cdp.linkage.pairs import make_pairs
from warehouse_cdp.linkage.pairs import positions as positions_of

REPORT_COLUMNS = (
    "blocking_rule",
    "pairs_counted",
    "pairs_made",
    "blocks_left_out",
    "records_left_out",
)

RECORD_RULES: tuple[tuple[str, ...], ...] = (
    ("birth_date_key", "family_name_sound"),
    ("birth_date_key", "given_name_sound"),
    ("birth_date_key", "postal_code_key"),
    ("name_pair_key",),
    ("given_name_sound", "family_name_sound"),
    ("family_name_sound", "postal_code_key"),
    ("given_name_sound", "postal_code_key"),
    ("family_name_sound", "street_key"),
    ("given_name_sound", "street_key"),
    ("street_key", "house_number_key", "birth_date_key"),
    ("email_local_key",),
)
"""Blocks on columns of the prepared records."""
IDENTIFIER_TYPES_BLOCKED_ON = ("email", "phone", "loyalty_card", "national_id", "device_id")
"""A value of these types shared by two records makes them a pair, wherever it stands."""


class CountedBlock(BaseIndexAlgorithm):  # type: ignore[misc]
    """All pairs of records that agree on some columns, within a budget of pairs.

    The pairs are counted first. When they are more than ``max_pairs``, the largest blocks are
    left out until the rest fits; ``report_row`` says how many.
    """

    name = "counted block"

    def __init__(self, on: tuple[str, ...], max_pairs: int) -> None:
        super().__init__()
        self.on = on
        self.max_pairs = max_pairs
        self.report_row: dict[str, object] = {}

    def _dedup_index(self, df_a: pd.DataFrame) -> pd.MultiIndex:
        known = df_a[list(self.on)].notna().all(axis=1).to_numpy()
        positions = np.flatnonzero(known)
        agreed = df_a.iloc[positions]
        keys = agreed[self.on[0]].astype(str)
        for name in self.on[1:]:
            keys = keys + "\x1f" + agreed[name].astype(str)
        codes = pd.factorize(keys, sort=True)[0].astype(np.int64)
        left, right, self.report_row = pairs_within_blocks(codes, positions, self.max_pairs)
        self.report_row["blocking_rule"] = " + ".join(self.on)
        return _pair_index(df_a, left, right)


class SharedIdentifierBlock(BaseIndexAlgorithm):  # type: ignore[misc]
    """All pairs of records that hold one value of an identifier type, within a budget."""

    name = "shared identifier"

    def __init__(self, identifiers: pd.DataFrame, identifier_type: str, max_pairs: int) -> None:
        super().__init__()
        self.held = identifiers.loc[
            identifiers["identifier_type"] == identifier_type, ["record_id", "identifier_key"]
        ]
        self.identifier_type = identifier_type
        self.max_pairs = max_pairs
        self.report_row: dict[str, object] = {}

    def _dedup_index(self, df_a: pd.DataFrame) -> pd.MultiIndex:
        positions = df_a.index.get_indexer(pd.Index(self.held["record_id"]))
        known = positions >= 0
        codes = pd.factorize(self.held["identifier_key"][known], sort=True)[0].astype(np.int64)
        left, right, self.report_row = pairs_within_blocks(
            codes, positions[known].astype(np.int64), self.max_pairs
        )
        self.report_row["blocking_rule"] = f"shared {self.identifier_type}"
        return _pair_index(df_a, left, right)


def _pair_index(
    frame: pd.DataFrame, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> pd.MultiIndex:
    low, high = np.minimum(left, right), np.maximum(left, right)
    both = np.unique(low * len(frame) + high)
    size = max(len(frame), 1)
    return make_pairs(frame.index, both // size, both % size)


def pairs_within_blocks(
    codes: npt.NDArray[np.int64], positions: npt.NDArray[np.int64], max_pairs: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], dict[str, object]]:
    """Pairs of ``positions`` with equal ``codes``; largest blocks left out beyond ``max_pairs``."""
    order = np.lexsort((positions, codes))
    codes, positions = codes[order], positions[order]
    sizes = np.bincount(codes) if len(codes) else np.zeros(0, dtype=np.int64)
    pairs = sizes * (sizes - 1) // 2
    by_size = np.argsort(pairs, kind="stable")
    fits = np.zeros(len(pairs), dtype=bool)
    fits[by_size] = np.cumsum(pairs[by_size]) <= max_pairs
    report: dict[str, object] = {
        "pairs_counted": int(pairs.sum()),
        "pairs_made": int(pairs[fits].sum()),
        "blocks_left_out": int((~fits & (pairs > 0)).sum()),
        "records_left_out": int(sizes[~fits].sum()),
    }
    keep = fits[codes] if len(codes) else np.zeros(0, dtype=bool)
    positions, codes = positions[keep], codes[keep]
    if not len(positions):
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, report
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    lengths = np.diff(np.r_[starts, len(codes)])
    end_of_block = np.repeat(starts + lengths, lengths)
    partners = end_of_block - np.arange(len(codes)) - 1
    left = np.repeat(np.arange(len(codes)), partners)
    offset = np.arange(len(left)) - np.repeat(np.cumsum(partners) - partners, partners)
    right = left + 1 + offset
    return positions[left], positions[right], report


def candidate_pairs(
    records: pd.DataFrame, identifiers: pd.DataFrame, max_pairs_per_rule: int
) -> tuple[pd.MultiIndex, pd.DataFrame]:
    """Pairs worth comparing (left before right in ``record_id`` order) and the rules' report.

    ``records`` is indexed by ``record_id`` in order; ``identifiers`` holds unblocked ones only.
    """
    blocks: list[CountedBlock | SharedIdentifierBlock] = [
        CountedBlock(rule, max_pairs_per_rule) for rule in RECORD_RULES
    ]
    blocks += [
        SharedIdentifierBlock(identifiers, kind, max_pairs_per_rule)
        for kind in IDENTIFIER_TYPES_BLOCKED_ON
    ]
    codes: list[npt.NDArray[np.int64]] = []
    size = max(len(records), 1)
    for block in blocks:
        # recordlinkage's Index() would unite the rules too, but hashes every pair to do so and
        # cannot stand fewer than two records.
        made = block.index(records)
        left, right = positions_of(made)
        codes.append(left * size + right)
    united = np.unique(np.concatenate(codes))
    pairs = make_pairs(records.index, united // size, united % size)
    report = pd.DataFrame([block.report_row for block in blocks])[list(REPORT_COLUMNS)]
    return pairs, report
