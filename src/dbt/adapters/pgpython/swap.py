"""One relation takes the place of another, and the views on it read the new one.

dbt-postgres ends with ``drop … cascade``, which takes every view on the old relation along. Here
all is one transaction: the views are locked first and the relation after them, in the order in
which readers lock them, so that neither waits for the other for ever.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_common.exceptions import DbtRuntimeError
from psycopg2 import errors as pg

from dbt.adapters.pgpython.dependents import (
    KEYWORDS,
    View,
    create_statements,
    dependent_views,
    direct_views,
    foreign_keys,
    replace_statements,
)
from dbt.adapters.pgpython.types import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, named as a module

# Below the server's deadlock_timeout (1 s): in a deadlock with a reader it is we who give way.
_GENTLE_LOCK_MS = 400
# A reader that hardly ever lets go of one view and then wants another would make us give way for
# ever: from here on the server decides, which may cancel that reader's transaction.
_GENTLE_S = 60.0
_FIRM_LOCK_MS = 30_000
_LOCK_WAIT_S = 600.0
_LOCK_PAUSE_S = 0.1
_UNREPLACEABLE = (
    pg.InvalidTableDefinition, pg.UndefinedColumn, pg.UndefinedFunction, pg.DatatypeMismatch,
    pg.WrongObjectType, pg.AmbiguousColumn, pg.GroupingError, pg.InvalidColumnReference,
    pg.CannotCoerce, pg.DependentObjectsStillExist, pg.FeatureNotSupported, pg.UndefinedTable,
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """The relation that is replaced or changed.

    Attributes:
        schema: where it lies.
        identifier: its name.
        keyword: ``table``, ``view`` or ``materialized view``.
        rebuilt: schema and name of what this project builds: a view of it that cannot read the new
            columns is dropped, as its own model makes it anew.
    """

    schema: str
    identifier: str
    keyword: str
    rebuilt: frozenset[tuple[str, str]]

    @property
    def name(self) -> str:
        """Quoted for SQL."""
        return quoted(self.schema, self.identifier)

    @property
    def said(self) -> str:
        """As a message names it."""
        return f"{self.schema}.{self.identifier}"


def swap(
    cursor: Cursor,
    target: Target,
    new: tuple[str, str],
    backup: str,
    warn: Callable[[str], None],
) -> list[tuple[str, str]]:
    """Put a new relation in the place of a target, inside the cursor's transaction.

    Args:
        cursor: of psycopg2.
        target: what is replaced, and dropped.
        new: name and keyword of the new relation, which lies in the same schema.
        backup: name that the old one bears until it is dropped.
        warn: takes a sentence about a view that had to be dropped.

    Returns:
        Schema and name of each view that was dropped.

    Raises:
        DbtRuntimeError: a view of somebody else cannot read the new relation, or a reader held
            one of the relations longer than ten minutes.
    """
    new_name, new_keyword = new
    new_place = quoted(target.schema, new_name)

    def work() -> list[tuple[str, str]]:
        views = _locked_views(cursor, target)
        keys = foreign_keys(cursor, target.schema, target.identifier)
        for key in keys:
            cursor.execute(key.drop)
        cursor.execute(f"alter {target.keyword} {target.name} rename to {quoted(backup)}")
        cursor.execute(f"alter {new_keyword} {new_place} rename to {quoted(target.identifier)}")
        gone = _rebind(cursor, target, views, warn)
        for key in keys:
            cursor.execute(key.add)
        _drop(cursor, target, backup)
        return gone

    return _gently(cursor, target, work)


def _drop(cursor: Cursor, target: Target, backup: str) -> None:
    try:
        cursor.execute(f"drop {target.keyword} {quoted(target.schema, backup)}")
    except pg.DependentObjectsStillExist as error:
        others = (error.diag.message_detail or "").replace(backup, target.identifier)
        message = (
            f"{target.said} cannot be replaced, it is as it was: {others}. Drop what"
            " depends on it, and make it again after the build"
        )
        raise DbtRuntimeError(message) from error


def _gently(
    cursor: Cursor, target: Target, work: Callable[[], list[tuple[str, str]]]
) -> list[tuple[str, str]]:
    """Do work that locks much, all or nothing, and give way while somebody reads."""
    began = time.monotonic()
    # Two swaps that wait for each other must not give way and come back at the same time.
    pause = _LOCK_PAUSE_S * (1 + cursor.connection.info.backend_pid % 7 / 7)
    with (
        _setting(cursor, "search_path", ""),  # so that definitions name schemas
        _setting(cursor, "lock_timeout", f"{_GENTLE_LOCK_MS}ms"),
    ):
        while True:
            waited = time.monotonic() - began
            if waited > _GENTLE_S:
                cursor.execute(f"set local lock_timeout = {_FIRM_LOCK_MS}")
            cursor.execute("savepoint pgpython_work")
            try:
                return work()
            except (pg.LockNotAvailable, pg.DeadlockDetected) as error:
                # Locks taken since the savepoint go with it.
                cursor.execute("rollback to savepoint pgpython_work")
                if waited > _LOCK_WAIT_S:
                    message = (
                        f"{target.said} or a view on it was read without a break for"
                        f" {_LOCK_WAIT_S:.0f} s; it is as it was. pg_locks says who reads it"
                    )
                    raise DbtRuntimeError(message) from error
                time.sleep(pause)
            except pg.InsufficientPrivilege as error:
                message = (
                    f"{target.said} cannot be replaced, it is as it was: a view on it"
                    " belongs to a role that the builder is no member of"
                    f" ({error.diag.message_primary}). Grant that role to the builder, or drop"
                    " the view"
                )
                raise DbtRuntimeError(message) from error


def _locked_views(cursor: Cursor, target: Target) -> list[View]:
    """The views on a relation, locked as readers lock them: the outermost first, it itself last.

    Their definitions are read only then: that locks, if only against changes, all they read.
    """
    for name, keyword, owner in direct_views(cursor, target.schema, target.identifier):
        # Changes nothing, and locks this view alone: `lock table` would lock all that it reads.
        cursor.execute(f"alter {keyword} {name} owner to {owner}")
    _lock_one(cursor, target)
    return dependent_views(cursor, target.schema, target.identifier)


def _lock_one(cursor: Cursor, target: Target) -> None:
    if target.keyword == KEYWORDS["r"]:
        cursor.execute(f"lock table only {target.name} in access exclusive mode")
    else:
        cursor.execute(f"alter {target.keyword} {target.name} owner to current_user")


def alter(
    cursor: Cursor, target: Target, statements: Sequence[str], warn: Callable[[str], None]
) -> list[tuple[str, str]]:
    """Change a table's columns, whatever views read them, inside the cursor's transaction.

    Args:
        cursor: of psycopg2.
        target: the table.
        statements: the changes.
        warn: takes a sentence about a view that had to be dropped.

    Returns:
        Schema and name of each view that was dropped.

    Raises:
        DbtRuntimeError: as ``swap``.
    """

    def work() -> list[tuple[str, str]]:
        if _attempt(cursor, statements):
            return []
        views = _locked_views(cursor, target)
        for view in reversed(views):
            cursor.execute(f"drop {view.keyword} {view.name}")
        for statement in statements:
            cursor.execute(statement)
        return _make_again(cursor, target, views, warn)

    return _gently(cursor, target, work)


def _rebind(
    cursor: Cursor, target: Target, views: Sequence[View], warn: Callable[[str], None]
) -> list[tuple[str, str]]:
    """Let the views read the new relation: in place if its columns allow it, else made anew."""
    stuck: set[int] = set()
    for view in views:
        if view.is_direct and not _attempt(cursor, replace_statements(view)):
            stuck.add(view.oid)
    for view in views:  # innermost first: what stands on a stuck view is stuck too
        if stuck & set(view.reads):
            stuck.add(view.oid)
    again = [view for view in views if view.oid in stuck]
    for view in reversed(again):
        cursor.execute(f"drop {view.keyword} {view.name}")
    return _make_again(cursor, target, again, warn)


def _make_again(
    cursor: Cursor, target: Target, views: Sequence[View], warn: Callable[[str], None]
) -> list[tuple[str, str]]:
    """Make views that were dropped, innermost first; which of them can no longer be."""
    gone = []
    for view in views:
        if _attempt(cursor, create_statements(view)):
            continue
        if (view.schema, view.identifier) not in target.rebuilt:
            message = (
                f"{target.said} cannot be replaced, it is as it was: the view"
                f" {view.schema}.{view.identifier}, which no model of this project makes, cannot"
                " read its new columns. Change or drop that view"
            )
            raise DbtRuntimeError(message)
        warn(
            f"{view.schema}.{view.identifier} cannot read the new columns of"
            f" {target.said}: it is gone until its own model is built"
        )
        gone.append((view.schema, view.identifier))
    return gone


def _attempt(cursor: Cursor, statements: Sequence[str]) -> bool:
    """Run statements, all or none; whether columns and views went together."""
    if not statements:
        return False
    cursor.execute("savepoint pgpython_view")
    try:
        for statement in statements:
            cursor.execute(statement)
    except _UNREPLACEABLE:
        cursor.execute("rollback to savepoint pgpython_view")
        return False
    cursor.execute("release savepoint pgpython_view")
    return True


@contextmanager
def _setting(cursor: Cursor, name: str, value: str) -> Iterator[None]:
    """A setting for a part of the transaction; a rollback resets it anyway."""
    cursor.execute("select current_setting(%s)", [name])
    before = cursor.fetchone()[0]
    cursor.execute("select set_config(%s, %s, true)", [name, value])
    yield
    cursor.execute("select set_config(%s, %s, true)", [name, before])
