"""Golden e-mail and address are today's for 95 % of people, in a company never tuned to as well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from worlds import Project

LEAST_RIGHT = 0.95
# A share this high with so few people would prove nothing.
FEWEST_PEOPLE = 350


@pytest.mark.parametrize("company", ["committed_sample", "uncommitted"])
def test_golden_fields_are_right_today(company: str, request: pytest.FixtureRequest) -> None:
    project: Project = request.getfixturevalue(company)
    outcome = project.cdp("evaluate", "--sample-dir", "sample", "--json")
    assert outcome.code == 0, outcome.output
    golden: dict[str, Any] = json.loads(outcome.output)["golden"]
    assert golden["email"]["people"] >= FEWEST_PEOPLE
    # Who has no record, or only deleted ones, is in no denominator: that must stay rare.
    assert golden["people_without_customer"] <= 0.02 * golden["email"]["people"]
    too_low = {
        group: golden[group]["right"]
        for group in ("email", "address")
        if golden[group]["right"] < LEAST_RIGHT
    }
    assert too_low == {}


def test_the_golden_value_is_the_choice_of_rank_one(committed_sample: Project) -> None:
    """What explains a golden field and the field itself cannot drift apart."""
    differing = committed_sample.query(
        """
        select count(*)
        from dev_marts.customers as customers
        left join dev_marts.customer_email_choices as email
            on customers.customer_id = email.customer_id and email.choice_rank = 1
        left join dev_marts.customer_address_choices as address
            on customers.customer_id = address.customer_id and address.choice_rank = 1
        where
            (customers.email, customers.email_record_id)
            is distinct from (email.email, email.record_id)
            or (customers.address_line_1, customers.city, customers.postal_code)
            is distinct from (address.address_line_1, address.city, address.postal_code)
        """
    )
    assert differing == [(0,)]


def test_street_and_city_come_from_one_record(committed_sample: Project) -> None:
    mixed = committed_sample.query(
        """
        select count(*)
        from dev_marts.customers as customers
        inner join dev_intermediate.int_persons_unioned as persons
            on customers.address_record_id = persons.record_id
        where
            (customers.address_line_1, customers.city, customers.postal_code)
            is distinct from (persons.address_line_1, persons.city, persons.postal_code)
        """
    )
    assert mixed == [(0,)]


def mailbox(email: str) -> str:
    """One for all spellings; no two people of the sample differ by a dot alone."""
    name, _, domain = email.partition("@")
    return f"{name.partition('+')[0].replace('.', '')}@{domain}"


def test_no_dead_address_is_golden_while_a_good_one_is_there(committed_sample: Project) -> None:
    """Found from events and identifiers themselves, not from the model that decides."""
    last: dict[tuple[str, bool], Any] = {}
    for email, is_refusal, moment in committed_sample.query(
        """
        select
            email,
            event_type = 'complained' or (event_type = 'bounced' and bounce_type = 'hard'),
            max(occurred_at)
        from dev_intermediate.int_email_events_unioned
        where event_type in ('opened', 'clicked', 'complained', 'bounced')
            and coalesce(bounce_type, 'hard') = 'hard' and occurred_at <= '2026-06-30 06:00:00'
        group by all
        """
    ):
        last[email, is_refusal] = moment
    dead = {
        mailbox(email)
        for (email, is_refusal), moment in last.items()
        if is_refusal and moment >= last.get((email, False), moment)
    }
    held: dict[str, set[str]] = {}
    for customer, email in committed_sample.query(
        """
        select customer_id, identifier_value from dev_marts.customer_identifiers
        where identifier_type = 'email' and not is_blocked
        """
    ):
        held.setdefault(customer, set()).add(mailbox(email))
    golden = dict(committed_sample.query("select customer_id, email from dev_marts.customers"))
    avoided = [c for c, boxes in held.items() if boxes & dead and boxes - dead]
    assert len(avoided) > 20
    assert [c for c in avoided if mailbox(golden[c]) in dead] == []


def test_blocked_addresses_are_never_golden(committed_sample: Project) -> None:
    blocked = committed_sample.query(
        """
        select count(*)
        from dev_marts.customers as customers
        inner join dev_marts.identifier_owners as owners
            on owners.identifier_type = 'email' and customers.email = owners.identifier_value
        where owners.is_blocked
        """
    )
    assert blocked == [(0,)]
