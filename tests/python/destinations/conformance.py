"""What the conformance suite knows of a destination, and the engine as far as it needs one.

A destination joins the suite with a ``Kit``: how to open it against a stand-in of its vendor, what
a row looks like, and what the stand-in holds afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from stub_server import FakeTime, StubServer
from warehouse_cdp.activation.protocol import Batch, Destination, Opening, Row
from warehouse_cdp.destinations.http import Patience, Wire
from warehouse_cdp.destinations.pacing import Timing
from warehouse_cdp.errors import BatchRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from stub_server import Exchange, Reply
    from warehouse_cdp.activation.protocol import (
        DestinationType,
        Mode,
        OnLeave,
        Operation,
        Outcome,
        Value,
    )

PATIENCE = Patience(attempts=4, connect_time=5.0, read_time=0.4, answer_time=5.0)
KEY = "cdp_customer_id"


class Kit:
    """One destination and the stand-in of its vendor."""

    name: ClassVar[str]
    mode: ClassVar[Mode] = "upsert"
    key: ClassVar[str] = KEY
    columns: ClassVar[tuple[str, ...]] = (KEY, "email", "firstname")
    # Ways to leave after which the stand-in holds nothing of the row.
    leaving: ClassVar[tuple[OnLeave, ...]]
    # Whether a bad row is told apart by the destination, or its batch refused.
    tells_bad_rows: ClassVar[bool] = True
    # How many requests one write of two rows takes: a fault may befall each.
    requests_of_a_write: ClassVar[int] = 1
    full_batch: ClassVar[int] = 100
    # Whether it is reached through HTTP, so that the stand-in can break connections.
    speaks_http: ClassVar[bool] = True
    # Where a database is needed, the suite puts its address here.
    needs_database: ClassVar[bool] = False
    database: ClassVar[str] = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.time = FakeTime()
        self.wire = Wire(PATIENCE, Timing(self.time.monotonic, self.time.wall, self.time.sleep))
        self.server = StubServer(self.answer)

    def close(self) -> None:
        self.server.close()

    def answer(self, exchange: Exchange) -> Reply:
        """What the stand-in answers, where there is HTTP."""
        raise NotImplementedError

    def type(self) -> DestinationType:
        raise NotImplementedError

    def settings(self) -> dict[str, object]:
        return {"base_url": self.server.url, "allow_private_network": True}

    def secrets(self) -> dict[str, str]:
        return {}

    def values(self, key: str, version: int) -> dict[str, Value]:
        """A good row. Every text but the key has a canary in it."""
        return {
            KEY: key,
            "email": f"canary-{key}-{version}@x.test",
            "firstname": f"Canary {version}",
        }

    def poison(self, key: str) -> dict[str, Value]:
        """A row that the vendor refuses."""
        return {**self.values(key, 1), "firstname": "canary poison"}

    def held(self) -> Mapping[str, Mapping[str, object]]:
        """What the stand-in holds, by key, without the key and without what is empty."""
        raise NotImplementedError

    def expected(self, key: str, version: int) -> Mapping[str, object]:
        """What it must hold of a good row."""
        return {
            name: value for name, value in self.values(key, version).items() if name != self.key
        }

    def told(self, key: str, address: str) -> object:
        """What the stand-in must hold of an address of a customer that the suite did not make."""
        del key
        return address

    def violations(self) -> Sequence[str]:
        """What the stand-in found wrong with requests."""
        return ()

    def opening(self, **settings: object) -> Opening:
        kind = self.type()
        defaults = {
            one.name: one.default for one in kind.capabilities.settings if one.default is not None
        }
        return Opening(
            "sync_x", "r1", "dev", self.mode, self.columns, (self.key,),
            {**defaults, **self.settings(), **settings}, folder=self.folder,
            secrets=self.secrets(), batch_rows=kind.capabilities.batch_rows,
            concurrency=kind.capabilities.concurrency,
        )  # fmt: skip

    def open(self, **settings: object) -> Destination:
        opened = self.type().open(self.opening(**settings))
        assert isinstance(opened, Destination)
        return opened


@dataclass
class Engine:
    """Makes batches, keeps what was acknowledged, halves what is refused."""

    kit: Kit
    destination: Destination
    known: dict[str, Outcome] = field(default_factory=dict)
    deliveries: int = 0
    # Keys that the engine has for those that the destination knows: of customers merged since.
    merged_into: dict[str, str] = field(default_factory=dict)

    def write(
        self, *keys: str, version: int = 1, poisoned: Iterable[str] = ()
    ) -> dict[str, Outcome]:
        bad = set(poisoned)
        return self._deliver(
            [
                self._row(
                    key,
                    "change" if key in self.known else "add",
                    self.kit.poison(key) if key in bad else self.kit.values(key, version),
                    f"i-{key}-{version}",
                )
                for key in keys
            ]
        )

    def remove(self, *keys: str, on_leave: OnLeave, reason: str = "left") -> dict[str, Outcome]:
        outcomes = self._deliver(
            [
                self._row(key, "remove", {self.kit.key: key}, f"i-{key}-gone", on_leave, reason)
                for key in keys
            ]
        )
        for key, outcome in outcomes.items():
            if outcome.status == "acknowledged":
                self.known.pop(key, None)
        return outcomes

    def halve(self, *keys: str, poisoned: Iterable[str]) -> dict[str, Outcome | str]:
        """Write, and halve what is refused until the refused rows stand alone."""
        try:
            return dict(self.write(*keys, poisoned=poisoned))
        except BatchRefusedError as refused:
            if len(keys) == 1:
                return {keys[0]: refused.code}
        middle = len(keys) // 2
        return {
            **self.halve(*keys[:middle], poisoned=poisoned),
            **self.halve(*keys[middle:], poisoned=poisoned),
        }

    def _row(
        self,
        key: str,
        operation: Operation,
        values: Mapping[str, Value],
        idempotency_key: str,
        on_leave: OnLeave | None = None,
        reason: str = "data",
    ) -> Row:
        known = self.known.get(key)
        return Row(
            self.merged_into.get(key, key), operation, reason, idempotency_key, values,
            known.destination_id if known else None,
            known.remembered if known else None,
            on_leave,
        )  # fmt: skip

    def _deliver(self, rows: Sequence[Row]) -> dict[str, Outcome]:
        self.deliveries += 1
        lane = "remove" if rows[0].operation == "remove" else "write"
        name = "+".join(row.idempotency_key for row in rows[:3]) + f"+{len(rows)}"
        batch = Batch(
            "r1", self.deliveries, "remove" if lane == "remove" else "write", self.kit.mode,
            name, tuple(rows),
        )  # fmt: skip
        outcomes = dict(self.destination.deliver(batch))
        assert set(outcomes) <= {row.key for row in rows}
        for row in rows:
            outcome = outcomes.get(row.key)
            if lane == "write" and outcome is not None and outcome.status == "acknowledged":
                self.known[str(row.values[self.kit.key])] = outcome
        return outcomes


KITS: dict[str, type[Kit]] = {}


def kit(made: type[Kit]) -> type[Kit]:
    """Enter a kit into the suite."""
    KITS[made.name] = made
    return made
