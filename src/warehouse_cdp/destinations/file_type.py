"""Files as a destination: one that is always the whole truth, or one a batch with what changed.

``mirror`` replaces the file by what should be there. ``upsert`` writes a file for every batch of a
run, whose first column says what to do with each row; of a row to be deleted it has the key alone.
``append`` writes the same without that column. Nothing is ever added to a file that someone may be
reading. Beside each file stands a manifest, written after it, with its rows and checksum.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from warehouse_cdp.activation.protocol import (
    ACKNOWLEDGED,
    Capabilities,
    Destination,
    Limit,
    Mode,
    Opening,
    Outcome,
    Secret,
    Setting,
    SnapshotDestination,
)
from warehouse_cdp.destinations.stores import SCHEMES, Store, open_store, scheme_of
from warehouse_cdp.destinations.tables import FILE_FORMATS, FileFormat, drop_rows, write_tables
from warehouse_cdp.errors import BatchRefusedError, DestinationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_cdp.activation.protocol import Batch, Row, Snapshot

OPERATION_COLUMN = "operation"
PLACEHOLDERS = ("target", "sync_name", "run_id", "batch")
MANIFEST_ENDING = ".manifest.json"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_CHUNK = 1024 * 1024


class FileType:
    """CSV, JSON lines or Parquet in a folder, an S3 or GCS bucket, or on an SFTP server."""

    name = "file"
    capabilities = Capabilities(
        modes=("mirror", "upsert", "append"),
        on_leave=("delete", "keep"),
        on_withdrawal="delete",
        on_erasure="delete",
        takes="snapshots",
        batch_rows=100_000,
        verified_against="the protocols of S3 (moto) and SFTP (asyncssh); GCS is unverified",
        settings=(
            Setting("format", "choice", "The format.", FILE_FORMATS, is_required=True),
            Setting(
                "path", "text",
                "Path below the project, or s3://, gs://, sftp://user@host. May hold {target}, "
                "{sync_name}, {run_id} and {batch}. Without it: out/{target}/{sync_name}.FORMAT.",
            ),
            Setting(
                "formula_guard", "boolean",
                "CSV only, true if left out: texts that a spreadsheet would take for a formula "
                "get a leading apostrophe.",
            ),
            Setting(
                "manifest", "boolean",
                "Whether to write FILE.manifest.json with rows and checksum after each file.",
                default=True,
            ),
            Setting("endpoint_url", "text", "Of an S3 or GCS that is not the vendor's own."),
            Setting("known_hosts", "text", "File with the SFTP server's key; ~/.ssh/known_hosts."),
        ),
        secrets=(
            Secret("sftp_password", "CDP_SFTP_PASSWORD", "Of the SFTP user.", is_required=False),
            Secret("sftp_key_file", "CDP_SFTP_KEY_FILE", "Private key file.", is_required=False),
        ),
        limits=(
            Limit("object size", "5 TiB (S3, GCS)", "vendors' documentation", "2026-11"),
        ),
    )  # fmt: skip

    def problems(self, settings: Mapping[str, object], mode: Mode) -> Sequence[str]:
        """What is wrong with the path, and a guard that has nothing to guard."""
        found = []
        file_format = settings.get("format")
        if settings.get("formula_guard") and file_format in ("jsonl", "parquet"):
            found.append("formula_guard is for csv; programs read jsonl and parquet as is")
        path = settings.get("path")
        if path is not None:
            found += _problems_of_path(str(path), mode)
        elif mode != "mirror":
            found.append(f"{mode} writes a file a run: path must be given, and hold {{run_id}}")
        return found

    def open(self, opening: Opening) -> Destination | SnapshotDestination:
        """Open the store; files of a bucket or server are not looked at yet.

        Raises:
            ConfigurationError: a package is missing.
            DestinationError: the store cannot be reached.
        """
        if opening.mode == "mirror":
            return MirrorFile(opening)
        return BatchFiles(opening)


class _Files:
    """What both kinds share: one place, one format."""

    def __init__(self, opening: Opening) -> None:
        settings = opening.settings
        self._format = cast("FileFormat", settings["format"])
        guard = settings.get("formula_guard")
        self._formula_guard = self._format == "csv" and guard is not False
        self._has_manifest = settings.get("manifest") is not False
        path = settings.get("path") or f"out/{{target}}/{{sync_name}}.{self._format}"
        self._pattern = str(path)
        self._names = {"target": opening.target, "sync_name": opening.sync_name}
        self._run_id = opening.run_id
        self._store: Store = open_store(self._path(), opening.folder, settings, opening.secrets)

    @property
    def place(self) -> str:
        """The path or address."""
        return self._store.place(self._path())

    def identity(self) -> str:
        """The path as declared, with the target: it must not change when a project is moved."""
        filled = self._pattern.format(**self._names, run_id="{run_id}", batch="{batch}")
        return f"file:{filled}"

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _path(self, batch: int = 1) -> str:
        pattern = self._pattern
        if batch > 1 and "{batch}" not in pattern:
            stem, dot, ending = pattern.rpartition(".")
            pattern = f"{stem}-{{batch}}{dot}{ending}" if dot else f"{pattern}-{{batch}}"
        return pattern.format(**self._names, run_id=self._run_id, batch=batch)

    def _publish(self, local: Path, path: str, columns: Sequence[str], rows: int) -> None:
        self._store.publish(local, path)
        if not self._has_manifest:
            return
        manifest = {
            "file": path.rpartition("/")[2],
            "format": self._format,
            "rows": rows,
            "bytes": local.stat().st_size,
            "sha256": _sha256(local),
            "columns": list(columns),
            "run_id": self._run_id,
        }
        beside = local.with_name(f"{local.name}{MANIFEST_ENDING}")
        beside.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        self._store.publish(beside, f"{path}{MANIFEST_ENDING}")


class MirrorFile(_Files):
    """One file that is replaced whole."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._columns = opening.columns
        self._key = opening.key

    def has_lost_everything(self) -> bool:
        """Whether the file is gone.

        Raises:
            DestinationError: the store cannot be asked.
        """
        return not self._store.exists(self._path())

    def replace(self, snapshot: Snapshot) -> None:
        """Write the file whole, or leave it as it was.

        Raises:
            DestinationError: it could not be written.
        """
        with _workshop(self.place) as folder:
            local = folder / "file"
            rows = write_tables(
                self._format,
                local,
                snapshot.columns,
                snapshot.tables,
                formula_guard=self._formula_guard,
            )
            self._publish(local, self._path(), snapshot.columns, rows)

    def drop(self, keys: frozenset[str]) -> None:
        """Rewrite the file without some rows; nothing to do where there is no file.

        Raises:
            DestinationError: it could not be read or written, or someone else changed its shape.
        """
        path = self._path()
        if not self._store.exists(path):
            return
        with _workshop(self.place) as folder:
            old, new = folder / "old", folder / "file"
            self._store.fetch(path, old)
            rows = drop_rows(self._format, old, new, self._key, keys)
            self._publish(new, path, self._columns, rows)


class BatchFiles(_Files):
    """A file for every batch; the same batch again replaces its own file."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._has_operation = opening.mode == "upsert"
        self._columns = opening.columns

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:  # noqa: ARG002 - the protocol's
        """Nothing: a row is removed by its key."""
        return None

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Write the batch's file.

        Raises:
            BatchRefusedError: a column holds values of kinds that no column can hold together.
            DestinationError: it could not be written.
        """
        path = self._path(batch.number)
        cells = {name: [row.values.get(name) for row in batch.rows] for name in self._columns}
        if self._has_operation:
            cells = {OPERATION_COLUMN: [row.operation for row in batch.rows], **cells}
        table = _table_of(cells)
        with _workshop(self.place) as folder:
            local = folder / "file"
            rows = write_tables(
                self._format, local, list(cells), [table], formula_guard=self._formula_guard
            )
            self._publish(local, path, list(cells), rows)
        return {row.key: ACKNOWLEDGED for row in batch.rows}


def _table_of(cells: Mapping[str, Sequence[object]]) -> pa.Table:
    try:
        arrays = {name: pa.array(values) for name, values in cells.items()}
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        arrays = {}
    if not arrays:  # outside the handler: Arrow's own text holds the value
        message = "a column of the batch mixes kinds of values, or holds what is no text"
        raise BatchRefusedError(message, "unwritable_values")
    return pa.table(
        {
            name: array.cast(pa.string()) if pa.types.is_null(array.type) else array
            for name, array in arrays.items()
        }
    )


class _workshop:  # noqa: N801 - used as a function
    """A private folder to write in, whose errors are the destination's."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._folder = tempfile.TemporaryDirectory(prefix="cdp-")

    def __enter__(self) -> Path:
        return Path(self._folder.name)

    def __exit__(self, kind: type[BaseException] | None, error: object, _trace: object) -> None:
        self._folder.cleanup()
        if kind is None or not issubclass(kind, (OSError, KeyError, ValueError, pa.ArrowException)):
            return
        reason = getattr(error, "strerror", None) or kind.__name__
        message = f"cannot write {self._place}: {reason}; the file is as it was before"
        raise DestinationError(message) from None


def _problems_of_path(path: str, mode: Mode) -> list[str]:
    found = []
    if not path or path.endswith("/"):
        return ["path must be the path of a file"]
    names = _PLACEHOLDER.findall(path)
    if set(names) - set(PLACEHOLDERS) or re.search(r"[{}]", _PLACEHOLDER.sub("", path)):
        valid = ", ".join("{" + name + "}" for name in PLACEHOLDERS)
        found.append(f"path {path!r}: valid placeholders are {valid}")
    if ".." in path.split("/"):
        found.append(f"path {path!r} may not climb with ..")
    scheme = scheme_of(path)
    if scheme and scheme not in SCHEMES:
        valid = ", ".join(f"{one}://" for one in SCHEMES)
        found.append(f"path {path!r}: valid beginnings are {valid}, or none for a local file")
    if ":" in path.partition("://")[2].partition("@")[0] and "@" in path:
        found.append("path may not hold a password: name its environment variable under secrets")
    if mode == "mirror" and {"run_id", "batch"} & set(names):
        found.append("a mirror is one file that is replaced: path may not hold {run_id}")
    if mode != "mirror" and "run_id" not in names:
        found.append(f"{mode} writes files a run: path must hold {{run_id}}")
    return found


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
