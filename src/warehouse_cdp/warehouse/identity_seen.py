"""What the matcher sees of a warehouse, by SQL: as Arrow tables, and as text that is kept.

DuckDB takes local variables for tables, and tables of the warehouse before them: names here that
stand in SQL begin with what no table of a user does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa

from warehouse_cdp.linkage import LINKED_BY, RECORD_COLUMNS, Seen, seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb


@dataclass(frozen=True)
class Inputs:
    """Relations of the session that a run reads: the tables of these names in dbt."""

    records: duckdb.DuckDBPyRelation
    identifiers: duckdb.DuckDBPyRelation
    bad_values: duckdb.DuckDBPyRelation
    model: duckdb.DuckDBPyRelation


@dataclass(frozen=True)
class SeenNow:
    """What this run sees: arrow tables, and ``rows`` (``record_id, seen``) as they are stored."""

    records: pa.Table
    identifiers: pa.Table
    rows: pa.Table


def seen_now(session: duckdb.DuckDBPyConnection, inputs: Inputs) -> SeenNow:
    """What a run sees of the tables as they are."""
    matcher_people, matcher_listed, matcher_bad = (
        inputs.records,
        inputs.identifiers,
        inputs.bad_values,
    )
    kept = ", ".join(
        f"case when {_BLOCKED[name]}.identifier_key is null then people.{name} end as {name}"
        if name in _BLOCKED
        else f"people.{name}"
        for name in RECORD_COLUMNS
    )
    joins = " ".join(
        "left join (select identifier_key from matcher_bad "  # noqa: S608
        f"where identifier_type = '{kind}') as {kind} on people.{kind}_key = {kind}.identifier_key"
        for kind in ("email", "phone", "national_id")
    )
    # Names of columns and types only, no value.
    matcher_records = as_arrow(
        session.sql(
            f"select {kept} from matcher_people as people {joins} order by record_id"  # noqa: S608
        )
    )
    on_record = " ".join(
        f"union all select record_id, '{kind}', {kind}_key, created_at from matcher_records "  # noqa: S608
        f"where {kind}_key is not null"
        for kind in ("email", "phone", "national_id")
    )
    matcher_identifiers = as_arrow(
        session.sql(
            "select record_id, identifier_type, identifier_key, "  # noqa: S608
            "cast(min(first_seen_at) as timestamp) as first_seen_at from ("
            "select record_id, identifier_type, identifier_key, first_seen_at from matcher_listed "
            "where not is_blocked and identifier_key is not null "
            f"and record_id in (select record_id from matcher_records) {on_record}"
            ") group by all order by all"
        )
    )
    fields = ", ".join(f"{name} := records.{name}" for name in LINKED_BY)
    rows = as_arrow(
        session.sql(
            f"""
            select
                records.record_id,
                cast(to_json(struct_pack({fields}, held := held.held)) as varchar) as seen
            from matcher_records as records
            left join (
                select
                    record_id,
                    list(
                        struct_pack(
                            kind := identifier_type, key := identifier_key, since := first_seen_at
                        )
                        order by identifier_type, identifier_key
                    ) as held
                from matcher_identifiers
                group by record_id
            ) as held on records.record_id = held.record_id
            """  # noqa: S608
        )
    )
    del matcher_people, matcher_listed, matcher_bad
    return SeenNow(matcher_records, matcher_identifiers, rows)


_BLOCKED: Final[Mapping[str, str]] = {
    "email_key": "email",
    "email_local_key": "email",
    "phone_key": "phone",
    "national_id_key": "national_id",
}


def seen_before(changed: pa.Table) -> Seen:
    """What the last run saw of the records that changed."""
    ids = changed["record_id"].to_pylist()
    texts = changed["seen"].to_pylist()
    told = [
        (record_id, json.loads(text)) for record_id, text in zip(ids, texts, strict=True) if text
    ]
    records = pd.DataFrame(
        [
            {"record_id": record_id, **{name: row[name] for name in LINKED_BY}}
            for record_id, row in told
        ],
        columns=["record_id", *LINKED_BY],
        dtype=object,
    )
    held = pd.DataFrame(
        [
            (record_id, one["kind"], one["key"], one["since"])
            for record_id, row in told
            for one in row["held"] or ()
        ],
        columns=["record_id", "identifier_type", "identifier_key", "first_seen_at"],
    )
    held["first_seen_at"] = pd.to_datetime(held["first_seen_at"], format="ISO8601")
    nothing = pd.DataFrame({"identifier_type": [], "identifier_key": []}, dtype=object)
    return seen(records, held, nothing)


def as_arrow(relation: duckdb.DuckDBPyRelation) -> pa.Table:
    """A relation's rows as an arrow table, whose texts are ``string`` whatever the session."""
    # DuckDB 1.4 knows only the older name, which newer ones warn of.
    name = "to_arrow_table" if hasattr(relation, "to_arrow_table") else "fetch_arrow_table"
    table: pa.Table = getattr(relation, name)()
    # Sessions on Postgres make `large_string`, which cannot be joined to what is made in Python.
    fields = [
        field.with_type(pa.string()) if pa.types.is_large_string(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))
