"""``identity_records`` brought up to date: only records whose inputs changed are prepared anew.

A prepared record follows from its own person record, from the smallest e-mail and phone that it
holds beside, from the nicknames, and from the code. ``input_hash`` is a hash of all four, so each
row tells by itself whether it still holds: rows of the last run whose hash is that of now are
handed on inside the engine, all others are prepared. So there is nothing else that an erasure, a
deleted warehouse or a partial build could leave out of step, and another version of the code or of
the nicknames, which changes every hash, makes a full run.

The hash is the engine's own (64 bits), eight times as fast as one of a text of the row. It is only
ever compared with that of the same record, so one change in 2^64 would go unheard; since engines
may change theirs, the engine's version is hashed too.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import duckdb
import pandas as pd
import pyarrow.compute as pc

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import PERSON_INPUT, as_table, prepare_records
from warehouse_cdp.linkage.tables import TABLES
from warehouse_cdp.warehouse.identity_matching import version_of_matcher
from warehouse_cdp.warehouse.identity_seen import as_arrow

if TYPE_CHECKING:
    import pyarrow as pa

_PERSON: Final = ", ".join(f"people.{name}" for name in PERSON_INPUT)
_CONTACTS: Final = ("email", "phone")
"""Types of identifiers of which the smallest fills in what a record's own column lacks."""


def prepared(
    session: duckdb.DuckDBPyConnection,
    persons: duckdb.DuckDBPyRelation,
    identifiers: duckdb.DuckDBPyRelation,
    nicknames: pd.DataFrame,
    this: object,
    *,
    anew: bool = False,
) -> duckdb.DuckDBPyRelation:
    """The rows of ``identity_records``: those of the last run that still hold, the others made.

    ``this`` names the table as the last run left it, if it did; ``anew`` takes nothing from it.

    Raises:
        InputDataError: a ``record_id`` is missing or there twice.
    """
    # Names that no table of a user has: DuckDB takes local variables for tables.
    preparing_people, preparing_listed = persons, identifiers
    smallest = ", ".join(
        f"min(identifier_value) filter (where identifier_type = '{kind}') as {kind}"
        for kind in _CONTACTS
    )
    contacts = ", ".join(f"held.{kind}" for kind in _CONTACTS)
    # Names of ours and a hash, no value.
    preparing_now = as_arrow(
        session.sql(
            f"select people.record_id, {contacts}, "  # noqa: S608
            f"cast(hash('{_terms(nicknames)}', {_PERSON}, {contacts}) as varchar) as input_hash "
            f"from preparing_people as people left join (select record_id, {smallest} "
            "from preparing_listed group by record_id) as held using (record_id)"
        )
    )
    _check(preparing_now["record_id"])
    stays = None if anew else _rows_that_hold(session, this)
    kept = stays or "select record_id from preparing_now where false"
    preparing_due = as_arrow(
        session.sql(
            f"select now.* from preparing_now as now anti join ({kept}) as past using (record_id)"  # noqa: S608
        )
    )
    rows = session.sql(
        f"select {_PERSON} from preparing_people as people "  # noqa: S608
        "semi join preparing_due as due using (record_id)"
    ).df()
    preparing_made = as_table(
        "identity_records",
        prepare_records(rows, nicknames, _held(preparing_due)).merge(
            preparing_due.select(["record_id", "input_hash"]).to_pandas(), on="record_id"
        ),
    )
    result = session.sql("from preparing_made" + (f" union all by name {stays}" if stays else ""))
    del preparing_people, preparing_listed, preparing_made
    return result


def _rows_that_hold(session: duckdb.DuckDBPyConnection, this: object) -> str | None:
    """A query of the rows of the last run that are as this one would make them, if there are."""
    columns = ", ".join(f"past.{name}" for name in TABLES["identity_records"])
    try:
        session.sql(f"select {columns} from {this} as past limit 0")  # noqa: S608
    except (duckdb.CatalogException, duckdb.BinderException):
        return None
    return (
        f"select {columns} from {this} as past "  # noqa: S608
        "inner join preparing_now as now using (record_id, input_hash)"
    )


def _terms(nicknames: pd.DataFrame) -> str:
    """What all records are prepared by, as a hash: the code, the engine and the nicknames."""
    names = (nicknames[name].astype(str) for name in ("nickname", "given_name"))
    rows = sorted("\x1f".join(pair) for pair in zip(*names, strict=True))
    told = [version_of_matcher(), duckdb.__version__, *rows]
    return hashlib.sha256("\x1e".join(told).encode()).hexdigest()


def _check(ids: pa.ChunkedArray) -> None:
    if ids.null_count or pc.count_distinct(ids).as_py() != len(ids):
        msg = "record_id must be present and unique in the person records"
        raise InputDataError(msg)


def _held(due: pa.Table) -> pd.DataFrame:
    """The smallest value of each contact of some records, as ``prepare_records`` takes them."""
    parts = [
        due.select(["record_id", kind])
        .to_pandas()
        .rename(columns={kind: "identifier_value"})
        .assign(identifier_type=kind)
        for kind in _CONTACTS
    ]
    held: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return held
