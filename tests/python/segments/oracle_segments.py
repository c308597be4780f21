"""Who should be in which segment: the rules as a marketer would state them, in pandas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

import oracle_activity
from oracle_orders import counted_orders, euro_rates, orders
from oracle_people import birth_dates, record_id
from oracle_raw import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from oracle_people import People
    from oracle_raw import Sample

BASKET = ("add_to_cart", "checkout_started", "checkout_abandoned")
EMAIL_COLUMNS = {
    "crm/contacts": ("id", "email", "email_2", "email_3"),
    "shop_uk/customers": ("id", "email"),
    "shop_de/customers": ("id", "email"),
    "loyalty/members": ("card_no", "email"),
    "support/requesters": ("id", "email"),
    "email/subscribers": ("email", "email"),
    "devices/registrations": ("mac_address", "owner_email"),
    "social/profiles": ("profile_id", "email"),
}
"""Tables of person records: key, then the columns with e-mail addresses."""


@dataclass(frozen=True)
class Facts:
    """What the rules look at; moments are UTC, money is EUR."""

    sample: Sample
    variables: Mapping[str, Any]
    people: People
    orders: pd.DataFrame
    """See counted_orders; an order of nobody known is in no group by customer."""
    purchases: pd.Series
    """customer_id -> last time that anything was bought or fetched, cancelled orders aside."""
    visits: pd.DataFrame
    units: pd.DataFrame
    erased: frozenset[str]
    """Customers with an erasure request that is not answered yet."""

    def since(self, variable: str) -> pd.Timestamp:
        """The first moment that a variable in days still covers."""
        return self.sample.days_ago(int(self.variables[variable]))

    def recent(self, frame: pd.DataFrame, variable: str) -> pd.DataFrame:
        """Rows from that moment up to the clock."""
        is_recent = (frame["moment"] >= self.since(variable)) & (
            frame["moment"] <= self.sample.as_of
        )
        return frame[is_recent]


def facts(sample: Sample, people: People, variables: Mapping[str, Any], rates_seed: Path) -> Facts:
    """Everything the rules need, computed from raw files and truth."""
    everything = orders(sample, people)
    rates = {currency: euro_rates(rates_seed, currency) for currency in ("EUR", "GBP")}
    counted = counted_orders(everything, rates)
    owner = {(row["source"], row["key"]): row["customer_id"] for row in rows_of(counted)}
    visits = oracle_activity.visits(sample, people)
    moments = [
        (order.customer, order.moment)
        for order in everything
        if order.customer and order.status != "voided"
    ]
    bought = visits[visits["event_type"] == "purchase"]
    moments += list(zip(bought["customer_id"], bought["moment"], strict=True))
    frame = pd.DataFrame(moments, columns=["customer_id", "moment"])
    return Facts(
        sample=sample,
        variables=variables,
        people=people,
        orders=counted,
        purchases=frame.groupby("customer_id")["moment"].max(),
        visits=visits,
        units=oracle_activity.units_by_family(sample, lambda *order: owner.get(order)),
        erased=_to_be_erased(sample, people),
    )


def expected_members(known: Facts) -> dict[str, set[str]]:
    """Segment -> customers who should be in it, among people without errors."""
    clean = set(known.people.customers.values())
    rules = {
        **_by_orders(known),
        **_by_behaviour(known),
        **_by_service(known),
        "seg_upcoming_birthdays": _birthday_children(known),
    }
    return {name: (set(members) & clean) - known.erased for name, members in rules.items()}


def _by_orders(known: Facts) -> dict[str, Iterable[str]]:
    number = known.variables
    bought = known.orders.groupby("customer_id").agg(
        count=("moment", "size"), first=("moment", "min"), last=("moment", "max"),
        net=("net", "sum"), discounted=("is_discounted", "sum"), channels=("channel", "nunique"),
    )  # fmt: skip
    is_new = bought["first"] >= known.since("lifecycle_new_days")
    is_active = ~is_new & (bought["last"] >= known.since("lifecycle_active_days"))
    is_lapsed = ~is_new & ~is_active & (bought["last"] >= known.since("lifecycle_lapsed_days"))
    is_lapsing = (bought["last"] < known.since("lapsing_after_days")) & (
        bought["last"] >= known.since("lifecycle_active_days")
    )
    of_year = known.orders[known.orders["moment"] >= known.sample.days_ago(365)]
    yearly = of_year.groupby("customer_id").agg(count=("moment", "size"), net=("net", "sum"))
    discounted = bought["discounted"] / bought["count"]
    units = known.units.groupby("customer_id")["units"].agg(["max", "sum"])
    is_fan = (units["sum"] >= number["category_enthusiast_min_unit_count"]) & (
        units["max"] / units["sum"] >= number["category_enthusiast_min_share"]
    )
    is_vip = (_fifth(bought["count"]) >= 4) & (_fifth(bought["net"].astype(float)) >= 4)
    return {
        "seg_new_customers": bought.index[is_new],
        "seg_one_time_buyers": bought.index[is_active & (bought["count"] == 1)],
        "seg_repeat_buyers": yearly.index[
            yearly["count"] >= number["repeat_buyer_min_order_count"]
        ],
        "seg_high_value": _top(yearly["net"].drop(list(known.erased), errors="ignore"), known),
        "seg_at_risk_vips": bought.index[is_vip & (_fifth(bought["last"]) <= 2)],
        "seg_lapsing": bought.index[
            is_lapsing & (bought["count"] >= number["lapsing_min_order_count"])
        ],
        "seg_win_back": bought.index[is_lapsed],
        "seg_omnichannel_shoppers": bought.index[bought["channels"] == 2],
        "seg_category_enthusiasts": units.index[is_fan],
        "seg_discount_seekers": bought.index[
            (bought["count"] >= number["discount_seeker_min_order_count"])
            & (discounted >= number["discount_seeker_min_share"])
        ],
    }


def _top(net: pd.Series, known: Facts) -> pd.Index:
    """The share of buyers who brought the most; equal amounts are in or out together."""
    buyers = net[net > 0].astype(float)
    # How many buyers brought at least as much as each.
    down_to_here = buyers.rank(method="max", ascending=False)
    is_in = down_to_here <= known.variables["high_value_share"] * len(buyers)
    limit = buyers[is_in].min() if is_in.any() else buyers.max()
    return buyers.index[buyers >= limit]


def _fifth(values: pd.Series) -> pd.Series:
    """Quintile 1 (lowest) to 5 by the share of buyers with less; equal values stay together."""
    below = values.rank(method="min") - 1
    return 1 + (5 * below / len(values)).astype(int)


def _by_behaviour(known: Facts) -> dict[str, Iterable[str]]:
    baskets = known.visits[known.visits["event_type"].isin(BASKET)]
    filled = known.recent(baskets, "cart_abandoned_within_days")
    views = known.visits[known.visits["event_type"] == "product_view"]
    viewed = known.recent(views, "browse_abandoned_within_days")
    fillers = {
        customer
        for window in ("browse_abandoned_within_days", "cart_abandoned_within_days")
        for customer in known.recent(baskets, window)["customer_id"]
    }
    mails = oracle_activity.mails(known.sample, known.people)
    late = mails[mails["moment"] >= known.sample.days_ago(90)]
    opens, clicks = (
        late[late["event_type"] == kind].groupby("customer_id").size() for kind in ("open", "click")
    )
    many = opens[opens >= known.variables["email_engaged_min_open_count"]]
    of_late = known.recent(mails, "email_dormant_after_days")
    worth = {"sent": 1, "bounce": -1}
    delivered = of_late["event_type"].map(worth).fillna(0).groupby(of_late["customer_id"]).sum()
    readers = of_late.loc[of_late["event_type"].isin(["open", "click"]), "customer_id"]
    enough = delivered[delivered >= known.variables["email_dormant_min_delivered_count"]]
    return {
        "seg_cart_abandoners": _bought_nothing_since(known, filled),
        "seg_browse_abandoners": _bought_nothing_since(known, viewed) - fillers,
        "seg_email_engaged": set(many.index) | set(clicks.index),
        "seg_email_dormant": set(enough.index) - set(readers),
        "seg_leaving_but_returned": _returned(known),
    }


def _bought_nothing_since(known: Facts, events: pd.DataFrame) -> set[str]:
    last = events.groupby("customer_id")["moment"].max()
    bought = known.purchases.reindex(last.index)
    return set(last.index[bought.isna() | (bought < last)])


def _returned(known: Facts) -> set[str]:
    """Announced leaving, the last time within the window, and visited after that."""
    texts = [
        oracle_activity.tickets(known.sample, known.people)[
            ["customer_id", "moment", "is_leaving"]
        ],
        oracle_activity.calls(known.sample, known.people),
    ]
    said = pd.concat([text[text["is_leaving"]] for text in texts])
    last = (
        known.recent(said, "leaving_announced_within_days").groupby("customer_id")["moment"].max()
    )
    after = known.visits[known.visits["moment"] <= known.sample.as_of]
    visited = after.groupby("customer_id")["moment"].max().reindex(last.index)
    return set(last.index[visited > last])


def _by_service(known: Facts) -> dict[str, Iterable[str]]:
    balance = oracle_activity.points(known.sample, known.people)
    answers = oracle_activity.answers(known.sample, known.people).sort_values("moment")
    latest = answers.groupby("customer_id").tail(1)
    valid = latest[latest["moment"] >= known.since("nps_answer_valid_days")]
    tickets = oracle_activity.tickets(known.sample, known.people)
    rated = tickets[tickets["rating"] != ""].sort_values("changed")
    last_rated = rated.groupby("customer_id").tail(1)
    is_angry = (last_rated["rating"] == "bad") & (
        last_rated["changed"] >= known.since("service_recovery_within_days")
    )
    return {
        "seg_points_to_redeem": balance.index[
            balance >= known.variables["points_to_redeem_min_balance"]
        ],
        "seg_promoters": valid.loc[valid["score"] >= 9, "customer_id"],
        "seg_detractors": valid.loc[valid["score"] <= 6, "customer_id"],
        "seg_service_recovery": set(tickets.loc[tickets["is_open"], "customer_id"])
        | set(last_rated.loc[is_angry, "customer_id"]),
    }


def _birthday_children(known: Facts) -> set[str]:
    """Whose birth date is on record and comes round in the days ahead."""
    today = known.sample.as_of.normalize()
    ahead = [
        today + pd.Timedelta(days=n) for n in range(known.variables["birthday_ahead_days"] + 1)
    ]
    days = {(day.month, day.day) for day in ahead}
    if (2, 28) in days and (2, 29) not in days:
        leap_years = {day.year for day in ahead if day.month == 2 and day.is_leap_year}
        days |= set() if leap_years else {(2, 29)}
    born = {}
    for record, date in birth_dates(known.sample).items():
        person = known.people.recorded.get(record, "")
        if person in known.people.customers:
            born[known.people.customers[person]] = date
    return {customer for customer, date in born.items() if (date.month, date.day) in days}


def _to_be_erased(sample: Sample, people: People) -> frozenset[str]:
    """Customers one of whose addresses is named by an erasure request that is still open."""
    requests = sample.current("consent/privacy_requests", "request_id")
    is_open = (requests["request_type"] == "erasure") & requests["status"].isin(
        ["open", "verified"]
    )
    named = {address.strip().lower() for address in requests.loc[is_open, "contact_point"]}
    return frozenset(
        people.record_customers[record]
        for record, address in _addresses(sample)
        if address in named and record in people.record_customers
    )


def _addresses(sample: Sample) -> Iterable[tuple[str, str]]:
    """(record_id, e-mail address) of everything that names both."""
    for table, (key, *columns) in EMAIL_COLUMNS.items():
        source = table.split("/")[0]
        for row in rows_of(sample.current(table, key)):
            for column in columns:
                yield record_id(source, row[key]), row[column].strip().lower()
    for source in ("shop_uk", "shop_de"):
        for row in rows_of(sample.current(f"{source}/orders", "id")):
            yield record_id(source, f"order/{row['id']}"), row["email"].strip().lower()
    for row in rows_of(sample.current("surveys/responses", "response_id")):
        yield (
            record_id("surveys", f"response/{row['response_id']}"),
            row["respondent_email"].strip().lower(),
        )
