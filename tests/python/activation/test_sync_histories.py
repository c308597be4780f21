"""Any history of customers, consent, merges, erasures and outages: the destination is the view.

CDP_SYNC_HISTORIES sets how many are tried.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from sync_worlds import MemoryDestination, Person, World, people
from warehouse_cdp.errors import DestinationUnavailableError

NAMES = st.sampled_from([f"cus_{number}" for number in range(6)])
SCORES = st.integers(0, 3)


class Forgetful(MemoryDestination):
    """Applies what it gets; while told so, its answers do not arrive."""

    def deliver(self, batch):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
        found = super().deliver(batch)
        return {} if self.loses_answers else found


class Histories(RuleBasedStateMachine):
    """Changes between runs, and runs that go wrong."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sync-history-"))
        self.world = World(self.folder, people(4), destination=Forgetful())

    @rule(name=NAMES, score=SCORES)
    def change(self, name: str, score: int) -> None:
        person = self.world.people.setdefault(name, Person(f"{name}@x.test"))
        person.score = score

    @rule(name=NAMES, mail=st.sampled_from(["a", "b"]))
    def move(self, name: str, mail: str) -> None:
        if name in self.world.people:
            self.world.people[name].email = f"{name}-{mail}@x.test"

    @rule(name=NAMES)
    def consent(self, name: str) -> None:
        if name in self.world.people:
            self.world.people[name].is_granted = not self.world.people[name].is_granted

    @rule(name=NAMES)
    def segment(self, name: str) -> None:
        if name in self.world.people:
            self.world.people[name].is_in_model = not self.world.people[name].is_in_model

    @rule(name=NAMES, heir=NAMES)
    def merge(self, name: str, heir: str) -> None:
        alive = self.world.people
        if name < heir and name in alive and heir in alive and not alive[name].is_erased:
            alive[name].merged_into = heir

    @rule(name=NAMES)
    def erase(self, name: str) -> None:
        if name in self.world.people and self.world.people[name].merged_into is None:
            self.world.people[name].is_erased = True

    @rule(name=NAMES)
    def unmerge(self, name: str) -> None:
        if name in self.world.people and not self.world.people[name].is_erased:
            self.world.people[name].merged_into = None

    @rule()
    def run_without_answers(self) -> None:
        self.world.destination.loses_answers = True
        self.world.sync()
        self.world.destination.loses_answers = False

    @rule()
    def run_into_an_outage(self) -> None:
        self.world.destination.fails = [DestinationUnavailableError("503")]
        self.world.destination.fails_after = len(self.world.destination.batches) + 1
        self.world.sync()
        self.world.destination.fails = []

    @rule()
    def run_clean(self) -> None:
        report = self.world.sync()
        assert report.status in {"succeeded", "unchanged"}
        assert self.world.there == self.world.wanted
        assert self.world.state("select count(*) from sync_outbox") == [(0,)]
        assert self.world.sync(build=False).status == "unchanged"

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.run_clean()
            shutil.rmtree(self.folder)


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=int(os.environ.get("CDP_SYNC_HISTORIES", "6")),
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
