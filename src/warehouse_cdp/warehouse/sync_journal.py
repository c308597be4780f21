"""The journal of a sync: what is about to be sent and what was answered, durable at once.

On DuckDB it is a file beside the state, since the state itself must not be held locked while a
destination takes its time. It holds numbers of rows, keyed hashes and what the destination gave,
never a key or a value, and is empty when a run has ended well.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from warehouse_cdp.errors import StateRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from warehouse_cdp.activation import Batch, Outcome, Run, SentRow, Vault

SENDING, ANSWERED = "sending", "answered"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


class Entries(Protocol):
    """Texts that are on disk when ``add`` returns."""

    def add(self, text: str) -> None:
        """Write one entry."""

    def read(self) -> list[str]:
        """All entries since they were last cleared; one that a crash cut off is left out."""

    def clear(self) -> None:
        """Forget all entries."""


class FileEntries:
    """Entries as lines of a file."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.journal"

    def add(self, text: str) -> None:
        """As of ``Entries``."""
        self._path.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        try:
            os.write(handle, f"{text}\n".encode())
            os.fdatasync(handle)
        finally:
            os.close(handle)

    def read(self) -> list[str]:
        """As of ``Entries``."""
        if not self._path.exists():
            return []
        return self._path.read_text(encoding="utf-8").split("\n")[:-1]

    def clear(self) -> None:
        """As of ``Entries``."""
        self._path.unlink(missing_ok=True)


@contextmanager
def file_lock(folder: Path, name: str, sync_name: str) -> Iterator[None]:
    """Hold a lock that the operating system takes back when the process ends.

    Raises:
        StateRefusedError: another process holds it.
    """
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    path = folder / f"{name}.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateRefusedError(_busy(sync_name)) from None
        yield
    finally:
        os.close(handle)


def _busy(sync_name: str) -> str:
    return (
        f"{sync_name}: another run of this sync is under way; nothing was sent. Wait for it to "
        "end, then run the same command again"
    )


def another_run(sync_name: str) -> StateRefusedError:
    """The error of a second run."""
    return StateRefusedError(_busy(sync_name))


class RunJournal:
    """What one run writes down, kept at hand until it is taken into the state."""

    def __init__(self, entries: Entries, run: Run, vault: Vault) -> None:
        self._entries = entries
        self._run_id = run.run_id
        self._vault = vault
        self._pending: list[list[Any]] = []

    def sending(self, batch: Batch, entries: Sequence[SentRow]) -> None:
        """Note what is about to be sent."""
        rows = [
            [row.number, row.column_hashes, row.changed_columns, row.remembered] for row in entries
        ]
        self._add([SENDING, self._run_id, batch.number, batch.idempotency_key, rows])

    def answered(self, batch: Batch, outcomes: Mapping[int, Outcome]) -> None:
        """Note what came back."""
        rows = [
            [
                number,
                found.status,
                found.error_class,
                found.error_code,
                found.destination_id,
                self._vault.seal(found.remembered) if found.remembered else None,
            ]
            for number, found in outcomes.items()
        ]
        self._add([ANSWERED, self._run_id, batch.number, rows])

    def pending(self) -> list[list[Any]]:
        """Entries that are not in the state yet."""
        return self._pending

    def settled(self) -> None:
        """Forget what is in the state now."""
        self._entries.clear()
        self._pending = []

    def _add(self, entry: list[Any]) -> None:
        self._entries.add(json.dumps(entry, separators=(",", ":")))
        self._pending.append(entry)


ANSWER_COLUMNS = {
    "run_id": "text",
    "sequence_number": "bigint",
    "answer": "text",
    "new_error_class": "text",
    "new_error_code": "text",
    "new_destination_id": "text",
    "new_remembered": "text",
    "column_hashes": "text",
    "changed_columns": "text",
    "batch_number": "bigint",
    "idempotency_key": "text",
}


def answers_of(entries: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """What became of each row that was sent: ``ANSWER_COLUMNS``; without an answer, ``retry``."""
    found: dict[tuple[str, int], list[Any]] = {}
    for entry in entries:
        if entry[0] == SENDING:
            _, run_id, batch_number, key, rows = entry
            for number, hashes, changed, remembered in rows:
                unanswered = ["retry", "no_answer", None, None, remembered]
                found[run_id, number] = [*unanswered, hashes, changed, batch_number, key]
            continue
        _, run_id, _, rows = entry
        for number, status, error_class, code, destination_id, remembered in rows:
            row = found[run_id, number]
            row[:4] = [status, error_class, code, destination_id]
            row[4] = remembered or row[4]
    return [(*key, *row) for key, row in found.items()]
