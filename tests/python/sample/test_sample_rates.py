"""Imperfections are as frequent as documented, and behaviour carries its signal."""

from __future__ import annotations

import json
import re
from collections import defaultdict

import pandas as pd
import pytest

from sample_linking import latest
from sample_world import SEEDS, sample_of
from warehouse_cdp.sample import documented_rates
from worlds import ROOT


@pytest.mark.parametrize("seed", SEEDS)
def test_every_kind_happens_as_often_as_documented(seed: int) -> None:
    seen = sample_of(seed).rates_seen
    for name, rate, _ in documented_rates():
        hits, trials = seen[name]
        deviation = (rate * (1 - rate) / trials) ** 0.5
        assert hits > 0, name
        assert abs(hits / trials - rate) < 4 * deviation + 1 / trials, name


def test_guide_lists_every_rate() -> None:
    guide = (ROOT / "docs" / "guides" / "sample-data.md").read_text(encoding="utf-8")
    for name, rate, about in documented_rates():
        assert f"| `{name}` | {rate:.2%} | {about} |" in guide


def _share(values: pd.Series, pattern: str) -> float:
    given = values.dropna()
    return float(given.str.contains(pattern, regex=True).mean())


@pytest.mark.parametrize("seed", SEEDS)
def test_raw_tables_show_the_imperfections(seed: int) -> None:
    """Counted in the raw tables, without the generator's own bookkeeping."""
    tables = sample_of(seed).tables
    emails = pd.concat([tables["shop_uk/customers"]["email"], tables["shop_de/customers"]["email"]])
    assert 0.005 < _share(emails, r"^(?:noemail|none|keine)@") < 0.05
    assert _share(emails, r"[A-Z]") > 0.02
    assert _share(emails, r"\+") > 0.002
    phones = tables["loyalty/members"]["mobile"]
    assert 0.003 < _share(phones, r"^0+$") < 0.05
    events = tables["web/events"]
    unreadable = 0
    years = []
    for text in events["payload"]:
        try:
            years.append(int(json.loads(text)["timestamp"][:4]))
        except json.JSONDecodeError:
            unreadable += 1
    assert 0 < unreadable / len(events) < 0.01
    assert min(years) == 1970
    assert max(years) > 2028
    receipts = tables["pos/receipts"]
    assert receipts["phone"].notna().any()
    assert receipts["web_order_number"].notna().sum() > 50
    assert (receipts["loyalty_card"].isna() & receipts["phone"].isna()).mean() > 0.3
    for name in ("shop_uk/customers", "crm/contacts"):
        frame = tables[name]
        assert frame["id"].duplicated().sum() > 50
        assert (frame["_deleted"] == "true").sum() > 3
        assert frame.duplicated(["id", "_loaded_at"]).any()
    assert tables["crm/contacts"]["master_record_id"].notna().sum() > 5
    assert (tables["crm/contacts"]["email_3"].notna()).sum() > 20
    statuses = set(tables["shop_uk/orders"]["financial_status"]) | set(
        tables["shop_de/orders"]["financial_status"]
    )
    assert any(status.endswith("_v2") for status in statuses)


@pytest.mark.parametrize("seed", SEEDS)
def test_click_and_collect_repeats_the_online_order(seed: int) -> None:
    tables = sample_of(seed).tables
    totals = {}
    for shop in ("shop_uk", "shop_de"):
        for row in latest(tables[f"{shop}/orders"], "id"):
            amount = row["total_price"]
            if shop == "shop_de":
                amount = amount.replace(".", "").replace(",", ".")
            totals[row["order_number"]] = amount
    collected = [row for row in latest(tables["pos/receipts"], "receipt_no")
                 if row["web_order_number"] in totals]  # fmt: skip
    assert len(collected) > 50
    assert all(row["total"] == totals[row["web_order_number"]] for row in collected)


@pytest.mark.parametrize("seed", SEEDS)
def test_order_amounts_add_up(seed: int) -> None:
    tables = sample_of(seed).tables
    lines: dict[str, float] = defaultdict(float)
    for row in latest(tables["shop_uk/order_lines"], "id"):
        lines[row["order_id"]] += float(row["price"]) * int(row["quantity"])
    for row in latest(tables["shop_uk/orders"], "id"):
        if row["is_test"] == "true":
            continue
        assert float(row["subtotal_price"]) == pytest.approx(lines[row["id"]])
        total = (
            float(row["subtotal_price"]) - float(row["total_discounts"])
            + float(row["shipping_price"])
        )  # fmt: skip
        assert float(row["total_price"]) == pytest.approx(total)


def _purchases(seed: int) -> pd.DataFrame:
    """Return (person, when) of every order and receipt, by load time."""
    sample = sample_of(seed)
    facts = sample.truth["interactions"].dropna(subset="person_id")
    person = {(r.source, r.interaction_id): r.person_id for r in facts.itertuples()}
    rows = []
    for source, table, key in (
        ("shop_uk", "orders", "id"), ("shop_de", "orders", "id"), ("pos", "receipts", "receipt_no"),
    ):  # fmt: skip
        frame = sample.tables[f"{source}/{table}"].sort_values("_loaded_at").drop_duplicates(key)
        rows += [
            (person[source, pk], loaded)
            for pk, loaded in zip(frame[key], frame["_loaded_at"], strict=True)
            if (source, pk) in person
        ]
    return pd.DataFrame(rows, columns=["person_id", "when"])


@pytest.mark.parametrize("seed", SEEDS)
def test_churn_follows_complaints(seed: int) -> None:
    """Of people with a bad ticket a year ago, far fewer bought in the last half year."""
    sample = sample_of(seed)
    bad = latest(sample.tables["support/tickets"], "id")
    unhappy_tickets = {
        row["id"] for row in bad
        if row["satisfaction"] == "bad" and row["_loaded_at"] < "2025-12-01"
    }  # fmt: skip
    facts = sample.truth["interactions"].query("interaction_type == 'ticket'")
    unhappy = set(facts[facts["interaction_id"].isin(unhappy_tickets)]["person_id"])
    bought = _purchases(seed)
    early = set(bought[bought["when"] < "2025-12-01"]["person_id"])
    recent = set(bought[bought["when"] > "2025-12-25"]["person_id"])
    assert len(unhappy & early) > 20
    stayed_unhappy = len(unhappy & early & recent) / len(unhappy & early)
    stayed_others = len((early - unhappy) & recent) / len(early - unhappy)
    assert stayed_unhappy < 0.7 * stayed_others


@pytest.mark.parametrize("seed", SEEDS)
def test_people_who_announce_leaving_come_back_to_the_website(seed: int) -> None:
    sample = sample_of(seed)
    leaving = re.compile(
        r"cancel my membership|switching to|close my account|kündig|wechsle zu", re.IGNORECASE
    )
    texts = {
        **{("support", row["id"]): row["description"] for row in
           latest(sample.tables["support/tickets"], "id")},
        **{("crm", row["id"]): row["body"] for row in
           latest(sample.tables["crm/call_notes"], "id")},
    }  # fmt: skip
    said = {key for key, text in texts.items() if leaving.search(text)}
    facts = sample.truth["interactions"].dropna(subset="person_id")
    words = zip(facts["source"], facts["interaction_id"], facts["person_id"], strict=True)
    people = {person for source, key, person in words if (source, key) in said}
    visits = facts[(facts["source"] == "web") & (facts["is_knowable"] == "true")]
    assert len(people) >= 15
    assert len(people & set(visits["person_id"])) >= 4


@pytest.mark.parametrize("seed", SEEDS)
def test_campaigns_bring_orders(seed: int) -> None:
    sessions: dict[str, set[str]] = defaultdict(set)
    mailed = set()
    for row in sample_of(seed).tables["web/events"]["payload"]:
        try:
            payload = json.loads(row)
        except json.JSONDecodeError:
            continue
        sessions[payload["sessionId"]].add(payload["type"])
        if payload.get("utm", {}).get("medium") == "email":
            mailed.add(payload["sessionId"])
    bought = sum("purchase" in sessions[session] for session in mailed)
    assert bought >= 5
    assert bought / len(mailed) < 0.6


@pytest.mark.parametrize("seed", SEEDS)
def test_carts_are_abandoned_in_the_last_days(seed: int) -> None:
    sample = sample_of(seed)
    sessions: dict[str, set[str]] = defaultdict(set)
    for received, text in zip(
        sample.tables["web/events"]["received_at"], sample.tables["web/events"]["payload"],
        strict=True,
    ):  # fmt: skip
        if received > "2026-06-22":
            kind = re.search(r'"type":"(\w+)"', text)
            session = re.search(r'"sessionId":"(\w+)"', text)
            if kind and session:
                sessions[session[1]].add(kind[1])
    abandoned = [kinds for kinds in sessions.values()
                 if "add_to_cart" in kinds and "purchase" not in kinds]  # fmt: skip
    assert len(abandoned) >= 8


@pytest.mark.parametrize("seed", SEEDS)
def test_erasures_are_there_in_each_state(seed: int) -> None:
    rows = latest(sample_of(seed).tables["consent/privacy_requests"], "request_id")
    erasures = [row["status"] for row in rows if row["request_type"] == "erasure"]
    assert 3 <= len(erasures) <= 6
    assert "completed" in erasures
    assert {"open", "verified"} & set(erasures)
    assert {row["request_type"] for row in rows} == {"access", "objection", "erasure"}
