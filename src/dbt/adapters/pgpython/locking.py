"""Locks that a swap needs, taken without stopping anybody who reads.

Nothing here waits long enough for the server to look for a deadlock: it is we who give way.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbt_common.exceptions import DbtRuntimeError
from psycopg2 import errors as pg

from dbt.adapters.pgpython.dependents import KEYWORDS, View, dependent_views, direct_views
from dbt.adapters.pgpython.types import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a class, named as a module

# Below the server's deadlock_timeout (1 s).
_GENTLE_LOCK_MS = 400
# A reader that hardly ever lets go of one view and then wants another could make us give way for
# ever: from here on the server decides, which may cancel that reader's transaction.
_GENTLE_S = 60.0
_FIRM_LOCK_MS = 30_000
_LOCK_WAIT_S = 600.0
_PAUSE_S = 0.1


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


def gently(
    cursor: Cursor, target: Target, work: Callable[[list[str]], list[tuple[str, str]]]
) -> list[tuple[str, str]]:
    """Do work that locks much, all or nothing; while somebody reads, give way and try again.

    Args:
        cursor: of psycopg2, in a transaction.
        target: what is changed.
        work: takes what ``locked_views`` keeps between tries.

    Raises:
        DbtRuntimeError: somebody read for ten minutes, or the builder may not change a view.
    """
    began = time.monotonic()
    # Two swaps that wait for each other must not give way and come back at the same time.
    pause = _PAUSE_S * (1 + cursor.connection.info.backend_pid % 7 / 7)
    urgent: list[str] = []
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
                return work(urgent)
            except (pg.LockNotAvailable, pg.DeadlockDetected, pg.InternalError_) as error:
                # The catalog named a relation that another swap dropped before it was looked at.
                is_gone = "could not open relation with OID" in str(error)
                if isinstance(error, pg.InternalError_) and not is_gone:
                    raise
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
                    f"{target.said} cannot be replaced, it is as it was: a view on it belongs to a"
                    f" role that the builder is no member of ({error.diag.message_primary})."
                    " Grant that role to the builder, or drop the view"
                )
                raise DbtRuntimeError(message) from error


def locked_views(cursor: Cursor, target: Target, urgent: list[str]) -> list[View]:
    """The views on a relation, locked as readers lock them: the outermost first, it itself last.

    Their definitions are read only then: that locks, if only against changes, all they read.

    Args:
        cursor: of psycopg2.
        target: the relation.
        urgent: gets the lock that could not be had, which is the first to be tried next time.
    """
    views = direct_views(cursor, target.schema, target.identifier)
    # Changes nothing, and locks this view alone: `lock table` would lock all that it reads.
    locks = [f"alter {keyword} {name} owner to {owner}" for name, keyword, owner in views]
    if target.keyword == KEYWORDS["r"]:
        locks.append(f"lock table only {target.name} in access exclusive mode")
    else:
        locks.append(f"alter {target.keyword} {target.name} owner to current_user")
    for lock in sorted(locks, key=lambda one: one not in urgent):
        try:
            cursor.execute(lock)
        except pg.LockNotAvailable:
            urgent[:] = [lock]
            raise
    return dependent_views(cursor, target.schema, target.identifier)


@contextmanager
def _setting(cursor: Cursor, name: str, value: str) -> Iterator[None]:
    """A setting for a part of the transaction; a rollback resets it anyway."""
    cursor.execute("select current_setting(%s)", [name])
    before = cursor.fetchone()[0]
    cursor.execute("select set_config(%s, %s, true)", [name, value])
    yield
    cursor.execute("select set_config(%s, %s, true)", [name, before])
