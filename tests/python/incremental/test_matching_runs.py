"""The matcher's runs in a warehouse: what they go on from and leave, and when they do not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from changing_worlds import SETTINGS, change, someone, town
from warehouse_cdp.linkage import LINK_COLUMNS, as_table, mark_blocked
from warehouse_cdp.warehouse.identity_matching import match
from warehouse_cdp.warehouse.identity_seen import Inputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from changing_worlds import Town
    from warehouse_cdp.linkage import LinkageSettings

PLACE = "identity_pairs"


@pytest.fixture
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def build(
    session: duckdb.DuckDBPyConnection,
    place: Town,
    model: pd.DataFrame,
    anew: str | None = None,
    settings: LinkageSettings = SETTINGS,
    table: str = PLACE,
) -> dict[str, Any]:
    """Build ``identity_pairs`` as dbt does, and what it tells of the run."""
    records, identifiers, bad, overrides = place.prepared()
    listed = identifiers.drop(columns="identifier_key").assign(is_primary=False, is_verified=False)
    columns = pa.Table.from_pandas(listed.assign(source="shop", identifier_label=None))
    marked = mark_blocked(columns.append_column("loaded_at", columns["last_seen_at"]), bad)
    tables = {
        "identity_records": as_table("identity_records", records),
        "identity_identifiers": as_table("identity_identifiers", marked),
        "identity_bad_values": as_table("identity_bad_values", bad),
        "identity_match_model": as_table("identity_match_model", model),
    }
    inputs = Inputs(*(session.from_arrow(one) for one in tables.values()))
    found = match(session, inputs, table, overrides, settings, "a build", anew=anew)
    session.register("found", found)
    session.execute("create or replace table made as select * from found")
    session.unregister("found")
    session.execute(f"create or replace table {table} as select * from made")
    ((told,),) = session.execute(f"select evidence from {table} where outcome = 'run'").fetchall()
    run: dict[str, Any] = json.loads(told)
    return run


def rows(session: duckdb.DuckDBPyConnection, table: str = PLACE) -> list[tuple[Any, ...]]:
    """All rows but that of the run itself."""
    return session.execute(f"from {table} where outcome <> 'run' order by all").fetchall()


def test_a_run_goes_on_from_the_last_and_leaves_what_a_full_one_leaves(
    session: duckdb.DuckDBPyConnection,
) -> None:
    draw = np.random.default_rng(3)
    place = town(draw, 80)
    model = place.model()
    first = build(session, place, model)
    assert (first["mode"], first["reason"]) == ("full", "no earlier run is there")
    gone: dict[str, dict[str, Any]] = {}
    compared = []
    for _ in range(4):
        for _ in range(2):
            change(place, draw, gone)
        run = build(session, place, model)
        assert run["mode"] == "incremental", run["reason"]
        compared.append(run["compared_pair_count"])
        full = build(session, place, model, "a test asks for it", table="in_full")
        assert (full["mode"], full["reason"]) == ("full", "a test asks for it")
        assert rows(session) == rows(session, "in_full")
        assert run["link_count"] == full["link_count"]
    assert max(compared) < full["compared_pair_count"] / 2
    # Nothing changed: the table stays as it is, and tells of the last run that did something.
    assert build(session, place, model) == run
    assert rows(session) == rows(session, "in_full")
    links = place.linked(model)[0].links
    told = session.execute(
        f"select {', '.join(LINK_COLUMNS)} from {PLACE} where decision is not null order by all"
    ).fetchall()
    assert told == sorted(
        tuple(None if one != one else one for one in row)  # noqa: PLR0124 - NaN
        for row in links.astype(object).where(links.notna(), None).itertuples(index=False)
    )


def test_a_run_on_other_terms_is_full_and_says_why(session: duckdb.DuckDBPyConnection) -> None:
    draw = np.random.default_rng(5)
    place = town(draw, 60)
    model = place.model()
    build(session, place, model)
    other = replace(SETTINGS, link_probability=0.8)
    assert build(session, place, model, settings=other)["reason"] == (
        "another settings than in the earlier run"
    )
    renamed = model.assign(model_id="model_of_another_name")
    reason = build(session, place, renamed, settings=other)["reason"]
    assert reason == "another match model than in the earlier run"
    session.execute(
        f"delete from {PLACE} where left_record_id in "
        f"(select left_record_id from {PLACE} where outcome = 'seen' limit 1)"
    )
    erased = build(session, place, renamed, settings=other)
    assert erased["reason"] == "rows of the earlier run are missing, as after an erasure"
    for number in range(60):
        place.people[f"new:{number}"] = someone(draw, f"new:{number}")
    many = build(session, place, renamed, settings=other)
    # A value that the new ones share too widely changes who held it, too.
    assert many["reason"].endswith(" of 60 records changed")
    assert build(session, place, renamed, settings=other) == many, "it had nothing to do anew"
