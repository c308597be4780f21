"""What a sync is: an exposure whose ``config.meta.sync`` says it all, read and found to be valid.

``activation/declaration.py`` reads one from the dbt manifest; these are the values that come of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_cdp.activation.protocol import Mode, OnLeave


@dataclass(frozen=True)
class DestinationSpec:
    """A destination as it is declared: its type, settings with defaults, names of variables.

    ``secrets`` names the environment variable that holds each secret, never a secret itself.
    """

    type: str
    settings: Mapping[str, object] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MappedColumn:
    """One column of the model and what the destination calls it, brought into its form or not."""

    source: str
    target: str
    transform: str | None = None


@dataclass(frozen=True)
class ContactPoint:
    """The address whose own consent counts: a column of the candidates, and its type.

    ``channel`` narrows the consent to one channel. ``is_in_model`` says that the model to send
    holds the same column, which must then agree with it.
    """

    type: str
    column: str
    channel: str | None = None
    is_in_model: bool = False


@dataclass(frozen=True)
class Guards:
    """When a plan looks like a mistake.

    ``max_remove_share``: of what is there, removed; ``max_change_share``: of what is there,
    changed, once that is ``CHANGE_FLOOR`` rows or more; ``max_reject_share``: of what was
    answered, rejected, once that is ``REJECT_FLOOR`` rows or more; ``min_source_rows``: fewer
    rows than this in the model, and something to remove.
    """

    max_remove_share: float = 0.2
    max_change_share: float = 0.8
    max_reject_share: float = 0.5
    min_source_rows: int = 1


@dataclass(frozen=True)
class SyncConfig:
    """One sync, complete and valid.

    Names ending in ``relation`` are quoted names from the manifest, the only SQL identifiers that
    a sync ever uses. ``standing_column`` of the standings says why a customer who was sent earlier
    may not be dealt with any more. All ``purposes`` must be granted: at the ``contact_point``, or
    by the person where a sync has none.
    """

    name: str
    owner: str
    model: str
    relation: str
    candidates_model: str
    candidates_relation: str
    standings_relation: str
    standing_column: str
    consents_relation: str
    customer_consents_relation: str
    destination: DestinationSpec
    mode: Mode
    on_leave: OnLeave
    on_withdrawal: OnLeave
    on_erasure: OnLeave
    purposes: tuple[str, ...]
    contact_point: ContactPoint | None
    key: tuple[str, ...]
    columns: tuple[MappedColumn, ...]
    guards: Guards
    upstream: frozenset[str]
    takes_snapshots: bool = False
    batch_rows: int = 1000
    batch_bytes: int | None = None
    concurrency: int = 1
    hash_rules_version: str | None = None

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """The destination's names of the columns, in the order of the declaration."""
        return tuple(column.target for column in self.columns)

    @cached_property
    def is_sent_as_it_is(self) -> bool:
        """Whether no column is transformed on its way."""
        return all(column.transform is None for column in self.columns)

    @cached_property
    def key_targets(self) -> tuple[str, ...]:
        """What the destination calls the columns of the key."""
        names = {column.source: column.target for column in self.columns}
        return tuple(names[name] for name in self.key)

    @property
    def place_of_customer(self) -> int | None:
        """Which part of the key is the customer, so that a merge can be followed; or none."""
        return self.key.index("customer_id") if "customer_id" in self.key else None


def choose_syncs(syncs: Mapping[str, SyncConfig], names: Sequence[str]) -> list[SyncConfig]:
    """Return the named syncs, or all of them by name when none is named.

    Raises:
        ConfigurationError: a name is unknown, or there is no sync at all.
    """
    if not syncs:
        message = (
            "the project declares no sync: add an exposure with config.meta.sync "
            "(docs/guides/activation.md) and run `dbt parse`"
        )
        raise ConfigurationError(message)
    unknown = [name for name in names if name not in syncs]
    if unknown:
        message = (
            f"unknown sync {', '.join(map(repr, unknown))}; valid are {', '.join(sorted(syncs))}"
        )
        raise ConfigurationError(message)
    return [syncs[name] for name in sorted(set(names) or set(syncs))]


def unfinished_upstream(config: SyncConfig, run_results: Mapping[str, Any]) -> list[str]:
    """Return the nodes above a sync that the last dbt run left failed or skipped, by name.

    What failed comes first: what was skipped was skipped because of it.
    """
    good = {"success", "pass", "warn", "no-op", "reused"}
    unfinished = [
        (result["status"] == "skipped", str(result["unique_id"]).split(".")[2])
        for result in run_results.get("results", [])
        if result["unique_id"] in config.upstream and result["status"] not in good
    ]
    return [name for _, name in sorted(unfinished)]
