"""The matcher's blocking and comparisons as classes of recordlinkage, for its own scripts.

    indexer = recordlinkage.Index()
    indexer.add(MatchingBlock())
    compare = recordlinkage.Compare()
    compare.add(LevelCompare("given_name"))
    compare.add(LevelCompare("dob", column="birth_date"))
    vectors = compare.compute(indexer.index(people), people)

The vectors are those that ``MatchOptions.classifier`` is given (missing as 0), so a classifier
that is fitted on them can be plugged into ``resolve``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from recordlinkage.base import BaseCompareFeature, BaseIndexAlgorithm

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.matching.block import block
from warehouse_cdp.matching.classify import similarity
from warehouse_cdp.matching.columns import STANDARD_COLUMNS, FoundColumn, as_text, find_columns
from warehouse_cdp.matching.compare import Comparer
from warehouse_cdp.matching.encode import collapse, encode_column
from warehouse_cdp.matching.levels import UNKNOWN
from warehouse_cdp.matching.normal_forms import NORMAL_FORMS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_FEWEST_PAIRS_A_RULE: Final = 300_000


class MatchingBlock(BaseIndexAlgorithm):  # type: ignore[misc]
    """Candidate pairs by all rules that the standard columns of the frames allow.

    ``columns`` maps a standard column to the frame's own name where the two differ. For other
    arguments see ``block.block``; up to ``all_pairs_up_to`` records all pairs are made.
    """

    name = "matching block"
    description = "Pairs by many narrow rules, each within a budget."

    def __init__(
        self,
        columns: Mapping[str, str] | None = None,
        pairs_per_record: float = 2.0,
        all_pairs_up_to: int = 1_500,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.columns = dict(columns or {})
        self.pairs_per_record = pairs_per_record
        self.all_pairs_up_to = all_pairs_up_to

    def _dedup_index(self, df_a: pd.DataFrame) -> pd.MultiIndex:
        left, right = self._pairs(df_a)
        # As recordlinkage has them: the later record first.
        return _pair_index(df_a.index, df_a.index, right, left)

    def _link_index(self, df_a: pd.DataFrame, df_b: pd.DataFrame) -> pd.MultiIndex:
        both = pd.concat([self._standard(df_a), self._standard(df_b)], ignore_index=True)
        left, right = self._pairs(both)
        between = (left < len(df_a)) & (right >= len(df_a))
        return _pair_index(df_a.index, df_b.index, left[between], right[between] - len(df_a))

    def _standard(self, frame: pd.DataFrame) -> pd.DataFrame:
        renamed = frame.rename(columns={own: name for name, own in self.columns.items()})
        return renamed[[name for name in renamed.columns if name in STANDARD_COLUMNS]]

    def _pairs(self, frame: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        found = find_columns(self._standard(frame))
        if not found.used:
            nothing = np.zeros(0, dtype=np.int64)
            return nothing, nothing
        rows = np.arange(len(frame), dtype=np.int32)
        records = collapse([encode_column(column) for column in found.used], [rows])
        budget = max(_FEWEST_PAIRS_A_RULE, int(self.pairs_per_record * len(frame)))
        pairs = block(records, budget, self.all_pairs_up_to)
        return pairs.left.astype(np.int64), pairs.right.astype(np.int64)


class LevelCompare(BaseCompareFeature):  # type: ignore[misc]
    """The level of agreement of a column, as a share of its highest.

    0 is "different", 1 is "exact"; a pair of which a value is missing gets ``missing_value``.
    ``column`` names the standard column that the labels hold, if they are called otherwise.

    Raises:
        ConfigurationError: ``column`` is no standard column.
    """

    name = "level"
    description = "Compare by the matcher's levels."

    def __init__(
        self,
        left_on: str,
        right_on: str | None = None,
        column: str | None = None,
        nicknames: Mapping[str, Collection[str]] | None = None,
        missing_value: float = 0.0,
        label: str | None = None,
    ) -> None:
        super().__init__(left_on, right_on or left_on, label=label or left_on)
        self.column = column or left_on
        if self.column not in STANDARD_COLUMNS:
            valid = ", ".join(STANDARD_COLUMNS)
            msg = f"{self.column} is no standard column: name one in column= (valid are {valid})"
            raise ConfigurationError(msg)
        self.nicknames = nicknames
        self.missing_value = missing_value

    def _compute_vectorized(self, s_left: pd.Series, s_right: pd.Series) -> pd.Series:
        kind = STANDARD_COLUMNS[self.column]
        # Both sides at once: whether 3/4 is in March is decided by all dates.
        written = pa.concat_arrays([as_text(s_left), as_text(s_right)]).dictionary_encode()
        values = pc.take(NORMAL_FORMS[kind](written.dictionary), written.indices)
        encoded = encode_column(FoundColumn(self.column, kind, values, 1.0, len(values)))
        rows = np.arange(len(values), dtype=np.int32)
        comparer = Comparer(collapse([encoded], [rows]), self.nicknames)
        count = len(s_left)
        levels = comparer.levels(rows[:count], rows[count:])[:, 0]
        shares = similarity(levels, kind)
        shares[levels == UNKNOWN] = self.missing_value
        return pd.Series(shares, index=s_left.index)


def _pair_index(
    one: pd.Index, other: pd.Index, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> pd.MultiIndex:
    # The published types of pandas know neither indexes as levels nor arrays as codes.
    levels, codes = cast("Any", [one, other]), cast("Any", [left, right])
    return pd.MultiIndex(levels=levels, codes=codes, verify_integrity=False)
