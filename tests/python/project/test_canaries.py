"""No personal data in what people see or keep: output, logs and target/, of failing runs too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from worlds import Outcome, Project, sample_clock, small_world

if TYPE_CHECKING:
    from pathlib import Path

CANARIES = {
    "first_name": "Canariella",
    "last_name": "Zzquux",
    "email": "canary-7f3@zzquux-mail.org",
    "mobile_phone": "+447700900973",
    "mailing_street": "73 Canary Perch Lane",
    "birthdate": "1971-13-37-canary",
}

LOADED_AT = "2026-01-06T02:00:00Z"
ROWS = {
    "raw_crm.contacts": {
        "id": "canary-contact",
        **CANARIES,
        "created_date": "2026-01-05T10:00:00Z",
        "last_modified_date": "canary-yesterday",
        "_deleted": "false",
        "_loaded_at": LOADED_AT,
    },
    "raw_support.requesters": {
        "id": "canary-requester",
        "name": "Canariella Zzquux",
        "email": CANARIES["email"],
        "_deleted": "false",
        "_loaded_at": LOADED_AT,
    },
    "raw_support.tickets": {
        "id": "canary-ticket",
        "requester_id": "canary-requester",
        "subject": "Canariella Zzquux asks",
        "description": "call me at +447700900973",
        "status": "canary-confused",
        "created_at": "canary-noon",
        "_loaded_at": LOADED_AT,
    },
    "raw_consent.events": {
        "consent_event_id": "canary-consent",
        "contact_point_type": "email",
        "contact_point": CANARIES["email"],
        "purpose": "marketing",
        "channel": "email",
        "status": "granted",
        "occurred_at": "2026-02-01T10:00:00Z",
        "_loaded_at": "2026-02-02T02:00:00Z",
    },
}


def plant(project: Project) -> None:
    """One contact, one ticket and one consent made of nothing but canaries."""
    with duckdb.connect(str(project.warehouse)) as connection:
        for table, row in ROWS.items():
            places = ", ".join("?" * len(row))
            connection.execute(
                f"insert into {table} ({', '.join(row)}) values ({places})", list(row.values())
            )


def everything_said(project: Project, outcomes: list[Outcome]) -> dict[str, str]:
    """What was printed and what lies in logs/ and target/, by place."""
    said = {f"output of run {number}": one.output for number, one in enumerate(outcomes)}
    for folder in ("logs", "target"):
        for path in sorted((project.folder / folder).rglob("*")):
            if path.is_file():
                said[str(path.relative_to(project.folder))] = path.read_text(errors="replace")
    return said


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = small_world(tmp_path_factory.mktemp("canaries"), people=60)
    plant(made)
    return made


@pytest.fixture(scope="module")
def runs(project: Project) -> list[Outcome]:
    """A good build and sync, then three that fail at different places."""

    def dbt(*arguments: str) -> Outcome:
        clock = f'{{"as_of": "{sample_clock(project.folder / "sample")}"}}'
        # As dbt logs unless it is told otherwise; the other tests log less.
        logged = {"DBT_LOG_LEVEL_FILE": "debug"}
        return project.dbt(*arguments, "--vars", clock, environment=logged)

    good = [
        dbt("build", "--exclude-resource-type", "unit_test"),
        project.cdp("sync", "--dry-run"),
        project.cdp("sync"),
        project.cdp("summary"),
    ]
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute("delete from raw_crm.contacts where id <> 'canary-contact'")
        connection.execute("delete from raw_shop_uk.customers")
        connection.execute("delete from raw_loyalty.members")
    failing = [dbt("run"), project.cdp("sync", "no_such_sync")]
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute("alter table raw_crm.contacts rename column email to e_mail")
    failing.append(dbt("run"))
    assert [one.code for one in good] == [0, 0, 0, 0], "\n".join(one.output for one in good)
    assert all(one.code != 0 for one in failing)
    return good + failing


@pytest.mark.usefixtures("runs")
def test_the_canary_is_a_customer_who_may_be_sent_to(project: Project) -> None:
    """Otherwise the search below would find nothing because nothing was there."""
    delivered = "".join(
        path.read_text(errors="replace") for path in (project.folder / "out").rglob("*.csv")
    )
    assert CANARIES["email"] in delivered


@pytest.mark.parametrize(
    "canary", ["canariella", "zzquux", "447700900973", "canary perch", "canary-noon"]
)
def test_no_canary_is_in_output_logs_or_target(
    project: Project, runs: list[Outcome], canary: str
) -> None:
    places = [
        place for place, text in everything_said(project, runs).items() if canary in text.lower()
    ]
    assert places == []


def written_by(path: Path) -> int:
    return path.stat().st_mode & 0o077


@pytest.mark.usefixtures("runs")
def test_what_a_sync_wrote_is_for_its_owner_only(project: Project) -> None:
    files = [path for path in (project.folder / "out").rglob("*") if path.is_file()]
    assert files
    assert [path.name for path in files if written_by(path)] == []
