"""Running the project's syncs on its warehouse: what ``cdp sync`` and an orchestrator call."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from warehouse_cdp.activation import (
    RunContext,
    SyncConfig,
    SyncReport,
    choose_syncs,
    run_sync,
    syncs_of,
    unfinished_upstream,
)
from warehouse_cdp.destinations.files import open_destination
from warehouse_cdp.errors import CdpError, ConfigurationError, InputDataError, StateRefusedError
from warehouse_cdp.warehouse.artifacts import read_manifest, read_run_results
from warehouse_cdp.warehouse.connection import open_warehouse, use_state
from warehouse_cdp.warehouse.sync_store import DuckDbSyncStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from warehouse_cdp.warehouse.profile import Target

Allowance = Literal["removals", "failed-build"]
ALLOWANCES: tuple[Allowance, ...] = ("removals", "failed-build")

_SHOWN_NODES = 3


@dataclass(frozen=True)
class SyncRequest:
    """What the user asked for: which syncs (none: all), and what is allowed this once.

    ``output_folder`` is where relative paths of files begin; None is the project's folder.
    """

    names: tuple[str, ...] = ()
    is_dry_run: bool = False
    allowed: frozenset[str] = frozenset()
    output_folder: Path | None = None

    def __post_init__(self) -> None:
        """Refuse an allowance that does not exist."""
        unknown = sorted(self.allowed - set(ALLOWANCES))
        if unknown:
            message = f"--allow {', '.join(unknown)} is none of {', '.join(ALLOWANCES)}"
            raise ConfigurationError(message)


@dataclass(frozen=True)
class SyncResult:
    """How one sync ended: with a report, an error, or (blocked by a guard) both."""

    sync_name: str
    report: SyncReport | None = None
    error: CdpError | None = None


def declared_syncs(target: Target) -> dict[str, SyncConfig]:
    """Return the syncs of the project as dbt last parsed it for this target.

    Raises:
        ConfigurationError: no manifest, one of another target, or wrong declarations.
    """
    return syncs_of(_manifest_of(target))


def run_syncs(
    target: Target, request: SyncRequest, announce: Callable[[str], None] = lambda _name: None
) -> list[SyncResult]:
    """Run syncs one after the other; one that fails does not stop the next.

    Raises:
        CdpError: nothing could be started.
    """
    configs = choose_syncs(declared_syncs(target), request.names)
    run_results = read_run_results(target.project_folder)
    results = []
    with _sync_store(target, request) as store:
        for config in configs:
            announce(config.name)
            try:
                if "failed-build" not in request.allowed:
                    _refuse_after_failed_build(config, run_results)
                report = _run(target, request, store, config)
            except CdpError as error:
                results.append(SyncResult(config.name, error=error))
            else:
                results.append(SyncResult(config.name, report, _blocked(report)))
    return results


def _run(
    target: Target, request: SyncRequest, store: DuckDbSyncStore, config: SyncConfig
) -> SyncReport:
    run_id = f"{_now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    folder = request.output_folder or target.project_folder
    context = RunContext(
        run_id,
        _now,
        target.hash_key,
        is_dry_run=request.is_dry_run,
        allow_removals="removals" in request.allowed,
    )
    return run_sync(config, store, open_destination(config, folder, target.name, run_id), context)


@contextmanager
def _sync_store(target: Target, request: SyncRequest) -> Iterator[DuckDbSyncStore]:
    with open_warehouse(target, writes_state=not request.is_dry_run) as connection:
        if not request.is_dry_run:
            _require_state(connection, target)
        yield DuckDbSyncStore(connection, target)


def _require_state(connection: duckdb.DuckDBPyConnection, target: Target) -> None:
    if not use_state(connection, target):
        message = (
            f"the state {target.state} has no tables for target {target.name}: "
            f"run `dbt build --target {target.name}` first"
        )
        raise InputDataError(message)


def _refuse_after_failed_build(config: SyncConfig, run_results: Mapping[str, Any]) -> None:
    unfinished = unfinished_upstream(config, run_results)
    if unfinished:
        shown = ", ".join(unfinished[:_SHOWN_NODES])
        message = (
            f"{config.name}: the last dbt run left {len(unfinished)} node(s) above it failed or "
            f"skipped (such as {shown}); nothing was sent. Mend and run `dbt build`, or use "
            "--allow failed-build this once"
        )
        raise StateRefusedError(message)


def _blocked(report: SyncReport) -> StateRefusedError | None:
    if report.blocked_because is None:
        return None
    privacy = report.plan.counts.removed_for_privacy
    beside = f" but {privacy} removal(s) for want of consent or an erasure" if privacy else ""
    message = (
        f"{report.sync_name}: {report.blocked_because}; nothing was sent{beside}. If this is "
        "right, use --allow removals this once"
    )
    return StateRefusedError(message)


def _manifest_of(target: Target) -> Mapping[str, Any]:
    manifest = read_manifest(target.project_folder)
    sources: Sequence[Mapping[str, Any]] = list(manifest.get("sources", {}).values())
    state = [source for source in sources if source["source_name"] == "cdp_state"]
    databases = {
        node["database"]
        for node in manifest.get("nodes", {}).values()
        if node["resource_type"] == "model"
    }
    if not state or target.database not in databases or state[0]["schema"] != target.state_schema:
        message = (
            f"target/manifest.json was made for another target than {target.name} "
            f"(database {target.database}, state schema {target.state_schema}): "
            f"run `dbt build --target {target.name}` first"
        )
        raise ConfigurationError(message)
    return manifest


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
