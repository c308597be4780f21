"""Comparing and scoring as a function over Arrow batches of pairs, which other processes can call.

A scorer is made once, where the model was learnt, and sent to whoever is to weigh pairs: it holds
the encoded records and the frozen model, can be pickled, and is a function from an iterator of
record batches to one. That is the form that Spark's ``mapInArrow`` calls for, so that a cluster
weighs what one machine has blocked and learnt from::

    scorer = BatchScorer.of(evidence.weigh)
    weighed = pairs.mapInArrow(scorer, schema)  # schema: scorer.schema in Spark's types

Each row is worked out by itself: how rows are cut into batches and which process gets them changes
no weight.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.matching.score import probability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from warehouse_cdp.matching.weighing import Weigher

LEFT: Final = "left"
RIGHT: Final = "right"
LEVEL: Final = "level_"
"""Prefix of the columns that hold the level a column reached, 0 where it is not known."""


@dataclass(frozen=True)
class BatchScorer:
    """Weighs batches of pairs: ``left`` and ``right`` are positions of records (integers).

    Gives for each batch, row by row, the two positions, ``match_weight`` (log2 odds),
    ``match_probability`` and ``level_*`` of each column compared.
    """

    weigher: Weigher

    @classmethod
    def of(cls, weigher: Weigher) -> BatchScorer:
        """A scorer of the records that a weigher knows, without what scoring does not need."""
        return cls(replace(weigher, options=replace(weigher.options, nicknames={})))

    @property
    def schema(self) -> pa.Schema:
        """What the batches have that are given back."""
        levels = [(LEVEL + column.name, pa.int8()) for column in self.weigher.records.columns]
        ends = [(LEFT, pa.int32()), (RIGHT, pa.int32())]
        weights = [("match_weight", pa.float64()), ("match_probability", pa.float64())]
        return pa.schema([*ends, *weights, *levels])

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Weigh batch after batch, holding one of them at a time.

        Raises:
            InputDataError: a batch lacks ``left`` or ``right``, or names no record there is.
        """
        for batch in batches:
            yield self.score(batch)

    def score(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Weigh the pairs of one batch."""
        left, right = self._positions(batch, LEFT), self._positions(batch, RIGHT)
        levels = self.weigher.comparer.levels(left, right)
        weights = self.weigher.of_levels(left, right, levels)
        by_column = [np.ascontiguousarray(levels[:, number]) for number in range(levels.shape[1])]
        arrays = [left, right, weights, probability(weights), *by_column]
        return pa.RecordBatch.from_arrays([pa.array(array) for array in arrays], schema=self.schema)

    def _positions(self, batch: pa.RecordBatch, name: str) -> npt.NDArray[np.int32]:
        if name not in batch.schema.names or not pa.types.is_integer(batch.schema.field(name).type):
            held = ", ".join(f"{field.name} {field.type}" for field in batch.schema)
            msg = f"a batch of pairs needs {LEFT} and {RIGHT} (integers), this one has: {held}"
            raise InputDataError(msg)
        column = batch.column(name)
        count = self.weigher.records.count
        positions = column.cast(pa.int64()).fill_null(-1).to_numpy()
        wrong = int(np.count_nonzero((positions < 0) | (positions >= count)))
        if wrong:
            msg = (
                f"{name} of {wrong} pairs is the position of no record: valid are 0 to {count - 1}"
            )
            raise InputDataError(msg)
        return np.asarray(positions, dtype=np.int32)
