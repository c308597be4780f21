"""docs/guides/add-a-source.md followed to the letter: its blocks are the only edits.

The guests that come in hold what a new source holds: one whom the CRM knows by a third e-mail,
buyers of the shop under their own address, and people nobody knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
import yaml

from companies import (
    MODELS_AND_INTEGRITY,
    Reached,
    Sources,
    add_file,
    build_green,
    customers_by_record,
    differences,
    load_text,
    reach,
    set_variables,
    shipped_sources,
)
from worlds import ROOT, Project, sample_clock, small_world

GUIDE = (ROOT / "docs/guides/add-a-source.md").read_text()
BLOCKS = re.findall(r"^```(?:yaml|sql)\n(?:#|--) (\S+)\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
FILES = {path: text for path, text in BLOCKS if path != "dbt_project.yml"}
LISTED = [yaml.safe_load(text) for path, text in BLOCKS if path == "dbt_project.yml"]
LOADED = "2026-06-29T03:00:00Z"
# Of the guest with three e-mails and two phones, as they come out. The CRM holds the third e-mail.
THIRD = "rosalind.thackeray@thackeray-post.net"
CONTACT_POINTS = {
    ("email", "primary", True, "rosalind@thackeray-home.org"),
    ("email", "work", False, "office@thackeray-partners.net"),
    ("email", "old", False, THIRD),
    ("phone", "primary", True, "+442079460155"),
    ("phone", "mobile", False, "+447700900777"),
}


@dataclass(frozen=True)
class Company:
    """The sample's retailer with the booking system of the guide."""

    project: Project
    reached: Reached
    buyers: dict[str, str]


def listed_in_the_guide() -> Sources:
    """Var ``sources`` with what the guide adds, in each of its places."""
    sources = shipped_sources()
    for block in LISTED:
        for entity, models in block["vars"]["sources"].items():
            sources[entity] += models
    return sources


def declared_tables() -> dict[str, list[str]]:
    """The raw tables of the guide with their columns."""
    return {
        f"{source['schema']}.{table['name']}": [column["name"] for column in table["columns"]]
        for path, text in FILES.items()
        if path.endswith("__sources.yml")
        for source in yaml.safe_load(text)["sources"]
        for table in source["tables"]
    }


def best_buyers(project: Project) -> list[tuple[str, str, str]]:
    """Key, full name and e-mail of the three shop customers who spent the most.

    Of those with plain names that never changed: the guest must be as the shop knows the customer.
    """
    found: list[tuple[str, str, str]] = project.query(
        "select customers.id, first_name || ' ' || last_name, max(lower(trim(customers.email))) "
        "from raw_shop_uk.customers as customers "
        "inner join raw_shop_uk.orders as orders on orders.customer_id = customers.id "
        "where orders.financial_status = 'paid' and orders.is_test = 'false' "
        "and customers.email like '%@%.%' and customers._deleted = 'false' "
        "and orders.created_at >= '2025-07-15' "
        "and customers.first_name not like '% %' and customers.last_name not like '% %' "
        "and customers.id in "
        "(select id from raw_shop_uk.customers group by id having count(*) = 1) "
        "group by all order by sum(orders.total_price::decimal(18, 2)) desc, 1 limit 3"
    )
    return found


def load_guests(project: Project, buyers: list[tuple[str, str, str]]) -> None:
    """The rows of the guide's raw tables, keyed by the columns that it declares."""
    tables = declared_tables()
    common = {"country": "UK", "changed": "2026-05-01T10:00:00Z", "_deleted": "false"}
    guests: list[dict[str, str]] = [
        {
            "guest_no": "many",
            "full_name": "Rosalind Thackeray",
            "mail": " Rosalind@Thackeray-Home.org ",
            "tel": "020 7946 0155",
            "newsletter": "no",
        },
        {"guest_no": "new", "full_name": "Ottoline Fairbrother", "mail": "of@fairbrother.org"},
        {"guest_no": "gone", "full_name": "Peregrine Lost", "_deleted": "true"},
        *(
            {"guest_no": f"buyer{number}", "full_name": name, "mail": email, "newsletter": "yes"}
            for number, (_, name, email) in enumerate(buyers)
        ),
    ]
    contact_points = [
        {"guest_no": "many", "kind": kind, "value": value, "label": label}
        for kind, value, label in (
            ("mail", "Office@Thackeray-Partners.net", "work"),
            ("mail", THIRD.upper(), "Old"),
            ("tel", "+44 (0)7700 900777", "mobile"),
        )
    ]
    withdrawn = {"value": "wrong@fairbrother.org", "kind": "mail", "label": "work"}
    contact_points += [
        {"guest_no": "new", **withdrawn},
        {"guest_no": "new", **withdrawn, "_deleted": "true", "_loaded_at": "2026-06-30T03:00:00Z"},
    ]
    for name, rows in (("guests", guests), ("contact_points", contact_points)):
        columns = tables[f"raw_booking.{name}"]
        full = [
            {**common, "newsletter_at": "2026-05-01T10:00:00Z", "_loaded_at": LOADED, **row}
            for row in rows
        ]
        load_text(
            project,
            f"raw_booking.{name}",
            columns,
            [[row.get(column) for column in columns] for row in full],
        )


def add_contact(project: Project) -> None:
    """Rosalind as the CRM knows her, with the consent that she gave for her third address."""
    contact = {
        "id": "rosalind",
        "first_name": "Rosalind",
        "last_name": "Thackeray",
        "email": THIRD,
        "_deleted": "false",
        "created_date": "2024-02-01T09:00:00Z",
        "last_modified_date": "2024-02-01T09:00:00Z",
        "_loaded_at": LOADED,
    }
    consent = {
        "consent_event_id": "rosalind",
        "contact_point_type": "email",
        "contact_point": THIRD,
        "purpose": "marketing",
        "channel": "email",
        "status": "granted",
        "method": "web_form",
        "occurred_at": "2026-04-01T09:00:00Z",
        "_loaded_at": LOADED,
    }
    for table, row in (("raw_crm.contacts", contact), ("raw_consent.events", consent)):
        project.execute(
            f"insert into {table} ({', '.join(row)}) values ({', '.join('?' for _ in row)})",
            list(row.values()),
        )


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    project = small_world(tmp_path_factory.mktemp("booking"))
    buyers = best_buyers(project)
    add_contact(project)
    load_guests(project, buyers)
    for path, text in FILES.items():
        add_file(project, path, text)
    set_variables(project, listed_in_the_guide(), sample_clock(project.folder / "sample"))
    build_green(project, *MODELS_AND_INTEGRITY)
    keys = {f"booking:buyer{number}": f"shop_uk:{key}" for number, (key, *_) in enumerate(buyers)}
    return Company(project, reach(project), keys)


def test_the_guide_has_three_steps_and_names_the_file_of_each_block() -> None:
    steps = re.findall(r"^## (\d)\. (\w+)", GUIDE, re.MULTILINE)
    assert steps == [("1", "Declare"), ("2", "Stage"), ("3", "List")]
    assert len(BLOCKS) == len(re.findall(r"^```(?:yaml|sql)$", GUIDE, re.MULTILINE))
    first_list = GUIDE.index("# dbt_project.yml")
    assert GUIDE.index("dbt build", first_list) < GUIDE.index("## More of the same source")


def test_only_what_the_guide_says_differs(company: Company) -> None:
    assert differences(company.project) == []


def test_guests_are_the_customers_that_were_there(company: Company) -> None:
    assert len(company.buyers) == 3
    customers = customers_by_record(company.project, "booking")
    shop = customers_by_record(company.project, "shop_uk")
    assert {guest: customers[guest] for guest in company.buyers} == {
        guest: shop[record] for guest, record in company.buyers.items()
    }


def test_the_third_email_links(company: Company) -> None:
    customers = customers_by_record(company.project, "booking")
    crm = customers_by_record(company.project, "crm")
    assert customers["booking:many"] == crm["crm:rosalind"]
    alone = company.project.query(
        "select count(*) from dev_identity.identity_map "
        f"where customer_id = '{customers['booking:new']}'"
    )
    assert alone == [(1,)]
    assert "booking:gone" not in customers


def test_labels_and_primary_flags_arrive(company: Company) -> None:
    customer = customers_by_record(company.project, "booking")["booking:many"]
    columns = "identifier_type, identifier_label, is_primary, identifier_value"
    of_record = company.project.query(
        f"select {columns} from dev_identity.identity_identifiers where record_id = 'booking:many'"
    )
    assert set(of_record) == CONTACT_POINTS
    of_customer = company.project.query(
        f"select {columns} from dev_marts.customer_identifiers where customer_id = '{customer}'"
    )
    # The CRM holds the third e-mail as its contact's primary one.
    lifted = {
        ("email", "primary", True, value) if value == THIRD else (kind, label, primary, value)
        for kind, label, primary, value in CONTACT_POINTS
    }
    assert set(of_customer) == lifted


def test_a_contact_point_that_was_deleted_is_gone_and_counted(company: Company) -> None:
    held = company.project.query(
        "select identifier_value from dev_identity.identity_identifiers "
        "where record_id = 'booking:new'"
    )
    assert held == [("of@fairbrother.org",)]
    issues = company.project.query(
        "select issue, row_count from dev_intermediate.int_data_quality_issues "
        "where model_name = 'stg_booking_contacts__contact_points' order by issue"
    )
    assert issues == [("deleted_in_source", 1), ("superseded_version", 1)]


def test_guests_reach_a_segment_and_the_file(company: Company) -> None:
    customers = customers_by_record(company.project, "booking")
    guests = {customers[guest] for guest in company.buyers}
    members, contacts = company.reached.members, company.reached.contacts
    assert guests & set().union(*members.values())
    in_file = guests & set(contacts)
    assert any("booking:newsletter/" in contacts[guest]["consent_reference"] for guest in in_file)
    for flag in ("high_value", "lapsing"):
        flagged = {guest for guest in in_file if contacts[guest][flag] == "true"}
        assert flagged == in_file & members.get(f"seg_{flag}", set())


def test_she_is_written_to_where_she_allowed_it_and_not_where_she_declined(
    company: Company,
) -> None:
    customer = customers_by_record(company.project, "booking")["booking:many"]
    assert company.reached.contacts[customer]["email"] == THIRD
