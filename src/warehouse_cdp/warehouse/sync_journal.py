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

from warehouse_cdp.activation.protocol import ACKNOWLEDGED
from warehouse_cdp.errors import StateRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from warehouse_cdp.activation import Batch, Outcome, Run, Vault

SENDING, ANSWERED = "sending", "answered"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


class Entries(Protocol):
    """Texts that are on disk when ``add`` returns."""

    def add(self, texts: Sequence[str]) -> None:
        """Write entries, in one go."""

    def read(self) -> list[str]:
        """All entries since they were last cleared; one that a crash cut off is left out."""

    def clear(self) -> None:
        """Forget all entries."""


class FileEntries:
    """Entries as lines of a file."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.journal"

    def add(self, texts: Sequence[str]) -> None:
        """As of ``Entries``."""
        self._path.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        try:
            os.write(handle, "".join(f"{text}\n" for text in texts).encode())
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
        self._unwritten: list[str] = []
        self.pending_rows = 0

    def sending(self, batch: Batch, numbers: Sequence[int], remembered: Mapping[int, str]) -> None:
        """As of ``Journal``."""
        kept = sorted(remembered.items())
        self._note([SENDING, self._run_id, batch.number, batch.idempotency_key, numbers, kept])
        self.pending_rows += len(numbers)
        self.flush()

    def answered(self, batch: Batch, outcomes: Mapping[int, Outcome]) -> None:
        """As of ``Journal``."""
        taken = [number for number, found in outcomes.items() if found is ACKNOWLEDGED]
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
            if found is not ACKNOWLEDGED
        ]
        self._note([ANSWERED, self._run_id, batch.number, taken, rows])

    def flush(self) -> None:
        """As of ``Journal``."""
        if self._unwritten:
            self._entries.add(self._unwritten)
            self._unwritten = []

    def pending(self) -> list[list[Any]]:
        """Entries that are not in the state yet."""
        return self._pending

    def settled(self) -> None:
        """Forget what is in the state now."""
        self._entries.clear()
        self._pending, self._unwritten = [], []
        self.pending_rows = 0

    def _note(self, entry: list[Any]) -> None:
        self._unwritten.append(json.dumps(entry, separators=(",", ":")))
        self._pending.append(entry)


ANSWER_COLUMNS = {
    "run_id": "text",
    "sequence_number": "bigint",
    "answer": "text",
    "new_error_class": "text",
    "new_error_code": "text",
    "new_destination_id": "text",
    "new_remembered": "text",
    "batch_number": "bigint",
    "idempotency_key": "text",
}


def answers_of(entries: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """What became of each row that was sent, as the columns of ``ANSWER_COLUMNS``.

    A row without an answer is ``retry``.
    """
    said: dict[tuple[str, int], Sequence[Any]] = {
        (run_id, batch): answer for kind, run_id, batch, *answer in entries if kind == ANSWERED
    }
    columns: list[list[Any]] = [[] for _ in ANSWER_COLUMNS]
    for kind, run_id, batch, *sent in entries:
        if kind != SENDING:
            continue
        key, numbers, remembered = sent
        taken, others = said.get((run_id, batch), ((), ()))
        answers: list[list[Any]]
        if len(taken) == len(numbers):
            answers = [["acknowledged"] * len(numbers), *([None] * len(numbers) for _ in range(4))]
        else:
            answers = _each(numbers, taken, others)
        if remembered:
            kept: dict[int, str] = dict(remembered)
            answers[4] = [
                found or kept.get(number) for number, found in zip(numbers, answers[4], strict=True)
            ]
        count = len(numbers)
        parts = ([run_id] * count, numbers, *answers, [batch] * count, [key] * count)
        for column, part in zip(columns, parts, strict=True):
            column.extend(part)
    return columns


def _each(
    numbers: Sequence[int], taken: Sequence[int], others: Sequence[Sequence[Any]]
) -> list[list[Any]]:
    """Answers of a batch whose rows were not all just taken: five columns, in order of numbers."""
    found: dict[int, Sequence[Any]] = {one[0]: one[1:] for one in others}
    found |= dict.fromkeys(taken, ("acknowledged", None, None, None, None))
    unanswered = ("retry", "no_answer", None, None, None)
    rows = [found.get(number, unanswered) for number in numbers]
    return [list(column) for column in zip(*rows, strict=True)]
