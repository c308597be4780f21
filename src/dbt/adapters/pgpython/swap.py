"""One relation takes the place of another, and the views on it read the new one.

dbt-postgres ends with ``drop … cascade``, which takes every view on the old relation along. Here
all is one transaction: the views are locked first and the relation after them, in the order in
which readers lock them, so that neither waits for the other for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_common.exceptions import DbtRuntimeError
from psycopg2 import errors as pg

from dbt.adapters.pgpython.dependents import (
    KEYWORDS,
    View,
    create_statements,
    foreign_keys,
    in_place_statements,
    replace_statements,
)
from dbt.adapters.pgpython.locking import Target, gently, locked_views
from dbt.adapters.pgpython.types import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, named as a module

_UNREPLACEABLE = (
    pg.InvalidTableDefinition, pg.UndefinedColumn, pg.UndefinedFunction, pg.DatatypeMismatch,
    pg.WrongObjectType, pg.AmbiguousColumn, pg.GroupingError, pg.InvalidColumnReference,
    pg.CannotCoerce, pg.DependentObjectsStillExist, pg.FeatureNotSupported, pg.UndefinedTable,
)  # fmt: skip


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

    def work(urgent: list[str]) -> list[tuple[str, str]]:
        if target.keyword == new_keyword == KEYWORDS["v"] and _attempt(
            cursor, in_place_statements(cursor, target.schema, target.identifier, new_name)
        ):
            return []
        views = locked_views(cursor, target, urgent)
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

    return gently(cursor, target, work)


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

    def work(urgent: list[str]) -> list[tuple[str, str]]:
        if _attempt(cursor, statements):
            return []
        views = locked_views(cursor, target, urgent)
        for view in reversed(views):
            cursor.execute(f"drop {view.keyword} {view.name}")
        for statement in statements:
            cursor.execute(statement)
        return _make_again(cursor, target, views, warn)

    return gently(cursor, target, work)


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
