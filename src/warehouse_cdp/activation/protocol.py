"""The seam between the engine and a destination: what is handed over, and what comes back.

A destination takes batches and answers for each row, so that one bad row neither stops nor hides
the others; what it does not answer for was not delivered. What it can do is data
(``Capabilities``), which the engine, the checks of a declaration and the documentation all read.
"""

from __future__ import annotations

import datetime as dt
import decimal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

Value: TypeAlias = str | int | float | bool | decimal.Decimal | dt.datetime | dt.date | None
"""A cell as it leaves the warehouse: timestamps are UTC without a zone."""

Operation = Literal["add", "change", "remove"]
Lane = Literal["remove", "write"]
Mode = Literal["upsert", "insert", "update", "mirror", "append", "audience"]
OnLeave = Literal["keep", "clear_fields", "archive", "delete", "remove_from_list"]
Status = Literal["acknowledged", "rejected", "retry"]

ADD: Operation = "add"
CHANGE: Operation = "change"
REMOVE: Operation = "remove"
MODES: tuple[Mode, ...] = ("upsert", "insert", "update", "mirror", "append", "audience")
ON_LEAVE: tuple[OnLeave, ...] = ("keep", "clear_fields", "archive", "delete", "remove_from_list")


class Row(NamedTuple):
    """One row of a batch.

    ``values`` holds the mapped and transformed columns under the destination's names, a null as
    None; of a row that is removed only the columns of the key. ``destination_id`` and
    ``remembered`` are what the destination gave at the last acknowledgement, verbatim, but for
    hashes by which another row that stays is known as well: empty, it leaves nothing to remove.
    ``on_leave`` says what to do with a row that is removed and is None for others.
    ``idempotency_key`` is the same whenever the same content is sent for the same change;
    ``number`` is the row's place in the plan of this run, which means nothing outside.
    """

    key: str
    operation: Operation
    reason: str
    idempotency_key: str
    values: Mapping[str, Value]
    destination_id: str | None = None
    remembered: Mapping[str, str] | None = None
    on_leave: OnLeave | None = None
    number: int = 0

    def __repr__(self) -> str:
        """Which row it is and what is done with it; never its content."""
        return (
            f"Row(key={self.key!r}, operation={self.operation!r}, reason={self.reason!r}, "
            f"on_leave={self.on_leave!r})"
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that are sent together; never more than the capabilities (or the sync) allow.

    All rows are of one lane: ``remove`` (operation remove, one ``on_leave``) or ``write`` (add
    and change). ``number`` counts the batches of a run from 1. ``idempotency_key`` is the same
    for the same rows with the same content in the same order.
    """

    run_id: str
    number: int
    lane: Lane
    mode: Mode
    idempotency_key: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a destination did with one row.

    ``acknowledged``: it has it. ``rejected``: it refuses this row as it is; sent again with
    growing intervals, then set aside. ``retry``: not this time (a lock, a row without an answer).
    ``error_class`` is a kind such as ``invalid_value``, ``error_code`` the destination's own
    code; neither ever holds a value of the row. ``destination_id`` is its own id of the row,
    ``remembered`` what it needs to find the row again (see ``Capabilities.remembers``).
    """

    status: Status
    error_code: str | None = None
    error_class: str | None = None
    destination_id: str | None = field(default=None, repr=False)
    remembered: Mapping[str, str] | None = field(default=None, repr=False)


ACKNOWLEDGED = Outcome("acknowledged")


@dataclass(frozen=True)
class Secret:
    """A secret a destination needs: read from an environment variable, never from a declaration.

    ``variable`` is the default name; a sync may name another under ``destination.secrets``.
    """

    name: str
    variable: str
    description: str
    is_required: bool = True


@dataclass(frozen=True)
class Setting:
    """A key that may stand beside ``type`` under ``destination`` in a declaration.

    ``valid`` lists the allowed values of a choice; ``kind`` is checked before anything else.
    """

    name: str
    kind: Literal["text", "boolean", "integer", "number", "choice", "list", "mapping"]
    description: str
    valid: tuple[str, ...] = ()
    default: object = None
    is_required: bool = False


@dataclass(frozen=True)
class Limit:
    """A limit of the vendor, with where and when it was read."""

    name: str
    value: str
    source: str
    read_on: str


@dataclass(frozen=True)
class Capabilities:
    """What a destination can do, as data.

    ``takes``: ``batches`` (rows that changed) or ``snapshots`` (all that should be there, at
    once). ``on_leave`` lists what it can do with a row that leaves, the first is the default of
    rows that merely left; ``on_withdrawal`` is what happens to one whose person withdrew consent
    and ``on_erasure`` to one who is erased, unless the declaration says otherwise.
    ``remembers``: whether ``Outcome.remembered`` holds ``hashes`` (kept as they are) or is
    ``personal`` (kept encrypted, until the removal is acknowledged). ``hash_rules_version`` is
    kept with each row: when it changes, every row is a ``change`` for the reason ``hash_rules``.
    ``verified_against`` names the machine-readable contract it is tested against; None:
    unverified.
    """

    modes: tuple[Mode, ...]
    on_leave: tuple[OnLeave, ...]
    on_withdrawal: OnLeave
    on_erasure: OnLeave
    takes: Literal["batches", "snapshots"] = "batches"
    batch_rows: int = 1000
    batch_bytes: int | None = None
    concurrency: int = 1
    remembers: Literal["hashes", "personal"] = "hashes"
    hash_rules_version: str | None = None
    verified_against: str | None = None
    settings: tuple[Setting, ...] = ()
    secrets: tuple[Secret, ...] = ()
    limits: tuple[Limit, ...] = ()
    has_other_settings: bool = False

    @property
    def is_verified(self) -> bool:
        """Whether requests are tested against the vendor's own machine-readable contract."""
        return self.verified_against is not None


@dataclass(frozen=True)
class Opening:
    """What a destination is opened with, for one run of one sync.

    ``settings`` are the declared ones with defaults filled in, ``secrets`` the values by name.
    ``columns`` and ``key`` are the destination's names. ``folder`` is where relative paths begin.
    """

    sync_name: str
    run_id: str
    target: str
    mode: Mode
    columns: tuple[str, ...]
    key: tuple[str, ...]
    settings: Mapping[str, object]
    folder: Path
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    batch_rows: int = 1000
    concurrency: int = 1


@runtime_checkable
class Destination(Protocol):
    """Something outside that takes batches; ``deliver`` may be called from several threads."""

    @property
    def place(self) -> str:
        """Where the rows go, for a person to read. No secret."""

    def identity(self) -> str:
        """Which account, list or table this is, for the guard against the wrong environment.

        Pinned at the first run, and compared before each later one.

        Raises:
            DestinationError: it cannot be asked.
        """

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:
        """What would be needed to take this row away, if that is known before it is sent.

        Journalled before sending, so that a row can be taken away whose answer got lost.
        """

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Carry out a batch and answer by key; a row without an answer counts as ``retry``.

        Raises:
            BatchRefusedError: the batch as a whole was refused and nothing was applied; the
                engine halves it.
            DestinationUnauthorisedError: nothing was applied and nothing will be; the run stops.
            DestinationUnavailableError: given up after retries; what was applied is not known.
        """

    def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True)
class Snapshot:
    """All that should be at the destination, as tables of the destination's columns.

    Rows come in order of the key, in several tables of at most some ten thousand rows.
    """

    run_id: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    tables: Iterator[pa.Table]


@runtime_checkable
class SnapshotDestination(Protocol):
    """Something outside that is replaced whole, such as a file."""

    @property
    def place(self) -> str:
        """Where the rows go, for a person to read."""

    def identity(self) -> str:
        """As of ``Destination``."""

    def has_lost_everything(self) -> bool:
        """Whether what was acknowledged is known to be gone, so that all must be sent again."""

    def replace(self, snapshot: Snapshot) -> None:
        """Replace all that is there, or leave it as it was.

        Raises:
            DestinationError: nothing was changed.
        """

    def drop(self, keys: frozenset[str]) -> None:
        """Take the rows of these sync keys away and leave all others as they are.

        Raises:
            DestinationError: nothing was changed.
        """

    def close(self) -> None:
        """Let go of connections."""


class DestinationType(Protocol):
    """A kind of destination, as the registry holds it."""

    name: str
    capabilities: Capabilities

    def problems(self, settings: Mapping[str, object], mode: Mode) -> Sequence[str]:
        """What is wrong with settings beyond what ``Capabilities.settings`` already checks."""

    def open(self, opening: Opening) -> Destination | SnapshotDestination:
        """Open it for one run; no request is sent yet.

        Raises:
            DestinationError: it cannot be opened.
        """
