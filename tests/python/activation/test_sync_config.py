"""Reading syncs from a manifest: all problems at once, nothing silently ignored."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from warehouse_cdp.activation import choose_syncs, unfinished_upstream
from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.warehouse.syncs import syncs_in

SYNC: dict[str, Any] = {
    "candidates": "candidates_email__contacts",
    "purposes": ["marketing"],
    "contact_point": {"type": "email", "column": "email", "channel": "email"},
    "destination": {"type": "file", "format": "csv", "path": "out/{target}/{sync_name}.csv"},
    "mode": "mirror",
    "key": "customer_id",
    "columns": {"customer_id": "id", "email": None},
    "guards": {"max_remove_share": 0.5, "min_source_rows": 3},
}


def model(name: str, *columns: str) -> dict[str, Any]:
    described: dict[str, dict[str, Any]] = {column: {"config": {"meta": {}}} for column in columns}
    if "email" in described:
        described["email"]["config"]["meta"] = {"personal": "identifier"}
    return {
        "unique_id": f"model.p.{name}",
        "name": name,
        "relation_name": f'"wh"."dev"."{name}"',
        "columns": described,
    }


def manifest_with(sync: object) -> dict[str, Any]:
    contacts = model("act_email__contacts", "customer_id", "email", "is_lapsing")
    candidates = model("candidates_email__contacts", "customer_id", "holdback_reason", "email")
    standings = model("customer_standings", "customer_id", "current_customer_id", "holdback_reason")
    consents = model(
        "consents", "contact_point_type", "contact_point", "purpose", "channel", "is_granted"
    )
    persons = model("customer_consents", "customer_id", "purpose", "is_granted")
    models = (contacts, candidates, standings, consents, persons)
    return {
        "nodes": {node["unique_id"]: node for node in models},
        "exposures": {
            "exposure.p.sync_email__contacts": {
                "name": "sync_email__contacts",
                "owner": {"name": "CRM team"},
                "config": {"meta": {"sync": sync}},
                "depends_on": {"nodes": [contacts["unique_id"], candidates["unique_id"]]},
            },
            "exposure.p.dashboard": {
                "name": "dashboard",
                "config": {"meta": {}},
                "depends_on": {"nodes": []},
            },
        },
        "parent_map": {
            "model.p.act_email__contacts": ["model.p.customers"],
            "model.p.customers": [],
            "test.p.customers_unique": ["model.p.customers"],
            "test.p.elsewhere": ["model.p.customers", "model.p.other"],
        },
        "child_map": {"model.p.customers": ["test.p.customers_unique", "test.p.elsewhere"]},
    }


def changed(**values: object) -> dict[str, Any]:
    return {**copy.deepcopy(SYNC), **values}


def test_a_good_declaration_is_read_whole() -> None:
    config = syncs_in(manifest_with(SYNC))["sync_email__contacts"]
    assert config.relation == '"wh"."dev"."act_email__contacts"'
    assert config.key == ("customer_id",)
    assert [column.target for column in config.columns] == ["id", "email"]
    assert config.destination.settings["format"] == "csv"
    assert config.on_leave == "delete"
    assert config.contact_point is not None
    assert config.contact_point.is_in_model
    assert config.guards.max_remove_share == 0.5
    assert config.owner == "CRM team"


@pytest.mark.parametrize(
    ("sync", "said"),
    [
        ("a text", "sync is no mapping"),
        (changed(mode="replace"), "mode 'replace' is none of upsert, insert, update, mirror"),
        (changed(speed=3), "sync does not know speed; valid are destination"),
        (changed(key="email"), "key email is personal data"),
        (changed(key="is_lapsing"), "key is_lapsing must be among the mapped columns"),
        (changed(key=[]), "key must name the column"),
        (changed(columns={"customer_id": "id", "phone": None}), "act_email__contacts has no phone"),
        (changed(columns={"customer_id": "id", "email": "id"}), "columns map twice to id"),
        (changed(columns={"customer_id": "operation"}), "may not map to operation"),
        (changed(columns=None), "columns must map"),
        (changed(candidates="customers"), "candidates must name the model"),
        (changed(candidates=None), "candidates must name the model"),
        (changed(guards={"max_remove_share": 20}), "max_remove_share 20 is no number from 0 to 1"),
        (changed(guards={"max_remove_share": True}), "max_remove_share True is no number"),
        (changed(guards={"min_source_rows": -1}), "min_source_rows -1 is no whole number"),
        (changed(guards={"max_rows": 1}), "guards does not know max_rows"),
        (changed(destination=None), "destination must be a mapping"),
        (changed(destination={"type": "fil", "format": "csv"}), "(did you mean file?)"),
        (changed(modee="mirror"), "modee (did you mean mode?)"),
        (changed(mode="audience"), "mode audience: file cannot do that"),
        (changed(on_leave="archive"), "on_leave 'archive' is none of delete, keep"),
        (changed(purposes=None), "purposes must list"),
        (changed(contact_point={"type": "email", "column": "mail"}), "has no mail (did you mean"),
        (
            changed(columns={"customer_id": "id", "email": {"to": "e", "transform": "meta.mail"}}),
            "transform 'meta.mail' is unknown",
        ),
        (changed(batch={"size": 0}), "batch.size 0 is no whole number from 1"),
        (
            changed(
                destination={
                    "type": "file",
                    "format": "csv",
                    "secrets": {"sftp_password": "x"},
                }
            ),
            "must be the name of an environment variable",
        ),
        (changed(destination={"type": "file", "format": "xlsx"}), "'xlsx' is none of csv"),
        (
            changed(destination={"type": "file", "format": "csv", "path": "{date}.csv"}),
            "valid placeholders are {target}, {sync_name}, {run_id}",
        ),
        (
            changed(destination={"type": "file", "format": "csv", "path": "../{sync_name}.csv"}),
            "may not climb",
        ),
        (
            changed(destination={"type": "file", "format": "csv", "path": "{run_id}.csv"}),
            "path may not hold {run_id}",
        ),
        (changed(mode="upsert"), "path must hold {run_id}"),
        (
            changed(destination={"type": "file", "format": "jsonl", "formula_guard": True}),
            "formula_guard is for csv",
        ),
    ],
)
def test_a_wrong_declaration_is_named(sync: object, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        syncs_in(manifest_with(sync))
    assert said in str(caught.value)
    assert "sync_email__contacts" in str(caught.value)


def test_all_problems_come_together() -> None:
    wrong = changed(mode="replace", key="email", guards={"max_remove_share": 20})
    with pytest.raises(ConfigurationError) as caught:
        syncs_in(manifest_with(wrong))
    assert str(caught.value).startswith("3 problem(s)")


def test_an_unknown_name_is_answered_with_the_valid_ones() -> None:
    syncs = syncs_in(manifest_with(SYNC))
    with pytest.raises(ConfigurationError, match="'sync_sms'; valid are sync_email__contacts"):
        choose_syncs(syncs, ["sync_sms"])


def test_a_project_without_syncs_says_how_to_add_one() -> None:
    with pytest.raises(ConfigurationError, match="declares no sync"):
        choose_syncs({}, [])


def test_failures_above_a_sync_are_seen_and_others_are_not() -> None:
    config = syncs_in(manifest_with(SYNC))["sync_email__contacts"]
    results = {
        "results": [
            {"unique_id": "model.p.customers", "status": "success"},
            {"unique_id": "model.p.act_email__contacts", "status": "skipped"},
            {"unique_id": "test.p.customers_unique", "status": "fail"},
            {"unique_id": "test.p.elsewhere", "status": "fail"},
            {"unique_id": "model.p.other", "status": "error"},
        ]
    }
    assert unfinished_upstream(config, results) == ["customers_unique", "act_email__contacts"]


def test_a_secret_that_stands_in_a_declaration_is_not_repeated() -> None:
    secrets = {"type": "file", "format": "csv", "secrets": {"sftp_password": "hunter2 secret"}}
    with pytest.raises(ConfigurationError) as caught:
        syncs_in(manifest_with(changed(destination=secrets)))
    assert "hunter2" not in str(caught.value)
