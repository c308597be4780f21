"""The numbers of one screen: what came in, who was found, what may go out. Counts only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from warehouse_cdp.warehouse.connection import QUERY_ERRORS, in_target, use_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse_cdp.warehouse.connection import Connection
    from warehouse_cdp.warehouse.profile import AnyTarget

Part = TypeVar("Part")
Counts = tuple[tuple[str, int], ...]

_RECORDS = "select source, count(*) from {intermediate}.int_persons_unioned group by source"
_CUSTOMERS = "select count(*) from {marts}.customers"
_ASSIGNED = "select count(*) from {identity}.identity_map"
_SEGMENTS = "select segment_name, count(*) from {audiences}.segment_members group by segment_name"
_ISSUES = """
    select issue, sum(row_count)
    from {marts}.data_quality_issues
    where as_of = (select max(latest.as_of) from {marts}.data_quality_issues as latest)
    group by issue
"""
_HOLDBACKS = """
    select sync_name, holdback_reason, row_count, is_allowed
    from {activation}.activation_holdbacks
"""
_SYNCED = "select sync_name, count(*) from sync_state group by sync_name"
_LAST_STATUS = """
    select sync_name, status
    from (
        select
            sync_name,
            status,
            row_number() over (
                partition by sync_name order by started_at desc nulls last, run_id desc
            ) as run_rank
        from sync_runs
    ) as runs
    where run_rank = 1
"""


@dataclass(frozen=True)
class SyncOverview:
    """One sync: rows the destination holds, how the last run ended, what is held back and why."""

    sync_name: str
    row_count: int
    last_status: str
    held_back: Counts


@dataclass(frozen=True)
class Overview:
    """What ``cdp summary`` says. A part whose table is missing is None and named in ``missing``."""

    records_by_source: Counts | None = None
    customer_count: int | None = None
    record_count: int | None = None
    segment_sizes: Counts | None = None
    syncs: tuple[SyncOverview, ...] | None = None
    issues: Counts | None = None
    missing: dict[str, str] = field(default_factory=dict)


class OverviewReader:
    """Reads the parts; a part that cannot be read does not take the others with it."""

    def __init__(self, connection: Connection, target: AnyTarget) -> None:
        self._connection = connection
        self._target = target
        self._missing: dict[str, str] = {}

    def read(self) -> Overview:
        """Return all parts that are there."""
        return Overview(
            records_by_source=self._part("records", lambda: self._counts(_RECORDS)),
            customer_count=self._part("customers", lambda: self._count(_CUSTOMERS)),
            record_count=self._part("identity", lambda: self._count(_ASSIGNED)),
            segment_sizes=self._part("segments", lambda: self._counts(_SEGMENTS)),
            syncs=self._part("syncs", self._syncs),
            issues=self._part("issues", lambda: self._counts(_ISSUES)),
            missing=self._missing,
        )

    def _part(self, name: str, read: Callable[[], Part]) -> Part | None:
        try:
            return read()
        except QUERY_ERRORS as error:
            self._missing[name] = type(error).__name__
            return None

    def _rows(self, template: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(in_target(template, self._target)).fetchall()

    def _counts(self, template: str) -> Counts:
        return _sorted([(str(name), int(count)) for name, count in self._rows(template)])

    def _count(self, template: str) -> int:
        return int(self._rows(template)[0][0])

    def _syncs(self) -> tuple[SyncOverview, ...]:
        held_back: dict[str, list[tuple[str, int]]] = {}
        for name, reason, count, is_allowed in self._rows(_HOLDBACKS):
            reasons = held_back.setdefault(str(name), [])
            if not is_allowed:
                reasons.append((str(reason), int(count)))
        rows: dict[str, int] = {}
        statuses: dict[str, str] = {}
        if use_state(self._connection, self._target):
            rows = dict(self._counts(_SYNCED))
            statuses = dict(self._connection.execute(_LAST_STATUS).fetchall())
        return tuple(
            SyncOverview(
                name, rows.get(name, 0), statuses.get(name, "not run yet"), _sorted(reasons)
            )
            for name, reasons in sorted(held_back.items())
        )


def _sorted(counts: list[tuple[str, int]]) -> Counts:
    return tuple(sorted(counts, key=lambda item: (-item[1], item[0])))
