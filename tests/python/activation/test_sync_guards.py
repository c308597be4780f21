"""Plans that look like a mistake upstream, and runs that must not be: refused, and told how to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sync_worlds import Person, World, people
from warehouse_cdp.errors import StateRefusedError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, people(7))


def test_an_empty_model_removes_nobody(world: World) -> None:
    world.sync()
    world.with_guards()
    for person in world.people.values():
        person.is_in_model = False
    report = world.sync()
    assert (report.status, report.blocked_by) == ("blocked", "removals")
    assert len(world.destination.rows) == 7
    assert world.sync(allowed=frozenset({"removals"})).status == "succeeded"
    assert world.destination.rows == {}


def test_no_guard_stops_removals_for_want_of_consent(world: World) -> None:
    world.sync()
    world.with_guards(max_remove_share=0.0, min_source_rows=1000)
    for person in world.people.values():
        person.is_granted = False
    assert world.sync().status == "succeeded"
    assert world.destination.rows == {}


def test_a_blocked_run_still_removes_who_withdrew_and_nothing_else(world: World) -> None:
    world.sync()
    world.with_guards(max_remove_share=0.2)
    for name in ("cus_1", "cus_2", "cus_3"):
        world.people[name].is_in_model = False
    world.people["cus_0"].is_granted = False
    world.people["cus_9"] = Person("new@x.test")
    report = world.sync()
    assert report.status == "blocked"
    assert sorted(world.destination.rows) == ["cus_1", "cus_2", "cus_3", "cus_4", "cus_5", "cus_6"]


def test_a_model_whose_rows_nearly_all_changed_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path, people(110), config=replace(World.config, batch_rows=200))
    world.sync()
    world.with_guards()
    for person in world.people.values():
        person.score += 1
    report = world.sync()
    assert (report.status, report.blocked_by) == ("blocked", "changes")
    assert world.sync(allowed=frozenset({"changes"})).status == "succeeded"
    assert world.there == world.wanted


def test_another_destination_than_at_first_gets_nothing(world: World) -> None:
    world.sync()
    world.people["cus_0"].is_granted = False
    world.destination.name = "sandbox"
    report = world.sync()
    assert (report.status, report.blocked_by) == ("blocked", "destination")
    assert "cus_0" in world.destination.rows
    assert world.sync(allowed=frozenset({"destination"})).status == "succeeded"
    assert world.sync().status == "unchanged"


def test_a_second_run_at_once_is_refused(world: World) -> None:
    with world.store().locked(world.config.name), pytest.raises(StateRefusedError, match="another"):
        world.sync()
    assert world.sync().status == "succeeded"
