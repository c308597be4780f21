"""What ``cdp sync`` does on a PostgreSQL target that dbt has built, from plan to explanation."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from postgres import Postgres
    from worlds import Outcome

SYNC = "sync_email__contacts"
BAD_RUNS = """
    insert into dev_cdp_state.sync_runs (
        sync_name, run_id, status, started_at, finished_at, planned_add_count,
        planned_change_count, planned_remove_count, attempted_add_count, attempted_change_count,
        attempted_remove_count, failed_add_count, failed_change_count, failed_remove_count
    )
    select
        'sync_bad', 'r' || number, 'succeeded', timestamp '2030-01-01' + number * interval '1 day',
        timestamp '2030-01-01' + number * interval '1 day'
        + case when number = 7 then interval '31 minutes' else interval '1 minute' end,
        case when number = 7 then 1600 else 1000 end, 0, 0, 1000, 0, 0,
        case when number = 7 then 11 else 10 end, 0, 0
    from generate_series(1, 7) as number
"""


@dataclass(frozen=True)
class ServerSyncs:
    """A built project and its server; ``cdp`` and ``dbt`` run for the target."""

    folder: Path
    server: Postgres
    cdp: Callable[..., Outcome]
    dbt: Callable[..., Outcome]

    def sync(self, *arguments: str) -> Any:  # noqa: ANN401 - what a command said as JSON
        outcome = self.cdp("sync", *arguments, "--json")
        assert outcome.code == 0, outcome.output
        return json.loads(outcome.output)

    def run(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sync(*arguments, SYNC)[0]
        return found

    def sent(self) -> list[dict[str, str]]:
        with (self.folder / f"out/postgres/{SYNC}.csv").open(encoding="utf-8") as lines:
            return list(csv.DictReader(lines))

    def wanted(self) -> int:
        rows = self.server.rows("select count(*) from dev_activation.act_email__contacts")
        return int(rows[0][0])


def check_runs(syncs: ServerSyncs) -> None:
    """Plan, send once, and send nothing twice."""
    wanted = syncs.wanted()
    assert wanted > 1
    dry = syncs.run("--dry-run")
    assert (dry["status"], dry["added"], dry["source"]) == ("planned", wanted, wanted)
    assert [one["operation"] for one in dry["sample"]] == ["add"] * min(5, wanted)
    assert not (syncs.folder / "out/postgres").exists()
    assert syncs.run()["status"] == "succeeded"
    assert len(syncs.sent()) == wanted
    assert syncs.run()["status"] == "unchanged"
    (status,) = syncs.sync("status", SYNC)
    assert (status["last_status"], status["there_count"]) == ("unchanged", wanted)


def check_withdrawal(syncs: ServerSyncs) -> None:
    """Who withdraws between two builds is removed by the engine's own gate, and it says why."""
    person = syncs.sent()[0]
    key, address = person["customer_id"], person["email"].replace("'", "''")
    (before,) = syncs.sync("explain", key, SYNC)
    assert (before["is_there"], before["because"]) == (True, "it is there as it should be")
    syncs.server.administer(
        "update dev_marts.consents set is_granted = false "
        f"where contact_point = '{address}' and purpose = 'marketing'"
    )
    dry = syncs.run("--dry-run")
    assert (dry["removed"], dry["removed_for_privacy"]) == (1, 1)
    assert dry["sample"] == [{"operation": "remove", "key": key}]
    assert syncs.run()["removed_for_privacy"] == 1
    assert key not in {one["customer_id"] for one in syncs.sent()}
    (after,) = syncs.sync("explain", key, SYNC)
    assert (after["is_there"], after["because"].partition(":")[0]) == (False, "held back"), after


def check_rejected_rows(syncs: ServerSyncs) -> None:
    """Rejected rows are in the view until they are let go, and bad runs make three tests warn."""
    syncs.server.administer(
        "insert into dev_cdp_state.sync_outbox (sync_name, sync_key, status, attempt_count) "
        f"values ('{SYNC}', 'cus_refused', 'set_aside', 7)"
    )
    view = "select sync_key, is_set_aside from dev_audiences.sync_rejected_rows"
    assert syncs.server.rows(view) == [("cus_refused", True)]
    assert syncs.sync("retry", SYNC) == {SYNC: 1}
    assert syncs.server.rows(view) == []
    fine = syncs.dbt("test", "--select", "sync_run_measures")
    assert (fine.code, "WARN=0 ERROR=0" in fine.output) == (0, True), fine.output
    syncs.server.administer(BAD_RUNS)
    warned = syncs.dbt("test", "--select", "sync_run_measures")
    assert (warned.code, "WARN=3 ERROR=0" in warned.output) == (0, True), warned.output


def check_syncs(syncs: ServerSyncs) -> None:
    """All of it, in order; leaves runs of a sync that does not exist in the state."""
    check_runs(syncs)
    check_withdrawal(syncs)
    check_rejected_rows(syncs)
