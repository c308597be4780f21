"""Three waves of change: what becomes of ids, history, events, segments and of everybody else.

Whom the sample stages is known by name; everybody else is checked against an oracle of sets.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from wave_cast import CAST, staged
from wave_clock import RULES, expected_members
from wave_oracle import changes_between, clusters_of, expected_ids, mint, resolved
from wave_untouched import CLOCK_COLUMNS, untouched_customers
from wave_worlds import (
    PEOPLE,
    SEED,
    Waves,
    branch,
    build_at,
    clock_of,
    customers_of,
    differences,
    frame,
    grown,
    scenario,
    segments_that_move,
    texts,
)
from worlds import build, load_wave

if TYPE_CHECKING:
    from pathlib import Path

    from worlds import Project

LATER_WAVES = pytest.mark.parametrize("wave", [2, 3])
EVERY_WAVE = pytest.mark.parametrize("wave", [1, 2, 3])
# A row says which build wrote it. Nothing else may tell one build from another.
BUILD_NAMES = {
    "int_build_context": frozenset({"build_id", "started_at"}),
    "identity_run_start": frozenset(
        {"build_id", "started_at", "newest_run_number", "is_full_refresh"}
    ),
    # How the matcher ran, in full or not: what it found must not tell.
    "identity_pairs": frozenset({"evidence"}),
    "identity_runs": frozenset(
        {"matching_mode", "matching_reason", "matched_record_count", "compared_pair_count"}
    ),
}


@pytest.fixture(scope="module")
def waves() -> Waves:
    return grown()


def past_and_present(waves: Waves, wave: int) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The maps of the waves before, and that of a wave."""
    *past, now = (customers_of(waves.after(number)) for number in range(1, wave + 1))
    return past, now


def seniority(project: Project) -> dict[str, tuple[int, str]]:
    """Sort keys of records, the oldest first; a record without a date comes last."""
    rows = project.query("select record_id, created_at from dev_intermediate.int_persons_unioned")
    dates = sorted({created for _, created in rows if created is not None})
    ranks = {created: rank for rank, created in enumerate(dates)}
    return {record: (ranks.get(created, len(dates)), record) for record, created in rows}


def in_run(project: Project, run: int, sql: str) -> list[tuple[Any, ...]]:
    return project.query(f"{sql} where run_number = {run}")


@EVERY_WAVE
def test_the_cast_is_put_together_and_kept_apart_as_staged(waves: Waves, wave: int) -> None:
    records, now = staged(waves), customers_of(waves.after(wave))
    expected = {
        frozenset(record for name in names.split() for record in records[name])
        for names in CAST[wave]
    }
    everyone = {record for group in records.values() for record in group}
    clusters = clusters_of(now)
    assert {cluster for cluster in clusters if cluster & everyone} == expected


def test_the_cast_keeps_gets_and_loses_ids_as_staged(waves: Waves) -> None:
    first, second, third = (customers_of(waves.after(wave)) for wave in (1, 2, 3))
    who = {name: group[0] for name, group in staged(waves).items()}
    aliases = dict(
        waves.second.query(
            "select retired_customer_id, customer_id from dev_identity.customer_id_aliases"
        )
    )
    # Carried: by whom was there, whichever record is the oldest or the smallest now.
    assert second[who["newer"]] == second[who["arrived"]] == first[who["oldest"]]
    assert second[who["added_crm"]] == first[who["added_shop"]]
    assert second[who["closed"]] == first[who["vanished"]]
    assert second[who["moved"]] == first[who["moved"]]
    assert third[who["erased"]] == first[who["erased"]]
    # Merged, and undone: the loser becomes an alias, and comes back as itself.
    loser, keeper = first[who["bridge_shop"]], first[who["bridge_crm"]]
    assert second[who["bridge_shop"]] == second[who["bridge_card"]] == keeper
    assert aliases[loser] == keeper
    assert (third[who["bridge_shop"]], third[who["bridge_crm"]]) == (loser, keeper)
    # A corrected e-mail: to a customer who was there, and to one that is new.
    assert first[who["asker"]] == first[who["lender_shop"]] == second[who["lender_shop"]]
    assert second[who["asker"]] == first[who["asker_shop"]]
    assert third[who["owner"]] == second[who["owner"]] == second[who["parted"]]
    assert third[who["parted"]] == mint(who["parted"])
    # A key reused is somebody else; the id that it founded is taken, so a generation is added.
    assert first[who["card"]] == third[who["holder_shop"]] == mint(who["card"])
    assert third[who["card"]] == mint(who["card"], {mint(who["card"])})
    # The larger part of a merge keeps its id.
    assert third[who["member_shop"]] == third[who["member_asks"]] == second[who["member_rest"]]
    # Retired: nothing is left that the id could mean.
    gone = waves.third.query(
        "select customer_id from dev_identity.customer_id_aliases "
        f"where retired_customer_id = '{second[who['closed']]}'"
    )
    assert gone == [(None,)]


@EVERY_WAVE
def test_every_id_is_carried_regained_or_minted_by_the_rule(waves: Waves, wave: int) -> None:
    past, now = past_and_present(waves, wave)
    assert expected_ids(past, clusters_of(now), seniority(waves.after(wave))) == now


@LATER_WAVES
def test_exactly_these_customers_and_records_changed(waves: Waves, wave: int) -> None:
    past, now = past_and_present(waves, wave)
    changes, project = changes_between(past, now), waves.after(wave)
    customers: dict[str, set[str]] = {}
    for kind, customer in in_run(
        project, wave, "select change_type, customer_id from dev_identity.identity_changes"
    ):
        customers.setdefault(kind, set()).add(customer)
    assert customers == changes.customers
    records: dict[str, set[tuple[str, str | None, str | None]]] = {}
    for kind, *row in in_run(
        project,
        wave,
        "select change_type, record_id, customer_id, previous_customer_id "
        "from cdp_state.dev.identity_assignments",
    ):
        records.setdefault(kind, set()).add(tuple(row))
    assert records == changes.records
    assert {"created", "merged", "grew"} <= set(customers)
    assert {"joined", "merged", "removed", {2: "moved", 3: "split"}[wave]} <= set(records)
    (told,) = in_run(
        project,
        wave,
        "select created_customer_count, merged_customer_count, split_customer_count, "
        "retired_customer_count, changed_record_count from dev_identity.identity_runs",
    )
    kinds = ("created", "merged", "split", "retired")
    counts = [len(changes.customers.get(kind, set())) for kind in kinds]
    assert told == (*counts, sum(len(rows) for rows in changes.records.values()))


@LATER_WAVES
def test_every_id_that_ever_was_lives_resolves_or_is_empty(waves: Waves, wave: int) -> None:
    past, now = past_and_present(waves, wave)
    found = waves.after(wave).query(
        "select retired_customer_id, customer_id from dev_identity.customer_id_aliases"
    )
    assert len(found) == len(dict(found))
    assert dict(found) == resolved(past, now)
    assert {customer for _, customer in found if customer} <= set(now.values())
    assert waves.after(wave).query(
        "select retired_customer_id, customer_id from dev_marts.retired_customers order by 1"
    ) == sorted(found)


@pytest.mark.parametrize(("then", "later"), [(1, 2), (1, 3), (2, 3)])
def test_who_was_who_is_remembered_exactly(waves: Waves, then: int, later: int) -> None:
    clock = clock_of(waves.after(then))
    remembered = waves.after(later).query(
        "select record_id, customer_id from dev_identity.identity_map_history "
        f"where valid_from <= timestamp '{clock}' "
        f"and (valid_to is null or valid_to > timestamp '{clock}')"
    )
    assert len(remembered) == len(dict(remembered))
    assert dict(remembered) == customers_of(waves.after(then))


@LATER_WAVES
def test_exactly_these_customers_entered_and_left_segments(waves: Waves, wave: int) -> None:
    members = "select segment_name, customer_id from dev_audiences.segment_members"
    project = waves.after(wave)
    past, now = past_and_present(waves, wave)
    meaning = resolved(past, now)
    before = {
        (segment, meaning.get(customer) or customer)
        for segment, customer in waves.after(wave - 1).query(members)
    }
    after = set(project.query(members))
    clock = clock_of(project)
    told = "select segment_name, customer_id from cdp_state.dev.segment_memberships where "
    entered = project.query(f"{told} entered_at = timestamp '{clock}'")
    left = project.query(f"{told} left_at = timestamp '{clock}'")
    assert sorted(entered) == sorted(after - before)
    assert set(left) == before - after
    assert set(project.query(f"{told} left_at is null")) == after
    assert entered
    assert left
    # Whoever stays keeps the time of entry.
    columns = "segment_name, customer_id_at_entry, entered_at"
    entries = f"select {columns} from cdp_state.dev.segment_memberships"
    assert set(waves.after(wave - 1).query(entries)) <= set(project.query(entries))


def test_a_merge_is_neither_leaving_nor_entering(waves: Waves) -> None:
    second, third = customers_of(waves.second), customers_of(waves.third)
    who = {name: group[0] for name, group in staged(waves).items()}
    loser, keeper = second[who["member_shop"]], third[who["member_shop"]]
    assert loser != keeper
    rows = waves.third.query(
        "select customer_id, customer_id_at_entry, entered_at::text, left_at "
        "from cdp_state.dev.segment_memberships where segment_name = 'seg_cart_abandoners' "
        f"and customer_id_at_entry in ('{loser}', '{keeper}')"
    )
    assert rows == [(keeper, loser, clock_of(waves.second), None)]


def test_withdrawal_and_erasure_close_at_once(waves: Waves) -> None:
    who = {name: group[0] for name, group in staged(waves).items()}

    def reached(wave: int, name: str, table: str) -> bool:
        customer = customers_of(waves.after(wave))[who[name]]
        return customer in texts(waves.after(wave), f"select customer_id from {table}")

    mailing, segmentable = "dev_activation.act_email__contacts", "dev_marts.segmentable_customers"
    assert [reached(wave, "opted_out", mailing) for wave in (1, 2, 3)] == [True, False, False]
    assert all(reached(wave, "opted_out", segmentable) for wave in (1, 2, 3))
    assert [reached(wave, "erased", segmentable) for wave in (1, 2, 3)] == [True, True, False]
    assert not reached(3, "erased", mailing)
    assert not reached(3, "erased", "dev_audiences.segment_members")
    assert not reached(3, "erased", "dev_activation.act_ads__audience_members")


@LATER_WAVES
def test_nobody_untouched_changed(waves: Waves, wave: int) -> None:
    before, after = waves.after(wave - 1), waves.after(wave)
    same = untouched_customers(before, after)
    everybody = set(customers_of(before).values())
    assert 60 <= len(same) < len(everybody)
    kept = ", ".join(f"('{customer}')" for customer in sorted(same))
    for table in (
        "dev_identity.identity_map", "dev_marts.customers", "dev_marts.customer_traits",
        "dev_marts.customer_identifiers", "dev_marts.customer_consents", "dev_marts.orders",
        "dev_marts.order_items", "dev_marts.customer_events", "dev_marts.sessions",
        "cdp_state.dev.identity_assignments",
    ):  # fmt: skip
        columns = frame(before, f"describe {table}")["column_name"]
        fixed = ", ".join(name for name in columns if not re.search(CLOCK_COLUMNS, name))
        rows = f"select {fixed} from {table} semi join (values {kept}) as same (customer_id) "
        rows += "using (customer_id) order by all"
        assert before.query(rows) == after.query(rows), table
    changed = texts(
        after,
        f"select customer_id from dev_identity.identity_changes where run_number = {wave}",
    )
    assert not same & set(changed)


def test_a_login_reveals_months_of_visits_and_late_rows_count(waves: Waves) -> None:
    (login,) = scenario(waves.third, "login_reveals_past")
    device = login["anonymous"][0].partition(":")[2]
    customer = customers_of(waves.first)[login["shop_uk"][0]]
    visits = (
        "select customer_id, customer_id_at_event from dev_marts.customer_events "
        f"where anonymous_id = '{device}' and occurred_at < timestamp '{clock_of(waves.first)}'"
    )
    assert set(waves.first.query(visits)) == {(None, None)}
    assert set(waves.second.query(visits)) == {(customer, None)}
    # What nobody knew at first stays unknown in the second column for ever.
    assert set(waves.third.query(visits)) == {(customer, None)}
    (late,) = scenario(waves.third, "late_order")
    number = late["order_number"][0].partition(":")[2]
    order = f"select customer_id from dev_marts.orders where order_number = '{number}'"
    assert waves.first.query(order) == []
    assert set(waves.second.query(order)) == {(customers_of(waves.first)[late["shop_uk"][0]],)}


def test_an_hourly_run_attaches_new_events_and_touches_no_id(waves: Waves) -> None:
    first, hourly = waves.first, waves.hourly
    for table in ("identity_assignments", "identity_match_model", "segment_memberships"):
        rows = f"select * from cdp_state.dev.{table} order by all"
        assert first.query(rows) == hourly.query(rows), table
    for schema in ("identity", "segments", "audiences"):
        tables = texts(
            first,
            "select table_name from information_schema.tables "
            f"where table_schema = 'dev_{schema}' and table_type = 'BASE TABLE'",
        )
        for table in tables:
            rows = f"select * from dev_{schema}.{table} order by all"
            assert first.query(rows) == hourly.query(rows), table
    known = set(customers_of(first).values())
    events = "select event_id, customer_id, customer_id_at_event from dev_marts.customer_events"
    before = {row[0] for row in first.query(events)}
    new = [row for row in hourly.query(events) if row[0] not in before]
    attached = {customer for _, customer, _ in new if customer}
    assert len(attached) > 20
    assert attached <= known
    assert all(now == then for _, now, then in new)
    # There are contacts whom identity will only meet in the night.
    unmet = "select count(*) from dev_staging.stg_crm__contacts where record_id not in "
    assert hourly.query(f"{unmet} (select record_id from dev_identity.identity_map)") > [(0,)]
    orders = "select order_id, customer_id, identity_status from dev_marts.orders"
    old = {row[0] for row in first.query(orders)}
    told = {status for order, who, status in hourly.query(orders) if order not in old and who}
    assert told == {"known"}
    # Of every new order whose record identity knows, none waits for the night.
    waiting = hourly.query(
        "select count(*) from dev_marts.orders inner join dev_identity.identity_map "
        "on orders.person_record_id = identity_map.record_id where orders.customer_id is null"
    )
    assert waiting == [(0,)]


def test_a_rebuilt_warehouse_is_the_same_and_state_is_left_alone(
    waves: Waves, tmp_path: Path
) -> None:
    rebuilt = branch(waves.third, tmp_path / "rebuilt")
    rebuilt.warehouse.unlink()
    load_wave(rebuilt, PEOPLE, SEED, 3)
    build(rebuilt, "--full-refresh")
    modes = {
        name: project.query("select distinct matching_mode from dev_identity.identity_runs")
        for name, project in (("waves", waves.third), ("rebuilt", rebuilt))
    }
    assert set(modes["waves"]) == {("incremental",), (None,)}
    assert ("incremental",) not in modes["rebuilt"]
    assert differences(waves.third, rebuilt, BUILD_NAMES) == {}


def test_another_time_zone_and_number_of_threads_change_nothing(
    waves: Waves, tmp_path: Path
) -> None:
    away = branch(waves.hourly, tmp_path / "away")
    profile = away.folder / "profiles.yml"
    text = profile.read_text()
    assert "threads: 2\n" in text
    assert "TimeZone: UTC" in text
    settings = "TimeZone: Pacific/Auckland\n        threads: 1"
    text = text.replace("threads: 2\n", "threads: 5\n").replace("TimeZone: UTC", settings)
    profile.write_text(text)
    build_at(away, clock_of(away), environment={"TZ": "Pacific/Auckland"})
    names = {"*": frozenset({"run_id", "assignment_id"}), **BUILD_NAMES}
    assert differences(waves.second, away, names) == {}


def test_time_alone_moves_exactly_the_segments_that_look_at_the_clock(
    waves: Waves, tmp_path: Path
) -> None:
    project = branch(waves.third, tmp_path / "later")
    members = "select segment_name, customer_id from dev_audiences.segment_members"
    before = set(waves.third.query(members))
    for days in (1, 400):
        build_at(project, clock_of(waves.third, days), "--select", "+segment_memberships")
        declared = segments_that_move(waves.third)
        assert customers_of(project) == customers_of(waves.third)
        after = set(project.query(members))
        clock = datetime.fromisoformat(clock_of(waves.third, days))
        for segment, moves in declared.items():
            was = {customer for name, customer in before if name == segment}
            now = {customer for name, customer in after if name == segment}
            if segment in RULES:
                assert now == expected_members(waves.third, segment, clock), (segment, days)
            if not moves:
                assert now == was, f"{segment} moved in {days} days, although it says it does not"
            elif days == 400:
                assert now != was or not was, f"{segment} did not move, although it says it does"
    for segment in ("seg_lapsing", "seg_cart_abandoners", "seg_high_value"):
        assert any(name == segment for name, _ in before)
