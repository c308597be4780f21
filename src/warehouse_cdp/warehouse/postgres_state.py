"""Backups of a state on PostgreSQL: the same files as on DuckDB, so that either restores both's.

A backup is the DuckDB file of ``state_files``, its manifest and checksums inside. Restoring puts
its rows into the server's tables in one transaction; the tables, their grants and what reads them
stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.warehouse import state_files
from warehouse_cdp.warehouse.file_copies import tables_of
from warehouse_cdp.warehouse.postgres_copy import copy_of
from warehouse_cdp.warehouse.profile import STATE_ALIAS
from warehouse_cdp.warehouse.state_manifest import opened

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse_cdp.warehouse.postgres import PostgresTarget
    from warehouse_cdp.warehouse.profile import Target
    from warehouse_cdp.warehouse.state_files import Backup
    from warehouse_cdp.warehouse.state_manifest import Inspection


@dataclass(frozen=True)
class RestoredServer:
    """What restoring did; ``kept`` is a backup of what was replaced, if there was anything."""

    kept: Path | None
    row_count: int
    carried_erasures: int


def verify_state(target: PostgresTarget, path: Path | None) -> Inspection:
    """Check the state of a target, or a backup.

    Raises:
        CdpError: as ``state_files.verify_state``; the server cannot be read.
    """
    with copy_of(target, ()) as copy:
        return state_files.verify_state(copy, path)


def back_up(target: PostgresTarget, out: Path | None, keep: int | None) -> Backup:
    """Write the state into a file with a manifest, and check the file.

    Args:
        target: whose state.
        out: as of ``state_files.back_up``; by default a folder in the project's.
        keep: as there.

    Raises:
        CdpError: as ``state_files.back_up``; the server cannot be read.
    """
    with copy_of(target, ()) as copy:
        if not _has_tables(copy):
            message = (
                f"{target.state_place} has no tables: run `dbt build --target {target.name}` first"
            )
            raise InputDataError(message)
        return state_files.back_up(copy, out or _folder(target), keep)


def restore(target: PostgresTarget, path: Path, *, force: bool) -> RestoredServer:
    """Put the rows of a backup in the place of the state's, of which a backup is kept.

    Erasures that the state knows and the backup does not are carried over.

    Args:
        target: whose state to replace.
        path: a backup, of this engine or of DuckDB.
        force: replace although the state has what the backup has not.

    Raises:
        CdpError: as ``state_files.restore``; the server refuses, and nothing was changed.
    """
    with copy_of(target, (), writes="state") as copy:
        done = state_files.restore(copy, path, force=force)
        kept = None
        with copy_of(target, ()) as now:  # the transaction has changed nothing yet
            if done.kept and _has_tables(now):
                kept = state_files.back_up(now, _folder(target) / done.kept.name, None).path
    return RestoredServer(kept, done.row_count, done.carried_erasures)


def _has_tables(copy: Target) -> bool:
    with opened(copy.state, STATE_ALIAS) as connection:
        return bool(tables_of(connection, STATE_ALIAS))


def _folder(target: PostgresTarget) -> Path:
    return target.project_folder / state_files.BACKUP_FOLDER
