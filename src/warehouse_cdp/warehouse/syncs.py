"""Running the project's syncs on its warehouse: what ``cdp sync`` and an orchestrator call."""

from __future__ import annotations

import os
import secrets
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from warehouse_cdp.activation import (
    ALLOWANCES,
    Opening,
    RunContext,
    SyncConfig,
    SyncReport,
    choose_syncs,
    run_sync,
    syncs_of,
    unfinished_upstream,
)
from warehouse_cdp.activation.hashing import TRANSFORMS
from warehouse_cdp.destinations.registry import DESTINATION_TYPES
from warehouse_cdp.errors import CdpError, ConfigurationError, StateRefusedError
from warehouse_cdp.privacy import tombstone
from warehouse_cdp.warehouse.alerts import ALERT_URL_VARIABLE, send_alert
from warehouse_cdp.warehouse.artifacts import read_manifest, read_run_results
from warehouse_cdp.warehouse.postgres import PostgresTarget
from warehouse_cdp.warehouse.sync_postgres import PostgresSessions, connection_to
from warehouse_cdp.warehouse.sync_sessions import DuckDbSessions
from warehouse_cdp.warehouse.sync_store import WarehouseSyncStore
from warehouse_cdp.warehouse.sync_vault import REMOVAL_KEY_VARIABLE, PlainVault, SealedVault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from warehouse_cdp.activation import Destination, SnapshotDestination, Vault
    from warehouse_cdp.warehouse.profile import AnyTarget
    from warehouse_cdp.warehouse.sync_sessions import Sessions

_SHOWN_NODES = 3
_ALLOWED_BY = {
    "removals": "--allow removals",
    "changes": "--allow changes",
    "rejects": "--allow rejects",
    "destination": "--allow destination",
}


@dataclass(frozen=True)
class SyncRequest:
    """What the user asked for: which syncs (none: all), and what is allowed this once.

    ``output_folder`` is where relative paths of files begin; None is the project's folder.
    ``should_stop`` is asked between batches.
    """

    names: tuple[str, ...] = ()
    is_dry_run: bool = False
    allowed: frozenset[str] = frozenset()
    output_folder: Path | None = None
    should_stop: Callable[[], bool] = field(default=lambda: False)

    def __post_init__(self) -> None:
        """Refuse an allowance that does not exist."""
        unknown = sorted(self.allowed - set(ALLOWANCES))
        if unknown:
            message = f"--allow {', '.join(unknown)} is none of {', '.join(ALLOWANCES)}"
            raise ConfigurationError(message)


@dataclass(frozen=True)
class SyncResult:
    """How one sync ended: with a report, an error, or (blocked or stopped half way) both."""

    sync_name: str
    report: SyncReport | None = None
    error: CdpError | None = None


def declared_syncs(target: AnyTarget) -> dict[str, SyncConfig]:
    """Return the syncs of the project as dbt last parsed it for this target.

    Raises:
        ConfigurationError: no manifest, one of another target, or wrong declarations.
    """
    return syncs_in(_manifest_of(target))


def syncs_in(manifest: Mapping[str, Any]) -> dict[str, SyncConfig]:
    """Return the syncs of a manifest, for the destinations and forms there are.

    Raises:
        ConfigurationError: wrong declarations.
    """
    return syncs_of(manifest, DESTINATION_TYPES, TRANSFORMS)


def sessions_of(target: AnyTarget) -> Sessions:
    """Return what opens sessions on a target, whatever its engine."""
    if isinstance(target, PostgresTarget):
        return PostgresSessions(lambda: connection_to(target), target.state_schema)
    return DuckDbSessions(target)


@contextmanager
def opened_syncs(
    target: AnyTarget, names: Sequence[str]
) -> Iterator[tuple[Sessions, list[SyncConfig]]]:
    """Yield sessions on the target's warehouse and the named syncs, none named: all.

    Raises:
        ConfigurationError: wrong declarations, or an unknown name.
    """
    configs = choose_syncs(declared_syncs(target), names)
    sessions = sessions_of(target)
    try:
        yield sessions, configs
    finally:
        sessions.close()


def tell_failures(results: Sequence[SyncResult]) -> None:
    """Tell the webhook of CDP_ALERT_URL of syncs that did not end well, in counts only."""
    url = os.environ.get(ALERT_URL_VARIABLE)
    failed = [result for result in results if result.error is not None or _is_partial(result)]
    if url and failed:
        send_alert(url, "\n".join(_alert_line(result) for result in failed))


def _is_partial(result: SyncResult) -> bool:
    return result.report is not None and result.report.status == "partial"


def _alert_line(result: SyncResult) -> str:
    report = result.report
    if report is None or result.error is not None:
        return f"{result.sync_name} {report.status if report else 'failed'}: {result.error}"
    return f"{result.sync_name} partial: {report.rejected_count} row(s) were not taken"


def run_syncs(
    target: AnyTarget,
    request: SyncRequest,
    announce: Callable[[str, int, int], None] = lambda _name, _done, _total: None,
) -> list[SyncResult]:
    """Run syncs one after the other; one that fails does not stop the next.

    Raises:
        CdpError: nothing could be started.
    """
    configs = choose_syncs(declared_syncs(target), request.names)
    run_results = read_run_results(target.project_folder)
    results = []
    with closing(sessions_of(target)) as sessions:
        for config in configs:
            if request.should_stop():
                break
            announce(config.name, 0, 1)
            try:
                if "failed-build" not in request.allowed:
                    _refuse_after_failed_build(config, run_results)
                report = _run(target, request, sessions, config, announce)
            except CdpError as error:
                results.append(SyncResult(config.name, error=error))
            else:
                results.append(SyncResult(config.name, report, report.error or _blocked(report)))
    return results


def _run(
    target: AnyTarget,
    request: SyncRequest,
    sessions: Sessions,
    config: SyncConfig,
    announce: Callable[[str, int, int], None],
) -> SyncReport:
    run_id = f"{_now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    vault = vault_of(config, is_dry_run=request.is_dry_run)
    store = WarehouseSyncStore(sessions, target.hash_key, vault)
    context = RunContext(
        run_id,
        _now,
        target.hash_key,
        vault,
        transforms=TRANSFORMS,
        tombstone=tombstone,
        is_dry_run=request.is_dry_run,
        allowed=request.allowed,
        should_stop=request.should_stop,
        show=lambda done, total: announce(config.name, done, total),
    )
    destination = open_destination(
        config, request.output_folder or target.project_folder, target.name, run_id
    )
    try:
        return run_sync(config, store, destination, context)
    finally:
        destination.close()


def open_destination(
    config: SyncConfig, folder: Path, target_name: str, run_id: str
) -> Destination | SnapshotDestination:
    """Open the destination of one run; a relative path begins at ``folder``, the project's.

    Raises:
        ConfigurationError: a secret is not in the environment.
        DestinationError: it cannot be opened.
    """
    kind = DESTINATION_TYPES[config.destination.type]
    found, missing = {}, []
    for secret in kind.capabilities.secrets:
        variable = config.destination.secrets.get(secret.name, secret.variable)
        if os.environ.get(variable):
            found[secret.name] = os.environ[variable]
        elif secret.is_required:
            missing.append(f"{variable} ({secret.description})")
    if missing:
        message = (
            f"{config.name}: destination {kind.name} needs the environment variable(s) "
            f"{', '.join(missing)}"
        )
        raise ConfigurationError(message)
    return kind.open(
        Opening(
            sync_name=config.name,
            run_id=run_id,
            target=target_name,
            mode=config.mode,
            columns=config.targets,
            key=config.key_targets,
            settings=config.destination.settings,
            folder=folder,
            secrets=found,
            batch_rows=config.batch_rows,
            concurrency=config.concurrency,
        )
    )


def vault_of(config: SyncConfig, *, is_dry_run: bool = False) -> Vault:
    """What keeps the keys for later removal, as the destination's kind needs it.

    Raises:
        ConfigurationError: the environment holds no key to seal with.
    """
    capabilities = DESTINATION_TYPES[config.destination.type].capabilities
    if capabilities.remembers == "hashes" or is_dry_run:
        return PlainVault()
    return SealedVault(os.environ.get(REMOVAL_KEY_VARIABLE, ""))


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
    counts = report.plan.counts
    would = (
        f"It would have added {counts.added}, changed {counts.changed} and removed "
        f"{counts.removed} row(s)"
    )
    sent = sum(report.tally.succeeded.values())
    beside = "nothing was sent"
    if report.blocked_by == "rejects":
        beside = f"{sent} row(s) were taken before that"
    elif sent:
        beside += f" but {sent} removal(s) for want of consent or an erasure"
    message = (
        f"{report.sync_name}: {report.blocked_because}; {beside}. {would}. If this is right, use "
        f"{_ALLOWED_BY[report.blocked_by or 'removals']} this once"
    )
    return StateRefusedError(message)


def _manifest_of(target: AnyTarget) -> Mapping[str, Any]:
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
