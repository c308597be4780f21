"""What is made, begun and answered in which order while a plan is sent."""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from warehouse_cdp.activation.protocol import ACKNOWLEDGED, Batch, Row
from warehouse_cdp.activation.sending import Answer, send_all
from warehouse_cdp.activation.statements import META_COLUMNS
from warehouse_cdp.warehouse.sync_store import planned_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from warehouse_cdp.activation import Destination, Outcome


class Waiting:
    """A destination that answers the first batch when the second was made."""

    def __init__(self) -> None:
        self.second_was_made = threading.Event()

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        assert self.second_was_made.wait(30)
        return dict.fromkeys((row.key for row in batch.rows), ACKNOWLEDGED)


def test_the_next_batch_is_made_meanwhile_and_begun_only_when_there_is_a_place() -> None:
    destination, events = Waiting(), []

    def batches() -> Iterator[Batch]:
        for number in (1, 2, 3):
            if number > 1:
                destination.second_was_made.set()
            row = Row(f"cus_{number}", "add", "data", f"key {number}", {}, number=number)
            yield Batch("run", number, "write", "upsert", f"batch {number}", (row,))

    def begin(batch: Batch) -> None:
        events.append(("begin", batch.number))

    def answer(found: Answer) -> bool:
        events.append(("answer", found.batch.number))
        return found.batch.number < 2

    stopped = send_all(
        cast("Destination", destination), batches(), 1, "secret", count(4), begin, answer
    )
    assert stopped is None
    assert events == [("begin", 1), ("answer", 1), ("begin", 2), ("answer", 2)]  # the third is not


def test_rows_of_a_plan_come_in_order_from_tables_of_any_size() -> None:
    def table(first: int, rows: int) -> pa.Table:
        cells: dict[str, list[Any]] = {
            f"column_{place}": [f"text {place}"] * rows for place in range(1, META_COLUMNS + 2)
        }
        return pa.table({"column_0": list(range(first, first + rows)), **cells})

    found = list(planned_rows([table(1, 0), table(1, 2300), table(2301, 5)]))
    assert [row.number for row in found] == list(range(1, 2306))
    assert found[0].cells == ("text 12", "text 13")
    assert (found[-1].key, found[-1].contact_value) == ("text 1", "text 11")
