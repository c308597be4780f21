"""Nothing vanishes between the raw files and the marts; computed apart from the project's SQL."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from worlds import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from worlds import Project

RAW = ROOT / "seeds/sample/raw"
Row = dict[str, str]


def rows(table: str) -> list[Row]:
    with (RAW / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def counting(versions: Iterable[Row], key: str) -> tuple[dict[str, Row], int]:
    """The version of each key that counts, and how many keys have none.

    By the rule of ADR 6, written a second time on purpose: the latest load wins, a load that
    contradicts itself is set aside.
    """
    loads: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in versions:
        if row[key].strip():
            loads[row[key].strip()][row["_loaded_at"]].append(row)
    chosen, lost = {}, 0
    for value, by_load in loads.items():
        for _, same_load in sorted(by_load.items(), reverse=True):
            if len({tuple(row.items()) for row in same_load}) == 1:
                chosen[value] = same_load[0]
                break
        else:
            lost += 1
    return chosen, lost


def amount(text: str, *, comma: bool) -> Decimal:
    plain = text.replace(".", "").replace(",", ".") if comma else text
    return Decimal(plain or "0")


@pytest.mark.parametrize(
    ("source", "table", "key", "column", "comma"),
    [
        ("shop_uk", "shop_uk/orders", "id", "total_price", False),
        ("shop_de", "shop_de/orders", "id", "total_price", True),
        ("pos", "pos/receipts", "receipt_no", "total", False),
    ],
)
def test_revenue_ties_to_the_cent_by_source(
    committed_sample: Project, source: str, table: str, key: str, column: str, *, comma: bool
) -> None:
    """Raw totals equal the orders of the mart, counted or not, whoever they belong to."""
    versions = [row for row in rows(table) if row.get("receipt_type", "sale") != "return"]
    chosen, _ = counting(versions, key)
    expected = sum((amount(row[column], comma=comma) for row in chosen.values()), Decimal())
    found = committed_sample.query(
        "select sum(gross_amount - discount_amount + shipping_amount), count(*) "
        f"from dev_marts.orders where source = '{source}'"
    )
    assert found == [(expected, len(chosen))]


def one_spelling(source: str, key: str) -> str:
    """Keys that are hashed are brought into one form before."""
    if source == "devices":
        return re.sub("[^0-9a-f]", "", key.lower())
    return key.lower() if source == "email" else key


PERSON_TABLES = [
    ("crm", "crm/contacts", "id"),
    ("loyalty", "loyalty/members", "card_no"),
    ("support", "support/requesters", "id"),
    ("social", "social/profiles", "profile_id"),
    ("email", "email/subscribers", "email"),
    ("devices", "devices/registrations", "mac_address"),
]


@pytest.mark.parametrize(("source", "table", "key"), PERSON_TABLES)
def test_every_living_person_record_has_a_customer(
    committed_sample: Project, source: str, table: str, key: str
) -> None:
    versions = [{**row, key: one_spelling(source, row[key])} for row in rows(table)]
    chosen, _ = counting(versions, key)
    living = [row for row in chosen.values() if row.get("_deleted", "false") != "true"]
    found = committed_sample.query(
        "select count(*), count(distinct customer_id) > 0 from dev_identity.identity_map "
        f"where source = '{source}'"
    )
    assert found == [(len(living), True)]


def test_every_record_of_the_input_layer_is_in_the_map_and_every_customer_in_the_mart(
    committed_sample: Project,
) -> None:
    counts = committed_sample.query(
        """
        select
            (select count(*) from dev_intermediate.int_persons_unioned),
            (select count(*) from dev_identity.identity_map),
            (select count(distinct customer_id) from dev_identity.identity_map),
            (select count(*) from dev_marts.customers)
        """
    )[0]
    assert counts[0] == counts[1] > 0
    assert counts[2] == counts[3] > 0


def test_events_tie_to_the_raw_files(committed_sample: Project) -> None:
    chosen, _ = counting(rows("web/events"), "event_id")
    found = committed_sample.query(
        "select count(*) from dev_marts.customer_events "
        "where source = 'web' and interaction_type = 'event'"
    )
    assert found == [(len(chosen),)]


@pytest.mark.parametrize(
    ("clock", "is_fresh"), [("2026-06-30 06:00:00", True), ("2027-06-30", False)]
)
def test_freshness_is_judged_against_the_clock_of_the_run(
    committed_sample: Project, clock: str, *, is_fresh: bool
) -> None:
    outcome = committed_sample.dbt("source", "freshness", "--vars", f'{{"as_of": "{clock}"}}')
    assert (outcome.code == 0) is is_fresh, outcome.output
