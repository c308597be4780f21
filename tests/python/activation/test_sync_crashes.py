"""Runs that are killed at random moments: nothing is lost, and little is sent twice.

CDP_CRASH_ROUNDS sets how many (`make crashes` tries many).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from sync_crashing import HttpDestination, Stub
from sync_worlds import World, people
from worlds import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sync_worlds import Person

ROUNDS = int(os.environ.get("CDP_CRASH_ROUNDS", "6"))
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
ROWS, BATCH_ROWS = 400, 20


@pytest.fixture
def stub() -> Iterator[Stub]:
    made = Stub()
    yield made
    made.close()


def change(everybody: dict[str, Person], chance: random.Random) -> None:
    """Some change, some leave, some come: adds, changes and removals in every round."""
    names = sorted(everybody)
    for name in chance.sample(names, 60):
        everybody[name].score += 1
    for name in chance.sample(names, 40):
        everybody[name].is_granted = not everybody[name].is_granted
    for name in chance.sample(names, 40):
        everybody[name].is_in_model = not everybody[name].is_in_model


def start(world: World, stub: Stub) -> subprocess.Popen[str]:
    """Begin a run in another process and wait until it is about to open the warehouse."""
    world.runs += 1
    running = subprocess.Popen(
        [
            sys.executable, str(Path(__file__).with_name("sync_crashing.py")),
            str(world.folder), stub.url, str(world.runs * 1000), str(BATCH_ROWS),
        ],
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests/python'}:{Path(__file__).parent}",
        },
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    with running.stdout as said:
        assert said.readline() == "ready\n"
    return running


@pytest.mark.parametrize("seed", range(max(1, ROUNDS // 6)))
def test_whatever_kills_a_run_every_row_arrives_and_none_is_lost(
    tmp_path: Path, stub: Stub, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - moments, no secrets
    stub.seconds = 0.02
    world = World(tmp_path, people(ROWS))
    kills = 0
    for number in range(min(ROUNDS, 6)):
        change(world.people, chance)
        world.build()
        running = start(world, stub)
        time.sleep(chance.uniform(0.05, 0.9))
        running.send_signal(SIGNALS[number % len(SIGNALS)])
        running.wait(timeout=60)
        kills += running.returncode != 0
        journals = "".join(path.read_text() for path in tmp_path.rglob("*.journal"))
        assert "x.test" not in journals
    world.sync(destination=HttpDestination(stub.url))
    wanted = {
        name: {"id": name, "email_address": email, "score": score}
        for name, (email, score) in world.wanted.items()
    }
    assert stub.rows == wanted
    assert dict(world.state("select sync_key, 1 from sync_state")) == dict.fromkeys(wanted, 1)
    assert world.state("select count(*) from sync_outbox") == [(0,)]
    assert not list(tmp_path.rglob("*.journal"))
    repeated = sum(count - 1 for count in Counter(stub.batches).values())
    assert repeated <= kills
    assert kills >= 1
    assert world.sync(destination=HttpDestination(stub.url)).status == "unchanged"


def test_a_run_that_is_asked_to_stop_loses_no_answer(tmp_path: Path, stub: Stub) -> None:
    stub.seconds = 0.05
    world = World(tmp_path, people(ROWS))
    running = start(world, stub)
    while len(stub.batches) < 3:
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=60) == 0
    assert len(stub.rows) < ROWS
    acknowledged = world.state("select count(*) from sync_state")
    assert acknowledged == [(len(stub.rows),)]
    assert world.state("select status from sync_runs") == [("interrupted",)]
    sent = len(stub.batches)
    world.sync(destination=HttpDestination(stub.url))
    assert len(stub.rows) == ROWS
    assert len(set(stub.batches)) == len(stub.batches) > sent


def test_the_files_are_not_held_while_a_destination_takes_its_time(
    tmp_path: Path, stub: Stub
) -> None:
    stub.seconds = 0.4
    world = World(tmp_path, people(60))
    running = start(world, stub)
    while not stub.batches:
        time.sleep(0.01)
    for path in (world.target.warehouse, world.target.state):
        with duckdb.connect(str(path)) as connection:  # as a build would, to write
            connection.execute("create table somebody_else (a int)")
    assert running.wait(timeout=60) == 0
    assert len(stub.rows) == 60
