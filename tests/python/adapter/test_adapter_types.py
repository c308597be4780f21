"""Values survive the way from Postgres through a Python model and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapter_fixtures import Tiny

# Per type: values beside null, as Postgres writes them.
VALUES: dict[str, list[str]] = {
    "boolean": ["true", "false"],
    "smallint": ["-32768", "32767"],
    "integer": ["-2147483648", "2147483647"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "real": ["1.5", "'NaN'", "'-Infinity'", "3.4028235e38"],
    "double precision": ["0.1", "1e308", "'Infinity'", "-0.0"],
    "numeric": ["0.1", "-12345678901234567890.123456789", "1e10", "0"],
    "numeric(38, 10)": ["9999999999999999999999999999.9999999999", "-0.0000000001"],
    "numeric(5, 2)": ["999.99", "-0.01"],
    "numeric(3, -2)": ["99900", "-100"],
    "text": [
        "''", "'plain'", "'Žofie Ōkubo 李 😀👩‍👩‍👧'",
        "'עברית \u202e'", "E'tab\\t new\\n line\\r quote'' back\\\\ \\x01'",
        "repeat('ä', 3000000)", "'{\"not\": \"json\"}'", "'\\N'", "'NULL'", "'e\u0301'",
    ],
    "varchar(20)": ["'short'"],
    "date": ["'0001-01-01'", "'9999-12-31'", "'1969-12-31'", "'0044-03-15 BC'"],
    "time": ["'00:00'", "'23:59:59.999999'"],
    "timestamp": ["'1970-01-01'", "'0001-01-01'", "'9999-12-31 23:59:59.999999'"],
    "timestamptz": ["'2026-03-29 01:30:00+02'", "'1900-01-01 00:00:00+00'"],
    "interval": ["'1 year 2 months 3 days 4 hours 5.000006 seconds'", "'-1 day'"],
    "uuid": ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-4fff-8fff-ffffffffffff'"],
    "jsonb": ["'{\"a\": [1, null, {\"ü\": \"😀\"}], \"n\": 1e400}'", "'null'", "'\"x\"'", "'[]'"],
    "bytea": ["'\\x00ff'", "''"],
    "integer[]": ["'{}'", "'{1,null,3}'"],
    "text[]": ["'{a,null,\"\",\"{,}\\\"\"}'"],
    "numeric[]": ["'{1.50,null,-2}'"],
    "uuid[]": ["'{ffffffff-ffff-4fff-8fff-ffffffffffff,null}'"],
    "timestamptz[]": ["'{2026-03-29 01:30:00+02}'"],
    "boolean[]": ["'{true,null}'"],
}  # fmt: skip
# What Arrow or DuckDB knows under one name only.
BECOMES = {
    "numeric": "numeric(38,9)", "numeric(3, -2)": "numeric(5,0)", "varchar(20)": "text",
    "numeric[]": "numeric(18,1)[]",
}  # fmt: skip
COLUMNS = {name: f"c{number}" for number, name in enumerate(VALUES)}


def given() -> str:
    """A model with each value in a row of its own, and a row of nulls."""
    rows = [
        ", ".join(
            f"cast({dict(enumerate(values)).get(number, 'null')} as {kind}) as {COLUMNS[kind]}"
            for kind, values in VALUES.items()
        )
        for number in range(max(map(len, VALUES.values())) + 1)
    ]
    return "{{ config(materialized='table') }} " + " union all ".join(
        f"select {number} as id, {row}" for number, row in enumerate(rows)
    )


@pytest.fixture(scope="module")
def project(module_tiny: Callable[[str], Tiny]) -> Tiny:
    made = module_tiny("types")
    made.write(
        given=given(),
        taken="""
            def model(dbt, session):
                dbt.config(materialized="table")
                return dbt.ref("given")
            """,
        as_arrow="""
            def model(dbt, session):
                dbt.config(materialized="table")
                return dbt.ref("given").to_arrow_table()
            """,
        as_pandas="""
            import pandas as pd

            def model(dbt, session):
                dbt.config(materialized="table")
                return pd.DataFrame({
                    "whole": pd.array([1, None], "Int64"),
                    "float": [0.5, None],
                    "said": pd.array(["Žofie 😀", None], "string"),
                    "plain": ["ä" * 70000, None],
                    "at": pd.to_datetime(["2026-03-29T01:30:00+02:00", None], utc=True),
                    "on": pd.to_datetime(["2026-03-29 01:30:00.000001", None]),
                    "kind": pd.Categorical(["a", None]),
                    "flag": pd.array([True, None], "boolean"),
                    "Mixed Case": ["x", "y"],
                })
            """,
        others="""
            def model(dbt, session):
                dbt.config(materialized="table")
                return session.sql('''
                    select 1::utinyint as tiny, 4000000000::uinteger as unsigned,
                        18446744073709551615::ubigint as wide,
                        170141183460469231731687303715884105::hugeint as huge,
                        {'a': 1, 'b': [{'c': 'ü'}]} as fields, map {'k': 2} as pairs,
                        [[1, 2], [3]] as ragged, [{'a': 1}] as listed,
                        'a'::enum('a', 'b') as chosen,
                        timestamp_ns '2026-01-01 00:00:00.000001' as nanos, null as nothing,
                        [time '01:02:03'] as times
                ''')
            """,
        empty="""
            def model(dbt, session):
                dbt.config(materialized="table")
                return dbt.ref("given").limit(0)
            """,
    )
    made.build()
    return made


def types_of(project: Tiny, table: str) -> dict[str, str]:
    return dict(
        project.rows(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            f"where attrelid = '{table}'::regclass and attnum > 0"
        )
    )


def cases() -> Iterator[tuple[str, str]]:
    for kind in VALUES:
        yield "taken", kind
        # Arrow gets no more than their text from DuckDB itself.
        if not kind.startswith(("uuid", "jsonb")):
            yield "as_arrow", kind


@pytest.mark.parametrize(("table", "kind"), list(cases()))
def test_values_come_back_as_they_were(project: Tiny, table: str, kind: str) -> None:
    column = COLUMNS[kind]
    kept = project.rows(
        f"select count(*), count(given.{column}) from given inner join {table} as taken using (id) "
        f"where given.{column} is not distinct from taken.{column}"
    )
    rows = max(map(len, VALUES.values())) + 1
    assert kept == [(rows, len(VALUES[kind]))]


@pytest.mark.parametrize("table", ["taken", "empty"])
def test_types_come_back_as_they_were(project: Tiny, table: str) -> None:
    before, after = types_of(project, "given"), types_of(project, table)
    found = {kind: after[COLUMNS[kind]] for kind in VALUES}
    wanted = {kind: BECOMES.get(kind, before[COLUMNS[kind]]) for kind in VALUES}
    assert found == wanted


def test_a_pandas_frame_is_stored(project: Tiny) -> None:
    assert project.rows(
        'select whole, float, said, length(plain), "at"::text, "on"::text, kind, flag, "Mixed Case"'
        " from as_pandas order by 9"
    ) == [
        (1, 0.5, "Žofie 😀", 70000, "2026-03-28 23:30:00+00", "2026-03-29 01:30:00.000001", "a",
         True, "x"),
        (None, None, None, None, None, None, None, None, "y"),
    ]  # fmt: skip


def test_types_that_postgres_lacks_have_a_nearest_one(project: Tiny) -> None:
    assert types_of(project, "others") == {
        "tiny": "smallint", "unsigned": "bigint", "wide": "numeric", "huge": "numeric",
        "fields": "jsonb", "pairs": "jsonb", "ragged": "jsonb", "listed": "jsonb",
        "chosen": "text", "nanos": "timestamp without time zone", "nothing": "integer",
        "times": "time without time zone[]",
    }  # fmt: skip
    assert project.rows(
        "select tiny, unsigned, wide::text, huge::text, fields, pairs, ragged, listed, chosen,"
        " nanos::text, nothing, times::text from others"
    ) == [
        (1, 4000000000, "18446744073709551615", "170141183460469231731687303715884105",
         {"a": 1, "b": [{"c": "ü"}]}, {"k": 2}, [[1, 2], [3]], [{"a": 1}], "a",
         "2026-01-01 00:00:00.000001", None, "{01:02:03}"),
    ]  # fmt: skip


def test_text_is_compared_by_code_point(project: Tiny) -> None:
    (row,) = project.rows(
        "select collation_name from information_schema.columns where table_schema = 'types'"
        f" and table_name = 'taken' and column_name = '{COLUMNS['text']}'"
    )
    assert row == ("C",)
