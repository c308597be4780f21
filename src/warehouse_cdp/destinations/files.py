"""A file as a destination: one that is always the whole truth, or one a run that says what changed.

``mirror`` replaces the file by what should be there. ``upsert`` writes a file per run with the
rows added and changed and, with empty cells, the keys that must be deleted; its first column says
which. Neither ever appends to a file that someone may be reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.activation.config import OPERATION_COLUMN
from warehouse_cdp.activation.delivery import Delivery, Outcome
from warehouse_cdp.activation.plan import REMOVE
from warehouse_cdp.activation.values import split_key
from warehouse_cdp.destinations.atomic import replaced_file
from warehouse_cdp.destinations.formats import (
    drop_from_csv,
    drop_from_jsonl,
    drop_from_parquet,
    write_csv,
    write_jsonl,
    write_parquet,
)
from warehouse_cdp.errors import DestinationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from warehouse_cdp.activation.config import FileSpec, SyncConfig

_DROPS: dict[str, Callable[[Path, Path, Sequence[str], set[str]], None]] = {
    "csv": drop_from_csv,
    "jsonl": drop_from_jsonl,
    "parquet": drop_from_parquet,
}


class FileDestination:
    """The file of one run of one sync.

    Args:
        path: where it goes, placeholders filled in.
        spec: its format.
        mode: mirror or upsert.
        key: the key columns under the names they have in the file.
    """

    def __init__(self, path: Path, spec: FileSpec, mode: str, key: tuple[str, ...]) -> None:
        self._path = path
        self._spec = spec
        self._mode = mode
        self._key = key

    @property
    def place(self) -> str:
        """The path."""
        return str(self._path)

    def has_lost_everything(self) -> bool:
        """Whether a mirror's file is gone. Files of single runs are the reader's to keep."""
        return self._mode == "mirror" and not self._path.exists()

    def deliver(self, delivery: Delivery) -> Mapping[str, Outcome]:
        """Write the file whole, or leave it as it was.

        Raises:
            DestinationError: it could not be written.
        """
        try:
            if self._mode == "upsert":
                self._write(_operations(delivery, self._key))
            elif delivery.contents is not None:
                self._write(delivery.contents)
            else:
                self._drop(set(delivery.changes["sync_key"]))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            message = f"cannot write {self._path}: {reason}; the file is as it was before"
            raise DestinationError(message) from error
        return dict.fromkeys(delivery.changes["sync_key"], Outcome("acknowledged"))

    def _write(self, rows: pd.DataFrame) -> None:
        with replaced_file(self._path) as part:
            if self._spec.format == "csv":
                write_csv(rows, part, formula_guard=self._spec.formula_guard)
            elif self._spec.format == "jsonl":
                write_jsonl(rows, part)
            else:
                write_parquet(rows, part)

    def _drop(self, keys: set[str]) -> None:
        if self._path.exists():
            with replaced_file(self._path) as part:
                _DROPS[self._spec.format](self._path, part, self._key, keys)


def open_destination(config: SyncConfig, folder: Path, target: str, run_id: str) -> FileDestination:
    """Return the destination of one run; a relative path begins at ``folder``, the project's."""
    path = config.destination.path.format(target=target, sync_name=config.name, run_id=run_id)
    names = {column.source: column.target for column in config.columns}
    key = tuple(names[name] for name in config.key)
    return FileDestination(folder / path, config.destination, config.mode, key)


def _operations(delivery: Delivery, key: tuple[str, ...]) -> pd.DataFrame:
    """Rows added and changed as they are, rows removed by their key alone."""
    changes = delivery.changes.set_index("sync_key")
    contents = delivery.contents
    if contents is None:
        contents = pd.DataFrame(columns=list(key), dtype=object)
    rows = contents.reindex(changes.index)
    is_removal = changes["operation"] == REMOVE
    for position, name in enumerate(key):
        rows[name] = rows[name].astype(object)
        parts = [split_key(sync_key)[position] for sync_key in changes.index[is_removal]]
        rows.loc[is_removal, name] = pd.Series(parts, index=rows.index[is_removal], dtype=object)
    rows.insert(0, OPERATION_COLUMN, changes["operation"])
    return rows
