"""A copy of the warehouse and its state to try something on, which leaves nothing behind.

The copies have the names of the originals, since views hold the name of their database; the
profile is the user's own with other paths, so engine settings and the key are the same. Nothing is
written to the originals: they are opened read-only while they are copied, so that no writer can
change them halfway, and every further file that the profile attaches is attached read-only.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import yaml

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.warehouse.dbt_runs import DbtFailedError, run_dbt
from warehouse_cdp.warehouse.file_copies import attach_to_read
from warehouse_cdp.warehouse.profile import PLUGIN_MODULE, STATE_ALIAS, profile_output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from warehouse_cdp.warehouse.profile import ProfileOutput, Target

_GROWTH = 2.5
"""Room that is asked for, as a multiple of the files: a copy, and what is built anew in it."""


@dataclass(frozen=True)
class Scratch:
    """A target whose files are copies, in a folder that is deleted afterwards."""

    target: Target
    folder: Path

    @property
    def artifacts(self) -> Path:
        """Where dbt writes what it would write to ``target/``."""
        return self.folder / "target"

    def run_models(
        self,
        selection: Sequence[str],
        variables: Mapping[str, Any],
        show: Callable[[str, int, int], None],
    ) -> None:
        """``dbt run`` on the copies; the project's own folders are only read.

        Raises:
            InputDataError: a model failed; the message names it.
        """
        environment = {
            **os.environ,
            # What dbt puts aside (the code of Python models) goes with the copies.
            "TMPDIR": str(self.folder),
            "DBT_PROFILES_DIR": str(self.folder),
            "DBT_TARGET_PATH": str(self.artifacts),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_LOG_LEVEL_FILE": "none",
            "DBT_WRITE_JSON": "true",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        for name in ("DBT_TARGET", "DBT_FULL_REFRESH"):
            environment.pop(name, None)
        arguments = (
            "run",
            *("--target", self.target.name),
            *("--vars", json.dumps(dict(variables))),
            *("--select", *selection),
        )
        log = self.folder / "logs" / "dbt.log"
        try:
            run_dbt(self.target.project_folder, arguments, environment, log, show)
        except DbtFailedError as error:
            message = (
                f"a build with this change fails on a copy of the warehouse ({error.which}); "
                "nothing was written. `dbt build` without it shows whether the project is sound"
            )
            raise InputDataError(message) from None


@contextmanager
def scratch_copy(target: Target) -> Iterator[Scratch]:
    """Yield copies of warehouse and state in a folder of their own, readable by the owner only.

    Raises:
        InputDataError: one of the two is not there, or there is no room for the copies.
        WarehouseBusyError: another process writes one of them.
    """
    with tempfile.TemporaryDirectory(prefix="cdp-dry-run-") as name:
        folder = Path(name)
        originals = {"warehouse": target.warehouse, "state": target.state}
        _refuse_without_room(originals, folder)
        copies = {what: folder / what / path.name for what, path in originals.items()}
        with duckdb.connect(":memory:") as connection:
            for what, path in originals.items():
                attach_to_read(connection, path, f"original_{what}")
            for what, path in originals.items():
                copies[what].parent.mkdir()
                _copy(path, copies[what])
        scratch_target = replace(
            target,
            warehouse=copies["warehouse"],
            attachments={**target.attachments, STATE_ALIAS: copies["state"]},
        )
        _write_profile(target, scratch_target, folder)
        yield Scratch(scratch_target, folder)


def _copy(path: Path, place: Path) -> None:
    """Copy a database with what is still in its log."""
    try:
        shutil.copyfile(path, place)
        log = path.with_name(path.name + ".wal")
        if log.exists():
            shutil.copyfile(log, place.with_name(place.name + ".wal"))
    except OSError as error:
        message = f"{path} could not be copied to try the change on ({type(error).__name__})"
        raise InputDataError(message) from None


def _refuse_without_room(originals: Mapping[str, Path], folder: Path) -> None:
    needed = sum(path.stat().st_size for path in originals.values() if path.exists()) * _GROWTH
    free = shutil.disk_usage(folder).free
    if free < needed:
        message = (
            f"trying the change needs about {needed / 1e9:.1f} GB in {folder.parent}, and "
            f"{free / 1e9:.1f} GB are free: make room, or set TMPDIR to a larger disk"
        )
        raise InputDataError(message)


def _write_profile(target: Target, scratch_target: Target, folder: Path) -> None:
    """The user's profile with the paths of the copies; nothing of it is rendered but those."""
    chosen = profile_output(target.project_folder, target.name)
    output = copy.deepcopy(chosen.output) if target.server is None else _of_copy(target, chosen)
    output["path"] = str(scratch_target.warehouse)
    for entry in output.get("attach") or []:
        alias = str(entry.get("alias") or "")
        if alias == STATE_ALIAS:
            entry["path"] = str(scratch_target.state)
        elif alias in target.attachments and target.attachments[alias].exists():
            entry.update({"path": str(target.attachments[alias]), "read_only": True})
    profile = {chosen.profile_name: {"target": target.name, "outputs": {target.name: output}}}
    place = folder / "profiles.yml"
    place.touch(mode=0o600)
    place.write_text(yaml.safe_dump(profile), encoding="utf-8")


def _of_copy(target: Target, chosen: ProfileOutput) -> dict[str, Any]:
    """An output for the copy of a server's target, which the profile has none for."""
    return {
        "type": "duckdb",
        "schema": target.schema,
        "threads": 2,
        "attach": [{"alias": alias, "path": ""} for alias in target.attachments],
        "plugins": [
            {"module": PLUGIN_MODULE, "config": {"hash_key": chosen.output.get("hash_key")}}
        ],
        "settings": {"TimeZone": "UTC"},
    }
