"""Copies of the state file: taking them, and putting one in its place.

Every file is written beside its place and takes its name when it is complete and on disk; a crash
at any moment leaves the old one.
"""

from __future__ import annotations

import contextlib
import os
import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from warehouse_cdp.destinations.atomic import PRIVATE_FILE, replaced_file
from warehouse_cdp.errors import (
    ConfigurationError,
    DestinationError,
    InputDataError,
    StateRefusedError,
)
from warehouse_cdp.warehouse.connection import attach_file, quoted
from warehouse_cdp.warehouse.state_checks import VERSION_CHECK
from warehouse_cdp.warehouse.state_losses import carry_erasures, losses
from warehouse_cdp.warehouse.state_manifest import (
    MANIFEST_SCHEMA,
    Inspection,
    inspect_state,
    new_manifest,
    prints_of,
    write_manifest,
)
from warehouse_cdp.warehouse.state_schema import known_migrations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warehouse_cdp.warehouse.profile import Target

BACKUP_FOLDER = "state_backups"
_SUFFIX = ".duckdb"
_ORIGIN, _COPY, _CURRENT = "cdp_origin", "cdp_copy", "cdp_current"


@dataclass(frozen=True)
class Backup:
    """A backup that was taken: what is in it, what it found, which older ones were deleted."""

    inspection: Inspection
    deleted: tuple[Path, ...]

    @property
    def path(self) -> Path:
        """The file."""
        return self.inspection.path


@dataclass(frozen=True)
class Restored:
    """What restoring did; ``kept`` is the state that was replaced, if there was one."""

    state: Path
    kept: Path | None
    row_count: int
    carried_erasures: int


def verify_state(target: Target, path: Path | None = None) -> Inspection:
    """Check the state of a target, or another file or backup of it.

    Raises:
        InputDataError: there is no such file.
        WarehouseBusyError: another process writes it.
        ConfigurationError: the project's list of migrations cannot be read.
    """
    return inspect_state(
        path or target.state, target.state_schema, known_migrations(target.project_folder)
    )


def back_up(target: Target, out: Path | None, keep: int | None) -> Backup:
    """Copy the state into a file with a manifest, and check the copy.

    Args:
        target: whose state.
        out: a file ending in ``.duckdb``, which may be an older backup, or a folder, where the
            name tells the time (UTC); by default a folder beside the state.
        keep: how many backups to leave in the folder, the newest; none are deleted if the copy
            does not pass every check.

    Raises:
        ConfigurationError: ``out`` is no place for a backup, or ``keep`` goes with a file.
        InputDataError: there is no state, or it cannot be read.
        WarehouseBusyError: another process writes the state.
        DestinationError: the backup could not be written; an older one is as it was.
    """
    if not target.state.exists():
        message = f"{target.state} does not exist: run `dbt build --target {target.name}` first"
        raise InputDataError(message)
    made_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    path = _place(target, out, keep, made_at)
    with _attached(target.state, _ORIGIN, read_only=True) as connection:
        try:
            prints = prints_of(connection, _ORIGIN)
        except duckdb.Error as error:
            message = f"{target.state} is damaged ({type(error).__name__}): see `cdp state verify`"
            raise InputDataError(message) from None
        manifest = new_manifest(connection, _ORIGIN, target.state_schema, made_at)
        try:
            with replaced_file(path) as part, _written(connection, part):
                connection.execute(f"copy from database {_ORIGIN} to {_COPY}")
                write_manifest(connection, _COPY, manifest, prints)
        except (OSError, duckdb.Error) as error:
            message = f"cannot write {path} ({type(error).__name__}); an older file is as it was"
            raise DestinationError(message) from None
    inspection = verify_state(target, path)
    surplus: list[Path] = []
    if keep is not None and not inspection.failed:
        surplus = _backups_in(path.parent, target)[:-keep]
        for old in surplus:
            old.unlink()
    return Backup(inspection, tuple(surplus))


def restore(target: Target, path: Path, *, force: bool) -> Restored:
    """Put a backup in the place of the state, which is kept beside it.

    Erasures that the replaced state knows and the backup does not are carried over, so that no
    erased person comes back.

    Args:
        target: whose state to replace.
        path: a backup, or a copy of a state file.
        force: replace although the state has what the backup has not, or cannot be read.

    Raises:
        ConfigurationError: the backup is the state itself.
        InputDataError: there is no backup, or it does not pass every check.
        StateRefusedError: a newer version wrote the backup, or something would be lost.
        WarehouseBusyError: another process uses the state.
        DestinationError: the state could not be written; it is as it was.
    """
    state = target.state
    if path.exists() and state.exists() and path.samefile(state):
        message = f"{path} is the state itself: name a backup of it"
        raise ConfigurationError(message)
    _refuse_unsound(verify_state(target, path))
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    kept = _free_name(state.with_name(f"{state.stem}.before-restore-{stamp}{_SUFFIX}"))
    try:
        with _attached(path, _ORIGIN, read_only=True) as connection, ExitStack() as stack:
            has_current = _hold_current(connection, target, stack, force=force)
            mode = state.stat().st_mode & 0o777 if state.exists() else PRIVATE_FILE
            with replaced_file(state, mode) as part:
                with _written(connection, part):
                    row_count, carried = _fill(connection, has_current=has_current)
                if state.exists():
                    _keep(state, kept, has_current=has_current)
    except (OSError, duckdb.Error) as error:
        message = f"cannot replace {state} ({type(error).__name__}); it is as it was"
        raise DestinationError(message) from None
    return Restored(state, kept if kept.exists() else None, row_count, carried)


def _refuse_unsound(inspection: Inspection) -> None:
    failed = inspection.failed
    if not failed:
        return
    checks = "; ".join(f"{one.check}: {one.detail}" for one in failed)
    message = f"{inspection.path} fails verification and was not restored: {checks}"
    if any(one.check == VERSION_CHECK for one in failed):
        raise StateRefusedError(message)
    raise InputDataError(message)


def _hold_current(
    connection: duckdb.DuckDBPyConnection, target: Target, stack: ExitStack, *, force: bool
) -> bool:
    """Lock the state while it is replaced; false when there is none that can be read."""
    if not target.state.exists():
        return False
    try:
        attach_file(connection, target.state, _CURRENT, read_only=False)
        stack.callback(connection.execute, f"detach {_CURRENT}")
        lost = losses(connection, _CURRENT, _ORIGIN)
        connection.execute(f"checkpoint {_CURRENT}")  # no log may outlive the file it belongs to
    except (InputDataError, duckdb.Error):
        if force:
            return False
        message = (
            f"{target.state_place} cannot be read, so what would be lost cannot be told. To put it "
            "aside and restore all the same, add --force"
        )
        raise StateRefusedError(message) from None
    if lost and not force:
        message = (
            f"{target.state_place} knows what the backup does not: {'; '.join(lost)}. Nothing was "
            "restored. To go back all the same, add --force; the state now is kept beside"
        )
        raise StateRefusedError(message)
    return True


def _fill(connection: duckdb.DuckDBPyConnection, *, has_current: bool) -> tuple[int, int]:
    connection.execute(f"copy from database {_ORIGIN} to {_COPY}")
    connection.execute(f"drop schema if exists {quoted(_COPY, MANIFEST_SCHEMA)} cascade")
    carried = carry_erasures(connection, _CURRENT, _COPY) if has_current else 0
    return sum(one.row_count for one in prints_of(connection, _COPY)), carried


def _keep(state: Path, kept: Path, *, has_current: bool) -> None:
    """Give the old state a second name; it loses its own when the new one takes that."""
    os.link(state, kept)
    log = state.with_name(state.name + ".wal")
    if not has_current and log.exists():
        log.rename(kept.with_name(kept.name + ".wal"))


def _place(target: Target, out: Path | None, keep: int | None, made_at: datetime) -> Path:
    if keep is not None and keep < 1:
        message = f"--keep {keep}: at least 1 backup is kept"
        raise ConfigurationError(message)
    folder = out or target.state.parent / BACKUP_FOLDER
    if folder.suffix != _SUFFIX or folder.is_dir():
        name = f"{target.state.stem}-{made_at:%Y%m%dT%H%M%SZ}{_SUFFIX}"
        return _free_name(folder.resolve() / name)
    if keep is not None:
        message = f"--keep counts backups in a folder, and --out {out} is a file: name a folder"
        raise ConfigurationError(message)
    path = folder.resolve()
    own = {target.warehouse, *target.attachments.values()}
    if path in own or (path.exists() and not _is_backup(path)):
        message = f"--out {out}: the file is no backup and is not overwritten; name another"
        raise ConfigurationError(message)
    return path


def _free_name(path: Path) -> Path:
    """The path, or with a number where two were made in one second."""
    names = (path, *(path.with_stem(f"{path.stem}-{number}") for number in range(2, 1000)))
    return next(name for name in names if not name.exists())


def _is_backup(path: Path) -> bool:
    try:
        with _attached(path, _ORIGIN, read_only=True) as connection:
            return bool(
                connection.execute(
                    "from duckdb_schemas() where database_name = $1 and schema_name = $2",
                    [_ORIGIN, MANIFEST_SCHEMA],
                ).fetchall()
            )
    except (InputDataError, duckdb.Error):
        return False


def _backups_in(folder: Path, target: Target) -> list[Path]:
    """Backups of this state that were given a name by us, the oldest first."""
    pattern = re.compile(
        re.escape(target.state.stem) + r"-(\d{8}T\d{6}Z)(?:-(\d+))?" + re.escape(_SUFFIX)
    )
    found = [
        (match[1], int(match[2] or 1), path)
        for path in folder.iterdir()
        if (match := pattern.fullmatch(path.name))
    ]
    return [path for *_, path in sorted(found)]


@contextmanager
def _attached(path: Path, alias: str, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set TimeZone = 'UTC'")
        attach_file(connection, path, alias, read_only=read_only)
        yield connection
    finally:
        connection.close()


@contextmanager
def _written(connection: duckdb.DuckDBPyConnection, part: Path) -> Iterator[None]:
    part.unlink()  # DuckDB makes its own file
    log = part.with_name(part.name + ".wal")
    log.unlink(missing_ok=True)
    attach_file(connection, part, _COPY, read_only=False)
    try:
        yield
    finally:
        connection.execute(f"detach {_COPY}")  # writes everything into the one file
        with contextlib.suppress(OSError):
            log.unlink(missing_ok=True)
