"""The whole way: ``cdp sync`` from a warehouse to the stand-in of each destination and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import audience_kits  # noqa: F401 - enters its kits
import http_kits  # noqa: F401 - enters its kits
import postgres_kit  # noqa: F401 - enters its kit
from conformance import KITS, Kit
from postgres import postgres_server
from tiny_project import CANARY, TinyProject, tiny_project
from warehouse_cdp.warehouse import syncs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres_server(tmp_path_factory.mktemp("pg")) as server:
        yield server.uri


@pytest.fixture(params=sorted(KITS))
def kit(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Kit]:
    kind = KITS[request.param]
    if kind.needs_database:
        kind.database = request.getfixturevalue("database")
    made = kind(tmp_path)
    registered = made.type()
    monkeypatch.setattr(syncs, "DESTINATION_TYPES", {registered.name: registered})
    secrets = {one.name: one.variable for one in registered.capabilities.secrets}
    for name, value in made.secrets().items():
        monkeypatch.setenv(secrets[name], value)
    for name in ("DBT_PROFILES_DIR", "DBT_TARGET", "CDP_WAREHOUSE_PATH", "CDP_STATE_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("DBT_TARGET_PATH", raising=False)
    yield made
    made.close()
    assert list(made.violations()) == []


@pytest.fixture
def project(kit: Kit, tmp_path: Path) -> TinyProject:
    made = tiny_project(tmp_path)
    made.write_sync(
        destination={"type": kit.type().name, **kit.settings()},
        mode=kit.mode,
        columns={"customer_id": kit.key, "email": kit.columns[1]},
    )
    return made


def sync(kit: Kit, project: TinyProject, code: int = 0) -> dict[str, Any]:
    done = project.cdp("sync", "--json")
    assert done.code == code, done.everything
    assert told(kit, done.everything.replace(str(project.folder), "")) == []
    assert [place for place, text in kept(project).items() if told(kit, text)] == []
    said: dict[str, Any] = json.loads(done.out)[0]
    return said


def told(kit: Kit, text: str) -> list[str]:
    """What of personal data and of secrets stands in a text."""
    return [one for one in ("canary", *kit.secrets().values()) if one.lower() in text.lower()]


def kept(project: TinyProject) -> dict[str, str]:
    """All that a run leaves behind, by place: tables of the state, journal, logs, target/."""
    tables = project.state(
        "select table_name from duckdb_tables() where database_name = current_database()"
    )
    left = {name: repr(project.state(f'from dev."{name}"')) for (name,) in tables}
    for folder in ("cdp_state.duckdb.sync", "logs", "target"):
        for path in (project.folder / folder).rglob("*"):
            # A manifest says what the test itself declares, a path with a canary among it.
            if path.is_file() and path.name != "manifest.json":
                left[str(path)] = path.read_text(encoding="utf-8")
    assert left["sync_runs"] != "[]"
    return left


def is_held(kit: Kit, addresses: dict[str, str]) -> bool:
    held = {key: one[kit.columns[1].lower()] for key, one in lowered(kit).items()}
    return held == {key: kit.told(key, address) for key, address in addresses.items()}


def lowered(kit: Kit) -> dict[str, dict[str, object]]:
    return {
        key: {name.lower(): value for name, value in one.items()} for key, one in kit.held().items()
    }


def withdraw(project: TinyProject, customer: str, address: str) -> None:
    project.warehouse(
        f"delete from dev_marts.consents where contact_point = '{address}'",
        f"delete from dev_activation.act_email__contacts where customer_id = '{customer}'",
        "update dev_activation.candidates_email__contacts set holdback_reason = 'withdrawn' "
        f"where customer_id = '{customer}'",
    )


def test_what_is_there_is_what_consent_allows_after_every_run(
    kit: Kit, project: TinyProject
) -> None:
    people = {f"cus_{n}": f"{CANARY}{n}@x.test" for n in range(5)}
    for key, address in people.items():
        kit.told(key, address)
    assert sync(kit, project)["added"] == 5
    assert is_held(kit, people)

    asked = len(kit.server.exchanges)
    again = sync(kit, project)
    assert (again["status"], again["unchanged"]) == ("unchanged", 5)
    # Nothing is sent but the question which account this is.
    assert all(one.method == "GET" or "token" in one.path for one in kit.server.exchanges[asked:])

    people["cus_1"] = f"{CANARY}-other@x.test"
    kit.told("cus_1", people["cus_1"])
    project.change_email("cus_1", people["cus_1"])
    withdraw(project, "cus_2", people.pop("cus_2"))
    if kit.speaks_http:
        kit.server.always = "server_error"
        assert sync(kit, project, 6)["status"] in ("failed", "partial")
        kit.server.always = None
    after = sync(kit, project)
    assert after["status"] == "succeeded", after
    assert is_held(kit, people)
    assert sync(kit, project)["status"] == "unchanged"
