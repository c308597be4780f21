"""One address, several customers: nobody is taken off an audience by somebody else's leaving."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from sync_worlds import MemoryDestination, Person, World
from warehouse_cdp.activation.hashing import META, identifier
from warehouse_cdp.destinations.hashed_audiences import HashedAudience
from warehouse_cdp.errors import DestinationUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_cdp.activation import Batch, Outcome, Row
    from warehouse_cdp.destinations.hashed_audiences import Member

FIELDS = {"email_address": "EMAIL"}
NAMES = st.sampled_from([f"cus_{number}" for number in range(5)])
ADDRESSES = st.sampled_from([f"p{number}@x.test" for number in range(4)])


@dataclass
class AudienceDestination(MemoryDestination):
    """An audience as platforms have it: a set of hashes, added and removed by the real class."""

    members: set[str] = field(default_factory=set)
    loses_answers_to_removals: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.open()

    def open(self) -> None:
        """As each run does: what the last one knew of owners is forgotten."""
        self.audience = HashedAudience(
            META, FIELDS, tuple(FIELDS), self._add, self._remove, 1000, ("id",)
        )

    def _add(self, members: Sequence[Member]) -> None:
        self.members |= {one.identifiers["email_address"] for one in members}

    def _remove(self, members: Sequence[Member]) -> None:
        self.members -= {one.identifiers["email_address"] for one in members}

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:
        return self.audience.remembered_of(row)

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        self.batches.append(batch)
        if self.fails and len(self.batches) > self.fails_after:
            raise self.fails.pop(0)
        found = self.audience.deliver(batch)
        is_lost = self.loses_answers_to_removals and batch.lane == "remove"
        return {} if self.loses_answers or is_lost else found


class AudienceWorld(World):
    """A world whose destination knows people by the hash of their address only."""

    destination: AudienceDestination

    def run(self) -> str:
        self.destination.open()
        return self.sync().status

    @property
    def is_right(self) -> bool:
        wanted = {identifier(META, "EMAIL", address) for address, _ in self.wanted.values()}
        return self.destination.members == wanted


def audience_world(folder: Path, everybody: dict[str, Person]) -> AudienceWorld:
    world = AudienceWorld(folder, everybody, destination=AudienceDestination())
    world.config = replace(world.config, mode="audience", on_leave="remove_from_list", batch_rows=2)
    return world


@pytest.fixture
def world(tmp_path: Path) -> AudienceWorld:
    made = audience_world(tmp_path, {"cus_a": Person("e@x.test"), "cus_b": Person("b@x.test")})
    assert made.run() == "succeeded"
    return made


def test_who_shares_an_address_stays_when_the_other_leaves(world: AudienceWorld) -> None:
    world.people["cus_b"].email = "e@x.test"
    assert world.run() == "succeeded"
    assert world.is_right
    world.people["cus_a"].is_in_model = False
    assert world.run() == "succeeded"
    assert world.is_right
    assert len(world.destination.members) == 1
    world.people["cus_b"].is_in_model = False
    assert world.run() == "succeeded"
    assert world.destination.members == set()


def test_a_removal_whose_answer_was_lost_does_not_take_the_new_owner_away(
    world: AudienceWorld,
) -> None:
    world.people["cus_a"].is_in_model = False
    world.people["cus_b"].email = "e@x.test"
    world.destination.loses_answers_to_removals = True
    assert world.run() == "partial"
    world.destination.loses_answers_to_removals = False
    assert world.state("select sync_key, status from sync_outbox") == [("cus_a", "in_doubt")]
    assert world.run() == "succeeded"
    assert world.is_right
    assert len(world.destination.members) == 1
    assert world.run() == "unchanged"


def test_an_address_that_passed_on_before_an_outage_stays_with_its_new_owner(
    tmp_path: Path,
) -> None:
    # cus_a gives its address up, cus_b takes it; cus_b is written, then the platform is down.
    world = audience_world(tmp_path, {"cus_b": Person("b@x.test"), "cus_z": Person("e@x.test")})
    world.config = replace(world.config, batch_rows=1)
    assert world.run() == "succeeded"
    world.people["cus_b"].email, world.people["cus_z"].email = "e@x.test", "z@x.test"
    world.destination.fails = [DestinationUnavailableError("503")]
    world.destination.fails_after = len(world.destination.batches) + 1
    assert world.run() == "partial"
    world.destination.fails = []
    assert world.run() == "succeeded"
    assert world.is_right
    assert len(world.destination.members) == 2


class AddressHistories(RuleBasedStateMachine):
    """Addresses pass from one to another between runs, some of which go wrong."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sync-addresses-"))
        self.world = audience_world(self.folder, {})

    @rule(name=NAMES, address=ADDRESSES)
    def take(self, name: str, address: str) -> None:
        self.world.people.setdefault(name, Person(address)).email = address

    @rule(name=NAMES)
    def segment(self, name: str) -> None:
        if name in self.world.people:
            self.world.people[name].is_in_model = not self.world.people[name].is_in_model

    @rule(name=NAMES, heir=NAMES)
    def merge(self, name: str, heir: str) -> None:
        if name < heir and {name, heir} <= self.world.people.keys():
            self.world.people[name].merged_into = heir

    @rule(name=NAMES)
    def unmerge(self, name: str) -> None:
        if name in self.world.people:
            self.world.people[name].merged_into = None

    @rule()
    def run_without_answers(self) -> None:
        self.world.destination.loses_answers = True
        self.world.run()
        self.world.destination.loses_answers = False

    @rule(batches=st.integers(0, 3))
    def run_into_an_outage(self, batches: int) -> None:
        self.world.destination.fails = [DestinationUnavailableError("503")]
        self.world.destination.fails_after = len(self.world.destination.batches) + batches
        self.world.run()
        self.world.destination.fails = []

    @rule()
    def run_clean(self) -> None:
        assert self.world.run() in {"succeeded", "unchanged"}
        assert self.world.is_right
        assert self.world.run() == "unchanged"

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.run_clean()
            shutil.rmtree(self.folder)


TestAddressHistories = AddressHistories.TestCase
TestAddressHistories.settings = settings(
    max_examples=int(os.environ.get("CDP_SYNC_HISTORIES", "6")),
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
