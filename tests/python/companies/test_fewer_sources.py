"""Companies that have less than the sample's: a CRM only; no till, loyalty or surveys."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from companies import (
    MODELS_AND_INTEGRITY,
    Reached,
    build_green,
    customers_by_record,
    differences,
    keep_only_raw,
    load_text,
    overlay,
    reach,
    set_variables,
    sources_without,
)
from worlds import Project, sample_clock, small_world

OVERLAY = Path(__file__).parent / "crm_only"
CRM_ONLY = {
    "persons": ["stg_crm__contacts"],
    "accounts": ["stg_crm__accounts"],
    "call_notes": ["stg_crm__call_notes"],
    "orders": ["stg_crm_sales__deals"],
    "consents": ["stg_crm_sales__permissions"],
}
CONTACT_POINTS = {
    ("email", "primary"): "wilhelmina.quist@quist-home.org",
    ("email", "secondary"): "office4711@quist-interiors.net",
    ("email", "other"): "wq1971@wq-post.com",
    ("phone", "primary"): "+442079460123",
    ("phone", "mobile"): "+447700900456",
}
"""Of the contact ``many``, as they come out; the raw ones are spelt otherwise."""


@dataclass(frozen=True)
class Company:
    """A built copy and what marketers got out of it."""

    project: Project
    reached: Reached


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return small_world(tmp_path_factory.mktemp("retailer"))


def copy_of(project: Project, folder: Path) -> Project:
    shutil.copytree(project.folder, folder)
    return Project(folder)


def add_contacts(project: Project) -> None:
    """A contact with three e-mails and two phones, and three that hold one of them each."""
    people = [
        {
            "id": "many",
            "email": "Wilhelmina.Quist@quist-home.org",
            "email_2": "office4711@quist-interiors.net",
            "email_3": "WQ1971@wq-post.com",
            "phone": "020 7946 0123",
            "mobile_phone": "07700 900456",
        },
        {"id": "third", "email": "wq1971@wq-post.com"},
        {"id": "mobile", "phone": "+44 7700 900 456"},
        # Somebody else at the same office: a shared mailbox alone makes nobody one person.
        {"id": "colleague", "first_name": "Ignatius", "email": "office4711@quist-interiors.net"},
    ]
    common = {
        "first_name": "Wilhelmina",
        "last_name": "Quist",
        "mailing_country": "United Kingdom",
        "created_date": "2024-05-01T09:00:00Z",
        "last_modified_date": "2024-05-01T09:00:00Z",
        "_deleted": "false",
        "_loaded_at": "2024-05-02T02:00:00Z",
    }
    with duckdb.connect(str(project.warehouse)) as connection:
        for person in people:
            row = {**common, **person}
            marks = ", ".join("?" for _ in row)
            connection.execute(
                f"insert into raw_crm.contacts ({', '.join(row)}) values ({marks})",
                list(row.values()),
            )


def add_sales(project: Project) -> None:
    """A won deal or two of every other contact, and everybody's answer about the newsletter."""
    contacts = project.query(
        "select id, max(email) from raw_crm.contacts group by id "
        "having max(email) is not null order by id"
    )
    deals, permissions = [], []
    for number, (contact, email) in enumerate(contacts):
        month, loaded = f"2026-{1 + number % 6:02d}", "2026-06-29T02:00:00Z"
        answer = "no" if number % 5 == 0 else "yes"
        permissions.append((f"p{number}", email, answer, f"{month}-03T10:00:00Z", loaded))
        if contact == "many" or number % 2:
            amount = "99999.50" if contact == "many" else f"{100 + 7 * number}.00"
            stage = "lost" if number % 9 == 0 and contact != "many" else "won"
            deals.append(
                (f"d{number}", contact, stage, amount, "GBP", f"{month}-07T12:30:00Z", loaded)
            )
    load_text(
        project,
        "raw_crm.deals",
        ("id", "contact_id", "stage", "amount", "currency", "closed_at", "_loaded_at"),
        deals,
    )
    load_text(
        project,
        "raw_crm.permissions",
        ("id", "email", "newsletter", "answered_at", "_loaded_at"),
        [
            *permissions,
            ("many", "wq1971@wq-post.com", "yes", "2026-05-05T10:00:00Z", loaded),
        ],
    )


@pytest.fixture(scope="module")
def crm_only(retailer: Project, tmp_path_factory: pytest.TempPathFactory) -> Company:
    project = copy_of(retailer, tmp_path_factory.mktemp("crm") / "project")
    keep_only_raw(project, "raw_crm")
    add_contacts(project)
    add_sales(project)
    overlay(project, OVERLAY)
    set_variables(project, CRM_ONLY, sample_clock(project.folder / "sample"))
    # Every test, also where the unit tests of staging models that are not there are left out.
    build_green(project)
    return Company(project, reach(project))


@pytest.fixture(scope="module")
def online_only(retailer: Project, tmp_path_factory: pytest.TempPathFactory) -> Company:
    project = copy_of(retailer, tmp_path_factory.mktemp("online") / "project")
    with duckdb.connect(str(project.warehouse)) as connection:
        for schema in ("raw_pos", "raw_loyalty", "raw_surveys"):
            connection.execute(f"drop schema {schema} cascade")
    set_variables(
        project,
        sources_without("pos", "loyalty", "surveys"),
        sample_clock(project.folder / "sample"),
    )
    build_green(project, *MODELS_AND_INTEGRITY)
    return Company(project, reach(project))


@pytest.mark.parametrize("name", ["crm_only", "online_only"])
def test_only_what_a_user_may_touch_differs(name: str, request: pytest.FixtureRequest) -> None:
    assert differences(request.getfixturevalue(name).project) == []


@pytest.mark.parametrize("name", ["crm_only", "online_only"])
def test_high_value_customers_reach_the_file(name: str, request: pytest.FixtureRequest) -> None:
    reached: Reached = request.getfixturevalue(name).reached
    in_file = {key for key, row in reached.contacts.items() if row["high_value"] == "true"}
    assert in_file
    assert in_file <= reached.members["seg_high_value"]


def test_a_crm_alone_is_all_that_comes_in(crm_only: Company) -> None:
    project = crm_only.project
    sources = project.query("select distinct source from dev_identity.identity_map")
    assert sources == [("crm",)]
    staging = project.query(
        "select table_name from duckdb_tables() where schema_name = 'dev_staging' order by 1"
    )
    assert [name for (name,) in staging] == sorted(
        name for names in CRM_ONLY.values() for name in names
    )
    empty = ("int_events_unioned", "int_tickets_unioned", "int_order_items_unioned")
    for table in empty:
        assert project.query(f"select count(*) from dev_intermediate.{table}") == [(0,)]


def test_won_deals_are_revenue_to_the_cent(crm_only: Company) -> None:
    raw = "select sum(amount::decimal(18, 2)) from raw_crm.deals where stage = 'won'"
    net = "select sum(net_amount) from dev_marts.orders where is_counted"
    assert crm_only.project.query(raw) == crm_only.project.query(net)


def test_without_tills_cards_and_surveys_none_is_seen(online_only: Company) -> None:
    sources = {
        source
        for (source,) in online_only.project.query(
            "select distinct source from dev_identity.identity_map"
        )
    }
    assert sources.isdisjoint({"pos", "loyalty", "surveys"})
    assert {"crm", "shop_uk", "shop_de", "email"} <= sources
    channels = online_only.project.query("select distinct channel from dev_marts.orders")
    assert channels == [("online",)]


def test_each_contact_point_keeps_its_label(crm_only: Company) -> None:
    customer = customers_by_record(crm_only.project, "crm")["crm:many"]
    expected = sorted(
        (kind, label, label == "primary", value) for (kind, label), value in CONTACT_POINTS.items()
    )
    for table, owner in (
        ("dev_identity.identity_identifiers", "record_id = 'crm:many'"),
        ("dev_marts.customer_identifiers", f"customer_id = '{customer}'"),
    ):
        found = crm_only.project.query(
            "select identifier_type, identifier_label, is_primary, identifier_value "
            f"from {table} where {owner}"
        )
        if table.endswith("customer_identifiers"):
            # The third e-mail and the mobile are the primary ones of the two other records.
            primary = {CONTACT_POINTS["email", "other"], CONTACT_POINTS["phone", "mobile"]}
            assert {value for *_, value in found} == set(CONTACT_POINTS.values())
            assert {value for *_, is_primary, value in found if is_primary} >= primary
        else:
            assert sorted(found) == expected


def test_any_contact_point_links_but_a_shared_mailbox_does_not(crm_only: Company) -> None:
    customers = customers_by_record(crm_only.project, "crm")
    assert customers["crm:third"] == customers["crm:mobile"] == customers["crm:many"]
    assert customers["crm:colleague"] != customers["crm:many"]


def test_only_an_address_with_its_own_permission_is_written_to(crm_only: Company) -> None:
    customer = customers_by_record(crm_only.project, "crm")["crm:many"]
    assert customer in crm_only.reached.members["seg_high_value"]
    granted = crm_only.project.query(
        "select p.email from raw_crm.permissions as p where p.newsletter = 'yes'"
    )
    allowed = {email.lower() for (email,) in granted}
    assert {row["email"] for row in crm_only.reached.contacts.values()} <= allowed
    assert crm_only.reached.contacts[customer]["email"] in allowed
