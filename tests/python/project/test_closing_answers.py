"""What closes a contact point survives bad input: unreadable, contradicting and national forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from worlds import Project, sample_clock, small_world

if TYPE_CHECKING:
    from collections.abc import Mapping

BRITISH, GERMAN, DOUBLE = "+447400123456", "+491719876543", "7911123456"
"""Two known numbers, and the national digits of one that is known in both countries."""

LOADED = "2026-06-01T02:00:00Z"


def insert(project: Project, table: str, *rows: Mapping[str, str]) -> None:
    with duckdb.connect(str(project.warehouse)) as connection:
        for row in rows:
            filled = {**row, "_loaded_at": LOADED}
            names, marks = ", ".join(filled), ", ".join("?" * len(filled))
            connection.execute(
                f"insert into {table} ({names}) values ({marks})", list(filled.values())
            )


def consent(key: str, point: str, status: str, **more: str) -> dict[str, str]:
    kind = "email" if "@" in point else "phone"
    return {
        "consent_event_id": key, "contact_point_type": kind, "contact_point": point,
        "purpose": "marketing", "channel": "any", "status": status, "method": "web_form",
        "occurred_at": "2026-05-01T10:00:00Z", **more,
    }  # fmt: skip


def request(key: str, kind: str, status: str, point: str = "two@versions.test") -> dict[str, str]:
    return {
        "request_id": key, "request_type": kind, "contact_point_type": "email",
        "contact_point": point, "status": status, "received_at": "2026-05-01T10:00:00Z",
    }  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small company with some consents that are hard to read, its input layer built."""
    made = small_world(tmp_path_factory.mktemp("closing"), people=60)
    known = (BRITISH, GERMAN, f"+44{DOUBLE}", f"+49{DOUBLE}")
    insert(
        made, "raw_crm.contacts",
        *({"id": f"x{n}", "phone": phone, "_deleted": "false"} for n, phone in enumerate(known)),
    )  # fmt: skip
    insert(
        made, "raw_consent.events",
        consent("deny-gb", "07400 123456", "denied"),
        consent("grant-de", "0171 9876543", "granted"),
        consent("deny-both", f"0{DOUBLE}", "withdrawn"),
        consent("odd-both", f"0{DOUBLE}", "withdrawn_v2"),
        consent("grant-both", f"0{DOUBLE}", "granted"),
        consent("grant-nobody", "07400 654321", "granted"),
        consent("no-then-yes", "a@versions.test", "granted"),
        consent("no-then-yes", "a@versions.test", "denied"),
        consent("odd-then-yes", "b@versions.test", "granted"),
        consent("odd-then-yes", "b@versions.test", "withdrawn_v2"),
        consent("yes-and-yes", "c@versions.test", "granted"),
        consent("yes-and-yes", "d@versions.test", "granted"),
    )  # fmt: skip
    insert(
        made, "raw_consent.privacy_requests",
        request("kinds", "access", "open"), request("kinds", "erasure", "completed"),
        request("states", "erasure", "rejected"), request("states", "erasure", "open"),
        request("states", "erasure", "completed"),
    )  # fmt: skip
    event = {"event_id": "left", "campaign_id": "c", "email": "a@versions.test", "ts": "1780000000"}
    insert(
        made, "raw_email.events",
        {**event, "type": "click"}, {**event, "type": "unsubscribe"},
    )  # fmt: skip
    clock = f'{{"as_of": "{sample_clock(made.folder / "sample")}"}}'
    selection = ("--select", "+int_data_quality_issues", "+int_email_events_unioned")
    options = ("--exclude", "test_type:unit", "--indirect-selection", "cautious")
    outcome = made.dbt("build", *selection, *options, "--vars", clock)
    assert outcome.code == 0, outcome.output
    return made


def points(project: Project, key: str) -> list[tuple[str, str | None, str | None]]:
    """(key, contact point, status) of a consent."""
    return project.query(
        "select consent_event_id, contact_point, status "
        "from dev_intermediate.int_consents_unioned "
        f"where consent_event_id = 'consent:{key}' or consent_event_id like 'consent:{key}#%' "
        "order by consent_event_id"
    )


def test_a_denial_in_national_form_closes_the_number_we_know(project: Project) -> None:
    assert points(project, "deny-gb") == [("consent:deny-gb", BRITISH, "denied")]


def test_a_national_number_is_not_read_as_british_when_a_german_one_is_known(
    project: Project,
) -> None:
    assert points(project, "grant-de") == [("consent:grant-de", GERMAN, "granted")]


@pytest.mark.parametrize(("key", "status"), [("deny-both", "withdrawn"), ("odd-both", None)])
def test_what_closes_a_number_of_two_countries_closes_both(
    project: Project, key: str, status: str | None
) -> None:
    assert points(project, key) == [
        (f"consent:{key}", f"+44{DOUBLE}", status),
        (f"consent:{key}#2", f"+49{DOUBLE}", status),
    ]


def test_a_grant_of_a_number_of_two_countries_or_of_nobody_opens_none(project: Project) -> None:
    assert points(project, "grant-both") == [("consent:grant-both", None, "granted")]
    assert points(project, "grant-nobody") == [("consent:grant-nobody", None, "granted")]


def test_phones_that_nobody_can_read_are_counted(project: Project) -> None:
    assert project.query(
        "select row_count = (select count(*) from dev_intermediate.int_consents_unioned "
        "where contact_point_type = 'phone' and contact_point is null) and row_count >= 2 "
        "from dev_intermediate.int_data_quality_issues "
        "where model_name = 'int_consents_unioned' and issue = 'invalid_phone'"
    ) == [(True,)]


def test_of_contradicting_answers_the_one_that_closes_stays(project: Project) -> None:
    assert points(project, "no-then-yes") == [("consent:no-then-yes", "a@versions.test", "denied")]
    assert points(project, "odd-then-yes") == [("consent:odd-then-yes", "b@versions.test", None)]


def test_contradicting_grants_are_set_aside_for_no_rule_can_choose(project: Project) -> None:
    assert points(project, "yes-and-yes") == []


def test_of_contradicting_requests_and_e_mail_events_the_most_restrictive_stays(
    project: Project,
) -> None:
    assert project.query(
        "select privacy_request_id, request_type, status "
        "from dev_intermediate.int_privacy_requests_unioned "
        "where contact_point = 'two@versions.test' order by 1"
    ) == [("consent:kinds", "erasure", "completed"), ("consent:states", "erasure", "open")]
    assert project.query(
        "select event_type from dev_intermediate.int_email_events_unioned "
        "where email_event_id = 'email:left'"
    ) == [("unsubscribed",)]


def test_the_versions_that_gave_way_are_counted(project: Project) -> None:
    found = project.query(
        "select model_name, row_count from dev_intermediate.int_data_quality_issues "
        "where issue = 'conflicting_version' and model_name in "
        "('stg_consent__privacy_requests', 'stg_email__events', 'stg_consent__events') order by 1"
    )
    assert found == [
        ("stg_consent__events", 4),
        ("stg_consent__privacy_requests", 3),
        ("stg_email__events", 1),
    ]
