"""Preparing only what changed: the table that preparing everything gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from changing_worlds import CLOCK, NICKNAMES, change, someone, town
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import PERSON_INPUT, as_table, bad_values_of, prepare_records
from warehouse_cdp.warehouse import identity_preparing
from warehouse_cdp.warehouse.identity_preparing import prepared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from changing_worlds import Town

PLACE = "identity_records"
_HELD = ["record_id", "identifier_type", "identifier_value", "first_seen_at"]


@pytest.fixture
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records each build prepared."""
    found: list[int] = []

    def counted(people: pd.DataFrame, *more: pd.DataFrame) -> pd.DataFrame:
        found.append(len(people))
        return prepare_records(people, *more)

    monkeypatch.setattr(identity_preparing, "prepare_records", counted)
    return found


def build(
    session: duckdb.DuckDBPyConnection,
    place: Town,
    nicknames: pd.DataFrame = NICKNAMES,
    *,
    anew: bool = False,
) -> None:
    """Build ``identity_records`` as dbt does, and compare it with what preparing all gives."""
    persons = pd.DataFrame(list(place.people.values())).reindex(columns=list(PERSON_INPUT))
    texts = [name for name in PERSON_INPUT if name != "created_at"]
    persons[texts] = persons[texts].astype(object).where(persons[texts].notna(), None)
    held = pd.DataFrame(place.identifiers, columns=_HELD)
    types = ", ".join(f"cast({name} as varchar) as {name}" for name in texts)
    relation = session.from_df(persons.sample(frac=1)).select(f"{types}, created_at")
    result = prepared(session, relation, session.from_df(held), nicknames, PLACE, anew=anew)
    result.create("made")
    session.execute(f"create or replace table {PLACE} as from made; drop table made")
    expected = as_table("identity_records", prepare_records(persons, nicknames, held))
    session.register("expected", expected)
    made = f"(select * replace (null as input_hash) from {PLACE})"
    differing = session.execute(
        f"({made} except from expected) union all (from expected except {made})"
    ).fetchall()
    assert not differing
    assert len(expected) == session.table(PLACE).count("*").fetchall()[0][0]


def test_only_records_whose_inputs_changed_are_prepared(
    session: duckdb.DuckDBPyConnection, sizes: list[int]
) -> None:
    draw = np.random.default_rng(4)
    place = town(draw, 80)
    build(session, place)
    gone: dict[str, dict[str, Any]] = {}
    for _ in range(6):
        for _ in range(2):
            change(place, draw, gone)
        build(session, place)
    build(session, place)
    assert sizes[0] == 80
    assert max(sizes[1:]) <= 4
    assert sum(sizes[1:]) > 0
    assert sizes[-1] == 0
    build(session, place, anew=True)
    assert sizes[-1] == len(place.people)


def test_an_e_mail_held_elsewhere_and_a_nickname_change_what_depends_on_them(
    session: duckdb.DuckDBPyConnection, sizes: list[int]
) -> None:
    draw = np.random.default_rng(4)
    place = town(draw, 40)
    one = next(name for name, person in place.people.items() if not person["email"])
    place.identifiers = []
    build(session, place)
    card = {"record_id": one, "identifier_type": "email", "identifier_value": "zoe@example.org"}
    place.identifiers.append(card)
    build(session, place)
    place.identifiers.append({**card, "identifier_value": "amy@example.org"})
    build(session, place)
    assert sizes == [40, 1, 1]
    build(session, place, NICKNAMES.replace("daniel", "danielle"))
    assert sizes[-1] == 40, "another list of nicknames is another way to prepare"


def test_rows_that_are_missing_or_of_another_version_are_prepared(
    session: duckdb.DuckDBPyConnection, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = town(np.random.default_rng(6), 30)
    build(session, place)
    some = f"record_id in (select min(record_id) from {PLACE})"
    session.execute(f"delete from {PLACE} where {some}")
    build(session, place)
    session.execute(f"update {PLACE} set input_hash = null, email_key = '[erased]' where {some}")
    build(session, place)
    assert sizes == [30, 1, 1]
    monkeypatch.setattr(identity_preparing, "version_of_matcher", lambda: "another")
    build(session, place)
    session.execute(f"alter table {PLACE} drop input_hash")
    build(session, place)
    assert sizes[3:] == [30, 30]


def test_a_record_that_is_there_twice_is_refused(session: duckdb.DuckDBPyConnection) -> None:
    place = town(np.random.default_rng(6), 4)
    build(session, place)
    place.people["copy"] = someone(np.random.default_rng(1), next(iter(place.people)))
    with pytest.raises(InputDataError, match="record_id must be present and unique"):
        build(session, place)


@pytest.mark.parametrize("seed", range(8))
def test_looking_only_at_suspects_finds_every_bad_value(seed: int) -> None:
    place = town(np.random.default_rng(seed), 60)
    place.instructions = [
        {
            "override_id": "o1",
            "instruction": "block_value",
            "identifier_type": "phone",
            "identifier_value": "+447700900300",
            "created_at": CLOCK,
        }
    ]
    records, _, found, overrides = place.prepared()
    held = pd.DataFrame(place.identifiers, columns=_HELD)
    columns = [pa.Table.from_pandas(frame, preserve_index=False) for frame in (held, records)]
    limits = place.settings.bad_value_people
    again = bad_values_of(columns[0], columns[1], limits, overrides.blocked)
    pd.testing.assert_frame_equal(again, found, check_dtype=False)
    assert set(found["reason"]) == {"shared_by_too_many_people", "blocked_by_override"}
