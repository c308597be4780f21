"""Who must be in which segment at another clock, counted from marts and not by the segments."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from wave_worlds import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from worlds import Project

_BASKET = ("cart_added", "checkout_started", "checkout_abandoned")


def expected_members(project: Project, segment: str, clock: datetime) -> set[str]:
    """Members that a segment has at a clock, given the marts of an earlier build."""
    everybody = texts(project, "select customer_id from dev_marts.segmentable_customers")
    return RULES[segment](project, clock) & set(everybody)


def _orders(project: Project, condition: str) -> list[tuple[str, datetime, Decimal]]:
    """(customer, moment, net amount) of the orders of known customers."""
    return project.query(
        "select customer_id, coalesce(ordered_at, updated_at, loaded_at), "
        "coalesce(net_amount_reporting, 0) from dev_marts.orders "
        f"where customer_id is not null and {condition}"
    )


def _events(project: Project, condition: str) -> list[tuple[str, datetime]]:
    return project.query(
        "select customer_id, occurred_at from dev_marts.customer_events "
        f"where customer_id is not null and occurred_at is not null and {condition}"
    )


def _latest(moments: list[tuple[str, datetime]]) -> dict[str, datetime]:
    latest: dict[str, datetime] = {}
    for customer, moment in moments:
        latest[customer] = max(moment, latest.get(customer, moment))
    return latest


def _lapsing(project: Project, clock: datetime) -> set[str]:
    """Two orders or more, the last one 180 to 365 days ago."""
    orders = [(customer, moment) for customer, moment, _ in _orders(project, "is_counted")]
    counts = Counter(customer for customer, _ in orders)
    return {
        customer
        for customer, moment in _latest(orders).items()
        if counts[customer] >= 2
        and clock - timedelta(days=365) <= moment < clock - timedelta(days=180)
    }


def _cart_abandoners(project: Project, clock: datetime) -> set[str]:
    """A basket within 30 days, and nothing bought since the last one."""
    bought = _latest(
        [row[:2] for row in _orders(project, "coalesce(status, '') <> 'cancelled'")]
        + _events(project, "event_type = 'purchased'")
    )
    baskets = _latest(
        [
            (customer, moment)
            for customer, moment in _events(project, f"event_type in {_BASKET}")
            if clock - timedelta(days=30) <= moment <= clock
        ]
    )
    return {
        customer
        for customer, moment in baskets.items()
        if customer not in bought or bought[customer] < moment
    }


def _high_value(project: Project, clock: datetime) -> set[str]:
    """The tenth of the buyers who brought the most in 365 days; equal amounts stay together."""
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    everybody = set(texts(project, "select customer_id from dev_marts.segmentable_customers"))
    for customer, moment, amount in _orders(project, "is_counted"):
        if customer in everybody and moment >= clock - timedelta(days=365):
            totals[customer] += amount
    buyers = {customer: total for customer, total in totals.items() if total > 0}
    places = math.floor(Decimal("0.1") * len(buyers))
    ranked = sorted(buyers.values(), reverse=True)
    allowed = [total for total in set(ranked) if sum(one >= total for one in ranked) <= places]
    limit = min(allowed) if allowed else max(ranked, default=Decimal(0))
    return {customer for customer, total in buyers.items() if total >= limit}


def _leaving_but_returned(project: Project, clock: datetime) -> set[str]:
    """Said within 365 days that they leave, in a ticket or a call; in shop or app after that."""
    said = _latest(
        [
            (customer, moment)
            for customer, moment in _events(
                project, "has_leaving_intent and interaction_type in ('ticket', 'call_note')"
            )
            if clock - timedelta(days=365) <= moment <= clock
        ]
    )
    return {
        customer
        for customer, moment in _events(project, "channel in ('web', 'app')")
        if customer in said and said[customer] < moment <= clock
    }


RULES: dict[str, Callable[[Project, datetime], set[str]]] = {
    "seg_high_value": _high_value,
    "seg_lapsing": _lapsing,
    "seg_cart_abandoners": _cart_abandoners,
    "seg_leaving_but_returned": _leaving_but_returned,
}
