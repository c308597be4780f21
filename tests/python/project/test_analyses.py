"""The questions of ``analyses/`` get answers on the committed sample, and right ones.

What each answers is compared with a question asked another way, over other tables where it can be.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest

from worlds import ROOT, Project, sample_clock

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

NAMES = sorted(path.stem for path in (ROOT / "analyses").glob("*.sql"))


class Answers:
    """The compiled analyses of a built project, and questions asked besides."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folder = project.folder / "target/compiled/warehouse_cdp/analyses"

    def ask(self, sql: str) -> pd.DataFrame:
        """Rows of a query, numbers with decimals as floats."""
        with duckdb.connect(str(self._project.warehouse), read_only=True) as connection:
            connection.execute(f"attach '{self._project.state}' as cdp_state (read_only)")
            return connection.execute(sql).df()

    def number(self, sql: str) -> float:
        """The one number that a query yields."""
        return float(self._project.query(sql)[0][0])

    def of(self, name: str) -> pd.DataFrame:
        """Rows of a compiled analysis."""
        return self.ask((self._folder / f"{name}.sql").read_text())


@pytest.fixture(scope="module")
def answers(committed_sample: Project) -> Answers:
    clock = json.dumps({"as_of": sample_clock(committed_sample.folder / "sample")})
    outcome = committed_sample.dbt("compile", "--select", "path:analyses", "--vars", clock)
    assert outcome.code == 0, outcome.output
    return Answers(committed_sample)


def complaints(rows: pd.DataFrame, answers: Answers) -> None:
    buyers = answers.number("select count(*) from dev_marts.customer_traits where order_count > 0")
    assert rows["buyer_count"].sum() == buyers
    assert set(rows["satisfaction"]) == {"good", "bad", "never rated"}
    assert rows["share_with_order_in_last_90_days"].between(0, 1).all()
    assert (rows["average_order_count"] >= 1).all()


def coming_back(rows: pd.DataFrame, answers: Answers) -> None:
    assert list(rows["month_number"]) == [0, 1, 3, 6, 12]
    assert rows["active_share"][0] == 1
    assert (rows["active_share"][1:] < 0.5).all()
    assert rows["net_amount_per_customer_so_far_reporting"].is_monotonic_increasing
    buyers = answers.number(
        "select count(distinct customer_id) from dev_marts.orders where is_counted "
        "and customer_id is not null "
        "and coalesce(ordered_date, updated_at, loaded_at) < timestamp '2026-06-01'"
    )
    assert rows["customer_count"][0] == buyers


def fast_help(rows: pd.DataFrame, answers: Answers) -> None:
    tickets = answers.number("select count(*) from dev_intermediate.int_tickets_unioned")
    assert rows["ticket_count"].sum() == tickets
    assert rows["average_hours_to_solve"].dropna().between(0.1, 30 * 24).all()
    assert rows["bad_share"].dropna().between(0, 1).all()
    assert 0 < rows["open_ticket_count"].sum() < tickets / 2


def revenue_with_a_face(rows: pd.DataFrame, answers: Answers) -> None:
    revenue = answers.number(
        "select sum(net_amount_reporting) from dev_marts.orders where is_counted"
    )
    assert rows["net_amount_reporting"].sum() == pytest.approx(revenue)
    assert set(rows["channel"]) == {"online", "till"}
    online = rows[rows["channel"] == "online"]
    assert (online["known_share"] > 0.5).all()
    assert (rows["known_share"] + rows["ambiguous_share"] <= 1.000001).all()


def one_life(rows: pd.DataFrame, answers: Answers) -> None:
    most = answers.number(
        "select max(event_count) from (select count(*) as event_count from "
        "dev_marts.customer_events where customer_id is not null group by customer_id)"
    )
    assert len(rows) == most
    assert rows["occurred_at"].dropna().is_monotonic_increasing
    assert len(set(rows["channel"])) > 1


def articles(rows: pd.DataFrame, answers: Answers) -> None:
    assert rows["sku"].is_unique
    assert rows["refunded_share"].is_monotonic_decreasing
    assert rows["refunded_share"].between(0, 0.5).all()
    worst = rows.iloc[0]
    units = answers.ask(
        "select sum(quantity), sum(refunded_quantity) from dev_marts.order_items "
        f"where is_counted and sku = '{worst['sku']}'"
    ).iloc[0]
    assert (worst["unit_count"], worst["refunded_unit_count"]) == tuple(units)
    assert worst["refunded_unit_count"] > 0


def bringing_buyers(rows: pd.DataFrame, answers: Answers) -> None:
    visits = "select count(*) from dev_marts.sessions where utm_campaign is not null"
    assert rows["session_count"].sum() == answers.number(visits)
    assert rows["utm_campaign"].is_unique
    assert rows["purchase_share"].between(0, 1).all()
    assert rows["purchase_share"].max() > 0


def paying(rows: pd.DataFrame, answers: Answers) -> None:
    assert rows["campaign_tag"].is_unique
    with_ads = rows[rows["ad_spend_amount_reporting"] > 0]
    tags = answers.ask("select distinct utm_campaign from dev_intermediate.int_ad_spend_unioned")
    assert set(with_ads["campaign_tag"]) == set(tags["utm_campaign"])
    assert with_ads["return_on_ad_spend"].between(0.01, 100).all()
    assert rows[rows["ad_spend_amount_reporting"] == 0]["return_on_ad_spend"].isna().all()
    best = with_ads.iloc[0]
    tag = best["campaign_tag"]
    earned = answers.number(
        "select sum(net_amount_reporting) from dev_marts.order_last_touches "
        f"where campaign_tag = '{tag}' and ordered_date >= (select min(spend_date) "
        f"from dev_intermediate.int_ad_spend_unioned where utm_campaign = '{tag}')"
    )
    assert best["net_amount_reporting"] == pytest.approx(earned)


def same_people(rows: pd.DataFrame, answers: Answers) -> None:
    pairs = zip(rows["segment_name"], rows["other_segment_name"], strict=True)
    found = dict(zip(pairs, rows["common_customer_count"], strict=True))
    assert found
    assert all(found[right, left] == count for (left, right), count in found.items())
    for (left, right), count in list(found.items())[:4]:
        both = answers.number(
            f"select count(*) from (select customer_id from dev_segments.{left} "
            f"intersect select customer_id from dev_segments.{right})"
        )
        assert both == count
    assert rows["common_share"].between(0, 1).all()


def winning_back(rows: pd.DataFrame, answers: Answers) -> None:
    assert len(rows) == answers.number("select count(*) from dev_segments.seg_lapsing")
    assert rows["customer_id"].is_unique
    assert set(rows["email_consent"]) <= {"granted", "denied", "unknown", "no e-mail address"}
    assert "granted" in set(rows["email_consent"])
    assert rows["net_amount_reporting"].is_monotonic_decreasing


CHECKS: dict[str, Callable[[pd.DataFrame, Answers], None]] = {
    "do_complaints_cost_customers": complaints,
    "do_customers_come_back": coming_back,
    "does_fast_help_please": fast_help,
    "how_much_revenue_has_a_face": revenue_with_a_face,
    "what_did_this_customer_do": one_life,
    "which_articles_come_back": articles,
    "which_campaigns_bring_buyers": bringing_buyers,
    "which_campaigns_pay_for_themselves": paying,
    "which_segments_are_the_same_people": same_people,
    "who_is_worth_winning_back": winning_back,
}


def test_ten_questions_are_asked_and_each_is_checked() -> None:
    assert len(NAMES) >= 10
    assert set(CHECKS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_opens_with_its_question(name: str) -> None:
    text = (ROOT / "analyses" / f"{name}.sql").read_text()
    comment = text.split("with\n", 1)[0]
    assert comment.startswith("-- Question: ")
    assert "?" in comment


@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_gets_a_right_answer(name: str, answers: Answers) -> None:
    rows = answers.of(name)
    assert len(rows) > 0
    assert not rows.isna().all().any(), "a column without any value"
    CHECKS[name](rows, answers)
