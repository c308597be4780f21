"""Pairs of records that somebody knows to be one person's, or two people's, read from files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.matching.cluster import components
from warehouse_cdp.resolve.files import open_source, read_columns, rows_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from warehouse_cdp.resolve.files import Source

Texts: TypeAlias = "pa.Array | pa.ChunkedArray"

LEFT: Final = "left_record_id"
RIGHT: Final = "right_record_id"
_COUNTED: Final = "(counted from 1 below the header)"


@dataclass(frozen=True)
class ToldPairs:
    """The pairs of a file: ``left`` and ``right`` are record ids, row by row.

    ``option`` is what named the file, for messages.
    """

    option: str
    path: Path
    left: pa.Array
    right: pa.Array

    def pairs(self) -> list[tuple[str, str]]:
        """All pairs in the file's order."""
        return list(zip(self.left.to_pylist(), self.right.to_pylist(), strict=True))

    def refuse(self, what: str, wrong: npt.NDArray[np.bool_]) -> None:
        """Say what is wrong with those rows, if there are any.

        Raises:
            InputDataError: there are.
        """
        if wrong.any():
            where = rows_text((np.flatnonzero(wrong) + 1).tolist())
            message = f"{self.option} {self.path}: {what}: {where} {_COUNTED}"
            raise InputDataError(message)


def read_told(path: Path, option: str) -> ToldPairs:
    """Read ``left_record_id, right_record_id`` of a CSV or Parquet file; other columns are left.

    A file of links, as ``cdp resolve --links`` writes it, is one.

    Raises:
        InputDataError: the file cannot be read, lacks a column, or a row lacks an id.
    """
    source = open_source(path)
    read = read_columns(source, dict(zip((LEFT, RIGHT), _columns(source, option), strict=True)))
    left, right = (read.columns.column(name).combine_chunks() for name in (LEFT, RIGHT))
    told = ToldPairs(option, path, left, right)
    told.refuse("a record id is missing", _either_null(left, right))
    return told


def _columns(source: Source, option: str) -> Iterator[str]:
    """The file's own names of the two columns, whatever their capitals and blanks around."""
    held = {name.strip().lower(): name for name in source.header}
    absent = [name for name in (LEFT, RIGHT) if name not in held]
    if absent:
        message = (
            f"{option} {source.path} has no column {' and no '.join(absent)}: "
            f"it must hold {LEFT} and {RIGHT}, a pair in each row"
        )
        raise InputDataError(message)
    return (held[name] for name in (LEFT, RIGHT))


def check_told(must: ToldPairs | None, cannot: ToldPairs | None, ids: Texts) -> None:
    """Check pairs against the ids of the records at hand, before any work is done.

    Raises:
        InputDataError: a record is not there or paired with itself, or a pair cannot be one
            person's that others make one's.
    """
    ends = [_positions(told, ids) for told in (must, cannot) if told is not None]
    if must is None or cannot is None:
        return
    groups = components(len(ids), *ends[0])
    what = f"by {must.option} {must.path} these pairs are one person's"
    cannot.refuse(what, groups[ends[1][0]] == groups[ends[1][1]])


def _positions(told: ToldPairs, ids: Texts) -> list[npt.NDArray[np.int32]]:
    """The records of each pair among ``ids``: left ones, right ones."""
    found = [pc.index_in(end, value_set=ids) for end in (told.left, told.right)]
    told.refuse("no record has such a record_id", _either_null(*found))
    left, right = (positions.to_numpy() for positions in found)
    told.refuse("a record is paired with itself", left == right)
    return [left, right]


def _either_null(left: pa.Array, right: pa.Array) -> npt.NDArray[np.bool_]:
    either = pc.or_(left.is_null(), right.is_null())
    return np.asarray(either.to_numpy(zero_copy_only=False), dtype=np.bool_)


def pairs_of(told: ToldPairs | None) -> Sequence[tuple[str, str]]:
    """The pairs of a file, none of none."""
    return () if told is None else told.pairs()
