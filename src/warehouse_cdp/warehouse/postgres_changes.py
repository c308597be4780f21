"""What a command changed in a copy of a PostgreSQL target, written to the server.

A row of the copy carries the place of its original: rows that are gone are deleted, rows that
differ are updated where they differ, rows without a place are new. Nobody else's row is touched.
All of it is one transaction, which has locked the tables against writers since before the copy
was read, so that the places still hold.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg2

from dbt.adapters.pgpython.types import sent_column
from warehouse_cdp.errors import InputDataError, WarehouseBusyError
from warehouse_cdp.warehouse.connection import attach_file, quoted
from warehouse_cdp.warehouse.file_copies import tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from warehouse_cdp.warehouse.file_copies import Table
    from warehouse_cdp.warehouse.postgres import PostgresConnection, PostgresTarget
    from warehouse_cdp.warehouse.profile import Target

PLACE = "tableoid::bigint::text || ' ' || ctid::text as cdp_place"
"""Where a row is: its table, which of a partitioned one is a partition, and its place in it."""
_PLACE = "cdp_place"
_LOCK_WAIT = "30s"
_BEFORE, _AFTER = "cdp_before", "cdp_after"


def keep_others_out(
    server: PostgresConnection, target: PostgresTarget, tables: Sequence[Table]
) -> None:
    """Lock tables against writers until the transaction ends; readers go on.

    Raises:
        WarehouseBusyError: somebody else writes one of them, for half a minute.
        InputDataError: the role may not write one of them.
    """
    if not tables:
        return
    names = ", ".join(quoted(*table) for table in tables)
    with _told(target):
        server.execute(f"set local lock_timeout = '{_LOCK_WAIT}'")
        server.execute(f"lock table {names} in share row exclusive mode")


def carry_over(
    server: PostgresConnection,
    target: PostgresTarget,
    before: Target,
    after: Target,
    *,
    state_only: bool,
) -> list[Table]:
    """Write to the server what is different in a copy; return the tables that were changed.

    Args:
        server: in the transaction that locked the tables.
        target: the server's.
        before: the copy as it was read.
        after: the copy as the command left it. A table of the state whose rows have no places
            came from elsewhere, from a backup: it replaces what is there.
        state_only: whether nothing but the state can have changed.

    Raises:
        InputDataError: the server refuses; nothing is changed.
    """
    changed = []
    with duckdb.connect() as session, _told(target):
        session.execute("set TimeZone = 'UTC'")
        sides = {_BEFORE: before, _AFTER: after}
        for part in ("state",) if state_only else ("state", "warehouse"):
            for alias, copy in sides.items():
                attach_file(session, getattr(copy, part), alias, read_only=True)
            there = tables_of(session, _BEFORE)
            for table, columns in sorted(tables_of(session, _AFTER).items()):
                place = _on_server(target, after, table) if part == "state" else table
                writer = _TableWriter(session, server, table, place, columns)
                if table not in there:
                    is_changed = writer.make()
                elif _PLACE in columns:
                    is_changed = writer.change()
                else:
                    is_changed = _PLACE in there[table] and writer.replace()
                changed += [place] if is_changed else []
            for table in sorted(set(there) - set(tables_of(session, _AFTER))):
                place = _on_server(target, after, table)
                server.execute(f"delete from {quoted(*place)}")  # noqa: S608 - names, quoted
                changed.append(place)
            for alias in sides:
                session.execute(f"detach {alias}")
    return changed


def clear_away(server: PostgresConnection, tables: Sequence[Table]) -> None:
    """Write tables anew, so that no byte of a deleted row is left in their files.

    A table that the role does not own the server leaves as it is, for its own vacuum.
    """
    for table in tables:
        server.execute(f"vacuum (full) {quoted(*table)}")


def _on_server(target: PostgresTarget, copy: Target, table: Table) -> Table:
    return (target.state_schema if table[0] == copy.state_schema else table[0], table[1])


class _TableWriter:
    """Brings one table of the server in line with its copy."""

    def __init__(
        self,
        session: duckdb.DuckDBPyConnection,
        server: PostgresConnection,
        table: Table,
        place: Table,
        columns: Sequence[str],
    ) -> None:
        self._session = session
        self._server = server
        self._before, self._after = (quoted(side, *table) for side in (_BEFORE, _AFTER))
        self._place = place
        self._name = quoted(*place)
        self._columns = [column for column in columns if column != _PLACE]

    # Names from the catalog, quoted, in all that follows: no value ever stands in these texts.
    def change(self) -> bool:
        """Delete, update and add what differs."""
        gone = self._fetch(
            f"select {_PLACE} from {self._before} anti join {self._after} using ({_PLACE})"  # noqa: S608
        )
        for table, tids in _by_table(place for (place,) in gone).items():
            self._server.execute(
                f"delete from {self._name} where ctid = any($1::tid[]) and tableoid = $2",  # noqa: S608
                [tids, table],
            )
        updated = self._update()
        added = self._append(f"from {self._after} where {_PLACE} is null")
        return bool(gone) or updated or added

    def replace(self) -> bool:
        """Put the copy's rows in the place of all that are there."""
        self._server.execute(f"delete from {self._name}")  # noqa: S608
        self._append(f"from {self._after}")
        return True

    def make(self) -> bool:
        """Make the table, which the server does not have."""
        described = self._fetch(f"describe {self._after}")
        columns = [sent_column(name, kind) for name, kind, *_ in described if name != _PLACE]
        declared = ", ".join(column.definition() for column in columns)
        self._server.execute(f"create schema if not exists {quoted(self._place[0])}")
        self._server.execute(f"create table if not exists {self._name} ({declared})")
        self._append(f"from {self._after}")
        return True

    def _update(self) -> bool:
        differs = [
            f"(new.{quoted(column)} is distinct from old.{quoted(column)})"
            for column in self._columns
        ]
        joined = f"from {self._after} as new inner join {self._before} as old using ({_PLACE})"
        if not differs:
            return False
        flags = ", ".join(f"coalesce(bool_or({one}), false)" for one in differs)
        (is_other,) = self._fetch(f"select {flags} {joined}")
        columns = [name for name, flag in zip(self._columns, is_other, strict=True) if flag]
        if not columns:
            return False
        values = ", ".join(f"new.{quoted(column)}" for column in columns)
        rows = self._fetch(f"select {_PLACE}, {values} {joined} where {' or '.join(differs)}")
        setting = ", ".join(f"{quoted(name)} = ${n}" for n, name in enumerate(columns, 3))
        for place, *row in rows:
            table, _, tid = place.partition(" ")
            self._server.execute(
                f"update {self._name} set {setting} where ctid = $1::tid and tableoid = $2",  # noqa: S608
                [tid, int(table), *row],
            )
        return True

    def _append(self, source: str) -> bool:
        names = ", ".join(quoted(column) for column in self._columns)
        with tempfile.TemporaryDirectory(prefix="cdp-rows-") as folder:
            path = Path(folder) / "rows.csv"
            self._session.execute(
                f"copy (select {names} {source}) to '{path}' "
                "(format csv, header false, force_quote *, nullstr '')"
            )
            if not path.stat().st_size:
                return False
            self._server.load_csv(f"{self._name} ({names})", path)
        return True

    def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        return self._session.execute(sql).fetchall()


def _by_table(places: Iterator[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for place in places:
        table, _, tid = place.partition(" ")
        found.setdefault(int(table), []).append(tid)
    return found


@contextmanager
def _told(target: PostgresTarget) -> Iterator[None]:
    """Errors of the server in words that help; they name tables, never a value."""
    try:
        yield
    except psycopg2.errors.LockNotAvailable:
        message = (
            f"{target.place} is being written by somebody else (a dbt run, a sync): wait for it, "
            "then run the same command again. Nothing was changed"
        )
        raise WarehouseBusyError(message) from None
    except psycopg2.errors.InsufficientPrivilege as error:
        message = (
            f"{target.place}: {error.diag.message_primary}; run the command as the role that "
            "builds. Nothing was changed"
        )
        raise InputDataError(message) from None
    except psycopg2.Error as error:
        message = (
            f"{target.place} could not be written ({type(error).__name__}); nothing was changed"
        )
        raise InputDataError(message) from None
