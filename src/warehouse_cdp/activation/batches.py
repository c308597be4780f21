"""Turning rows of the plan into the batches of a destination.

A batch is of one lane, and of one way of leaving where rows are taken away; it holds no more rows
and bytes than the destination takes, and rows in the order of the plan: a run that is repeated
makes the same batches.
"""

from __future__ import annotations

import json
from itertools import groupby, islice
from operator import attrgetter
from typing import TYPE_CHECKING

from warehouse_cdp.activation.keys import batch_key
from warehouse_cdp.activation.protocol import REMOVE, Batch, Row
from warehouse_cdp.activation.values import split_key, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from warehouse_cdp.activation.config import SyncConfig
    from warehouse_cdp.activation.delivery import PlannedRow, RunContext
    from warehouse_cdp.activation.protocol import Value

_ROW_OVERHEAD = 64
"""Bytes that a row takes in a request beside its values: brackets, ids, an operation."""


def row_of(planned: PlannedRow, config: SyncConfig, context: RunContext) -> Row:
    """The row as the destination gets it.

    A customer whom the destination knows by an older id is sent under that id.
    """
    values: dict[str, Value] = {}
    if planned.operation != REMOVE:
        values = _contents(planned, config, context)
    elif planned.on_leave == "clear_fields":
        values = dict.fromkeys(config.targets)
    if planned.operation == REMOVE or planned.destination_key != planned.key:
        values |= zip(config.key_targets, split_key(planned.destination_key), strict=True)
    return Row(
        key=planned.key,
        operation=planned.operation,
        reason=planned.reason,
        idempotency_key=planned.idempotency_key,
        values=values,
        destination_id=planned.destination_id,
        remembered=context.vault.unseal(planned.remembered) if planned.remembered else None,
        on_leave=planned.on_leave,
        number=planned.number,
    )


def batches_of(
    rows: Iterable[Row], run_id: str, config: SyncConfig, secret: str, numbers: Iterator[int]
) -> Iterator[Batch]:
    """Cut rows into batches."""
    for on_leave, group in groupby(rows, key=attrgetter("on_leave")):  # only removals have one
        for part in _cut(group, config):
            yield Batch(
                run_id=run_id,
                number=next(numbers),
                lane="write" if on_leave is None else "remove",
                mode=config.mode,
                idempotency_key=batch_key(secret, (row.idempotency_key for row in part)),
                rows=tuple(part),
            )


def _contents(planned: PlannedRow, config: SyncConfig, context: RunContext) -> dict[str, Value]:
    if config.is_sent_as_it_is:
        return dict(zip(config.targets, planned.cells, strict=True))
    values: dict[str, Value] = {}
    for column, cell in zip(config.columns, planned.cells, strict=True):
        if column.transform is None or cell is None:
            values[column.target] = cell
        else:
            values[column.target] = context.transforms[column.transform](to_text(cell) or "")
    return values


def _cut(rows: Iterator[Row], config: SyncConfig) -> Iterator[Sequence[Row]]:
    part: list[Row] = []
    if not config.batch_bytes:
        while part := list(islice(rows, config.batch_rows)):
            yield part
        return
    size = 0
    for row in rows:
        row_size = _bytes_of(row.values)
        is_full = len(part) >= config.batch_rows or size + row_size > config.batch_bytes
        if part and is_full:
            yield part
            part, size = [], 0
        part.append(row)
        size += row_size
    if part:
        yield part


def _bytes_of(values: Mapping[str, Value]) -> int:
    return _ROW_OVERHEAD + len(json.dumps(dict(values), default=str))
