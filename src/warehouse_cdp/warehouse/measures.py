"""Measuring a build of the sample against the sample's truth, which no model may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.evaluation import Evaluation, evaluate, true_interactions, truth_by_record
from warehouse_cdp.warehouse.connection import QUERY_ERRORS, in_target, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from warehouse_cdp.warehouse.connection import Connection
    from warehouse_cdp.warehouse.profile import AnyTarget

Rows = list[dict[str, str | None]]

ORDER_KINDS = ("order", "receipt")
EVENT_KINDS = ("event",)
"""The truth's name for what web, app and loyalty send; tickets, e-mails and the rest are not."""

_ASSIGNED = "select record_id, customer_id from {identity}.identity_map"
_COUNTED_ORDERS = """
    select order_id, customer_id, cast(coalesce(total_amount_reporting, 0) as double precision)
    from {marts}.orders
    where is_counted
"""
_EVENTS = """
    select interaction_id, customer_id
    from {marts}.customer_events
    where interaction_type = 'event'
"""
_GOLDEN = """
    select customer_id, email, address_line_1, city, postal_code, given_name, family_name
    from {marts}.customers
"""
_KEEPS_DELETIONS = """
    select table_name
    from information_schema.columns
    where table_catalog = $1 and table_schema = $2 and column_name in ('record_id', 'is_deleted')
    group by table_name
    having count(*) = 2
    order by table_name
"""
_DELETED = "select record_id from {table} where is_deleted"


def evaluate_build(connection: Connection, target: AnyTarget, sample_folder: Path) -> Evaluation:
    """Compare what the warehouse says with what is true.

    Revenue is the total of every counted order in the reporting currency.

    Raises:
        InputDataError: a truth file or a table of the build is missing.
    """
    records = _truth(sample_folder, "person_records")
    interactions = _truth(sample_folder, "interactions")
    persons = _truth(sample_folder, "persons")
    try:
        assigned = connection.execute(in_target(_ASSIGNED, target)).fetchall()
        orders = connection.execute(in_target(_COUNTED_ORDERS, target)).fetchall()
        events = connection.execute(in_target(_EVENTS, target)).fetchall()
        golden = _rows(connection.execute(in_target(_GOLDEN, target)))
        deleted = _deleted_records(connection, target)
    except QUERY_ERRORS as error:
        message = (
            f"{target.place} lacks a table to measure ({type(error).__name__}): "
            f"run `dbt build --target {target.name}`"
        )
        raise InputDataError(message) from None
    revenue = {str(order_id): float(amount) for order_id, _, amount in orders}
    customer_of = {str(order_id): customer for order_id, customer, _ in orders}
    customer_of |= {str(event_id): customer for event_id, customer in events}
    return evaluate(
        predicted=dict(assigned),
        truth=truth_by_record(records, target.hash_key),
        orders=true_interactions(interactions, ORDER_KINDS, revenue),
        events=true_interactions(interactions, EVENT_KINDS),
        customer_of=customer_of,
        persons=persons,
        customers={row["customer_id"]: row for row in golden},
        deleted=deleted,
    )


def _deleted_records(connection: Connection, target: AnyTarget) -> set[str]:
    """Records of which staging holds a version that says they were deleted."""
    place = [target.database, target.schema_of("staging")]
    deleted: set[str] = set()
    for (table,) in connection.execute(_KEEPS_DELETIONS, place).fetchall():
        there = quoted(*place, table)
        rows = connection.execute(_DELETED.format(table=there)).fetchall()
        deleted.update(str(record) for (record,) in rows if record is not None)
    return deleted


def _rows(cursor: Connection) -> Rows:
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _truth(sample_folder: Path, name: str) -> Rows:
    for ending in ("csv", "parquet"):
        path = sample_folder / "truth" / f"{name}.{ending}"
        if path.is_file():
            break
    else:
        message = (
            f"{sample_folder} has no truth/{name}.csv (or .parquet): --sample-dir must be a folder "
            "that `cdp sample` wrote"
        )
        raise InputDataError(message)
    reader = (
        "select * from read_parquet($1)"
        if path.suffix == ".parquet"
        else "select * from read_csv($1, all_varchar = true, header = true)"
    )
    try:
        with duckdb.connect() as connection:
            return _rows(connection.execute(reader, [str(path)]))
    except duckdb.Error as error:
        message = f"{path} cannot be read ({type(error).__name__}): write the sample again"
        raise InputDataError(message) from None
