"""Roles on Postgres: each logs in and tries what it may see and what it must not.

The company is built by a role that may do nothing but create in the database, and which readers
may read is what dbt_project.yml and the YAML of models say, here as for every user.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
import yaml
from psycopg2 import errors as pg

from postgres import C_LOCALE, postgres_server
from worlds import ROOT, Outcome, Project, sample_clock, small_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres import Postgres

GUIDE = (ROOT / "docs/guides/postgres.md").read_text(encoding="utf-8")
BUILDER, HELP_DESK = "cdp_builder", "help_desk"
# What the guide has an administrator run, and what it has its reader write into dbt_project.yml.
(SETUP,) = re.findall(r"```sql\n(create role cdp_analyst .*?)```", GUIDE, flags=re.DOTALL)
ROLES = yaml.safe_load(re.findall(r"```yaml\n(role_analyst: .*?)```", GUIDE, flags=re.DOTALL)[0])
READABLE = """
    select
        nspname, relname,
        array_agg(attname::text order by attnum)
            filter (where has_column_privilege(pg_class.oid, attnum, 'select'))
    from pg_class
    inner join pg_namespace on pg_namespace.oid = relnamespace
    inner join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    where
        relkind in ('r', 'v') and (nspname like 'dev%' or nspname like 'raw%')
        and has_schema_privilege(pg_namespace.oid, 'usage')
    group by nspname, relname
"""


@dataclass(frozen=True)
class Company:
    """A project built on a server, and how each role reaches it."""

    project: Project
    server: Postgres

    def connection(self, role: str) -> closing[Any]:
        return closing(psycopg2.connect(replace(self.server, user=role).uri))

    def rows(self, role: str, sql: str) -> list[tuple[Any, ...]]:
        with self.connection(role) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            found: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
            return found

    @property
    def variables(self) -> str:
        """The same for each command, so that dbt parses once."""
        return json.dumps({"as_of": sample_clock(self.project.folder / "sample"), **ROLES})

    def dbt(self, *arguments: str) -> Outcome:
        return self.project.dbt(
            *arguments, "--vars", self.variables, "--target", "postgres",
            environment=replace(self.server, user=BUILDER).environment(),
        )  # fmt: skip

    def cdp(self, role: str, *arguments: str) -> Outcome:
        as_role = replace(self.server, user=role).environment()
        return self.project.cdp(*arguments, "--target", "postgres", environment=as_role)

    def grants(self, verb: str) -> tuple[int, dict[str, Any]]:
        assert f"\ncdp grants {verb} --target postgres\n" in GUIDE
        outcome = self.cdp(BUILDER, "grants", verb, "--json", "--vars", self.variables)
        said, _, _ = outcome.output.partition("\nerror: ")
        return outcome.code, json.loads(said)


def let_the_help_desk_see_names(project: Project) -> None:
    """By dbt's own config: a whole table, and two columns of another."""
    file = project.folder / "dbt_project.yml"
    declared = yaml.safe_load(file.read_text(encoding="utf-8"))
    marts = declared["models"]["warehouse_cdp"]["marts"]
    marts["engagement"]["support_tickets"] = {"+grants": {"select": [HELP_DESK]}}
    columns = "select (customer_id, display_name)"
    marts["customers"]["customers"] = {"+grants": {columns: [HELP_DESK]}}
    file.write_text(yaml.safe_dump(declared), encoding="utf-8")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("roles")
    with postgres_server(folder / "pg") as server:
        if server.is_named:
            pytest.skip("makes roles, which a server of the user's is not given")
        for role in (BUILDER, HELP_DESK):
            server.administer(f"create role {role} login")
        # The database belongs to somebody else, as it often does.
        with server.another_database(C_LOCALE) as database:
            name = f"database {database.database}"
            for statement in SETUP.strip().rstrip(";").split(";"):
                server.administer(statement.replace("database cdp", name))
            server.administer(f"grant connect on {name} to {HELP_DESK}")
            made = Company(small_world(folder / "project"), database)
            let_the_help_desk_see_names(made.project)
            loaded = made.cdp(BUILDER, "load-sample", "--from", "sample")
            assert loaded.code == 0, loaded.output
            built = made.dbt("build", "--resource-type", "seed", "--resource-type", "model")
            assert built.code == 0, built.output
            yield made


def test_the_builder_is_nobody_special_and_owns_what_it_made(company: Company) -> None:
    special = "rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication"
    (row,) = company.rows("postgres", f"select {special} from pg_roles where rolname = '{BUILDER}'")
    assert row == (False,)
    owners = company.rows(
        "postgres",
        "select distinct rolname from pg_class"
        " inner join pg_namespace on pg_namespace.oid = relnamespace"
        " inner join pg_roles on pg_roles.oid = relowner where nspname like 'dev%'",
    )
    assert owners == [(BUILDER,)]


@pytest.mark.parametrize(
    ("role", "sql"),
    [
        ("cdp_analyst", "select email from dev_marts.customers"),
        ("cdp_analyst", "select * from dev_marts.customers"),
        ("cdp_analyst", "select 1 from dev_marts.customers where family_name = 'x'"),
        ("cdp_analyst", "select email from dev_marts.customer_360"),
        ("cdp_analyst", "select body from dev_marts.support_tickets"),
        ("cdp_analyst", "select identifier_value from dev_identity.identity_identifiers"),
        ("cdp_analyst", "select 1 from dev_staging.stg_crm__contacts"),
        ("cdp_analyst", "select 1 from raw_crm.contacts"),
        ("cdp_analyst", "delete from dev_marts.orders"),
        ("cdp_analyst", "create table dev_marts.mine (id int)"),
        ("cdp_analyst", "create schema mine"),
        ("cdp_bi", "select email from dev_marts.customers"),
        ("cdp_bi", "select birthday_date from dev_segments.seg_upcoming_birthdays"),
        ("cdp_bi", "select 1 from dev_cdp_state.identity_assignments"),
        ("cdp_bi", "select 1 from dev_cdp_state.suppressed_identifiers"),
        ("cdp_bi", "select 1 from dev_identity.identity_map"),
        ("cdp_bi", "select 1 from dev_activation.act_email__contacts"),
        ("cdp_activation", "select 1 from dev_marts.customers"),
        ("cdp_activation", "select 1 from dev_cdp_state.identity_overrides"),
        ("cdp_activation", "insert into dev_cdp_state.suppressed_identifiers default values"),
        (HELP_DESK, "select email from dev_marts.customers"),
        (HELP_DESK, "select 1 from dev_marts.orders"),
        ("cdp_privacy", "delete from dev_marts.customers"),
        ("cdp_privacy", "create table dev_cdp_state.mine (id int)"),
    ],
)
def test_what_a_role_must_not_do_is_denied(company: Company, role: str, sql: str) -> None:
    with pytest.raises(pg.InsufficientPrivilege):
        company.rows(role, sql)


@pytest.mark.parametrize(
    ("role", "sql"),
    [
        ("cdp_analyst", "select lifecycle_stage, country_code from dev_marts.customers"),
        ("cdp_analyst", "select * from dev_marts.customer_traits"),
        ("cdp_analyst", "select * from dev_audiences.segments"),
        ("cdp_analyst", "select * from dev_identity.identity_map"),
        ("cdp_bi", "select customer_id, country_code from dev_marts.customers"),
        ("cdp_bi", "select * from dev_audiences.segment_sizes"),
        ("cdp_bi", "select customer_id from dev_segments.seg_new_customers"),
        ("cdp_activation", "select email from dev_activation.act_email__contacts"),
        (HELP_DESK, "select customer_id, display_name from dev_marts.customers"),
        (HELP_DESK, "select * from dev_marts.support_tickets"),
        ("cdp_privacy", "select email from dev_marts.customers"),
        ("cdp_privacy", "select email from dev_staging.stg_crm__contacts"),
        ("cdp_privacy", "select 1 from raw_crm.contacts"),
        ("cdp_privacy", "select record_id from dev_cdp_state.identity_assignments"),
    ],
)
def test_what_a_role_is_there_for_works(company: Company, role: str, sql: str) -> None:
    assert company.rows(role, sql)


def test_the_privacy_role_reads_and_writes_who_is_suppressed(company: Company) -> None:
    with company.connection("cdp_privacy") as connection, connection.cursor() as cursor:
        cursor.execute("insert into dev_cdp_state.suppressed_identifiers (request_id) values ('1')")
        cursor.execute("select count(*) from dev_cdp_state.suppressed_identifiers")
        assert cursor.fetchone() == (1,)
        connection.rollback()


@pytest.mark.parametrize("role", ["cdp_analyst", "cdp_bi"])
def test_nothing_that_a_role_can_read_holds_a_personal_value(company: Company, role: str) -> None:
    """Whatever the YAML forgot to classify: the values themselves are looked for."""
    people = company.rows(
        "postgres",
        "select email, phone, address_line_1, national_id, given_name || ' ' || family_name"
        " from dev_intermediate.int_persons_unioned",
    )
    values = {value for row in people for value in row if value and len(value) > 5}
    assert len(values) > 300
    readable = [row for row in company.rows(role, READABLE) if row[2]]
    assert len(readable) > 50
    found = []
    for schema, relation, columns in readable:
        listed = ", ".join(f'"{column}"' for column in columns)
        rows = company.rows(role, f'select {listed} from "{schema}"."{relation}"')
        for place, column in enumerate(columns):
            texts = {str(row[place]) for row in rows if row[place] is not None}
            if texts & values or any("@" in text and "." in text for text in texts):
                found.append(f"{schema}.{relation}.{column}")
    assert found == []


def test_the_activation_role_runs_the_syncs(company: Company) -> None:
    synced = company.cdp("cdp_activation", "sync")
    assert synced.code == 0, synced.output
    runs = company.rows("cdp_activation", "select status from dev_cdp_state.sync_runs")
    assert runs == [("succeeded",)] * 2


def test_a_table_built_anew_is_never_too_open_or_too_closed(company: Company) -> None:
    """Grants come with the table, in one transaction: who polls sees no moment between."""
    company.server.administer(
        "grant select (email) on dev_marts.customers to cdp_bi;"
        " grant select (event_id) on dev_cdp_state.event_first_customers to cdp_bi"
    )
    seen: set[str] = set()
    counts = []
    done = threading.Event()

    def poll() -> None:
        with company.connection("cdp_analyst") as connection, connection.cursor() as cursor:
            connection.autocommit = True
            while not done.is_set():
                cursor.execute("select count(customer_id) from dev_marts.customers")
                counts.append(cursor.fetchone()[0])
                try:
                    cursor.execute("select email from dev_marts.customers limit 1")
                    seen.add("email")
                except pg.InsufficientPrivilege:
                    pass

    which = "select 'dev_marts.customers'::regclass::oid"
    before = company.rows("postgres", which)
    reader = threading.Thread(target=poll)
    reader.start()
    try:
        outcome = company.dbt("run", "--select", "customers", "event_first_customers")
    finally:
        done.set()
        reader.join()
    assert outcome.code == 0, outcome.output
    assert company.rows("postgres", which) != before
    assert seen == set()
    assert len(set(counts)) == 1
    for sql in (
        "select email from dev_marts.customers",
        # Not made anew but added to, where dbt itself leaves a grant on a column for good.
        "select event_id from dev_cdp_state.event_first_customers",
    ):
        with pytest.raises(pg.InsufficientPrivilege):
            company.rows("cdp_bi", sql)


def test_every_grant_that_differs_is_named_and_mended(company: Company) -> None:
    for statement in (
        "grant select (email, phone) on dev_marts.customers to cdp_analyst",
        "grant select on dev_marts.products to public",
        "grant select on dev_marts.survey_responses to cdp_bi with grant option",
        "grant usage on schema raw_crm to cdp_analyst",
        "revoke usage on schema dev_segments from cdp_analyst",
        "revoke select (country_code) on dev_marts.customers from cdp_analyst",
        "grant pg_read_all_data to cdp_bi",
    ):
        company.server.administer(statement)
    code, said = company.grants("check")
    found = {
        (one["what"], one["place"], one["columns"], one["grantee"], one["privilege"])
        for one in said["differences"]
    }
    inherited = ("surplus", "role cdp_bi", "", "cdp_bi", "select")
    raw = ("surplus", "schema raw_crm", "", "cdp_analyst", "usage")
    assert code == 3
    assert found == {
        ("surplus", "table dev_marts.customers", "email, phone", "cdp_analyst", "select"),
        ("surplus", "table dev_marts.products", "", "public", "select"),
        ("surplus", "table dev_marts.survey_responses", "", "cdp_bi", "select"),
        raw,
        ("missing", "schema dev_segments", "", "cdp_analyst", "usage"),
        ("missing", "table dev_marts.customers", "country_code", "cdp_analyst", "select"),
        inherited,
    }
    (membership,) = [one["reason"] for one in said["differences"] if one["reason"]]
    assert membership.endswith("because it is a member of pg_read_all_data")
    assert not any(one["statement"] for one in said["differences"] if one["reason"])
    company.server.administer("revoke pg_read_all_data from cdp_bi")
    code, said = company.grants("apply")
    assert (code, said["differences"], said["wished_count"] > 500) == (0, [], True)
    with pytest.raises(pg.InsufficientPrivilege):
        company.rows("cdp_bi", "select comment from dev_marts.survey_responses")
    assert company.rows("cdp_bi", "select survey_name from dev_marts.survey_responses")
    assert company.rows("cdp_analyst", "select customer_id from dev_segments.seg_new_customers")
