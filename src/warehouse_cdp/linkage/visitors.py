"""Whose are anonymous events? Anonymous ids stitched to people by a named policy.

``never``          nobody's: only events that name a person themselves are known
``from_login``     from a login on, until somebody else logs in
``between_logins`` what lies between two logins of one person, and the sessions of the logins
``link_back``      all of the device, before the first login too, if one person only uses it

A device that two people log in to merges nobody. Under ``link_back`` its anonymous part goes by
``between_logins``: the session of a login is that person's, so is what lies between two logins
of the same person; the rest is ambiguous: rows that say so and name nobody.
"""

from __future__ import annotations

import pandas as pd

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.linkage.settings import VISITOR_POLICIES

VISITOR_COLUMNS = (
    "anonymous_id",
    "customer_id",
    "person_record_id",
    "policy",
    "evidence",
    "is_ambiguous",
    "valid_from",
    "valid_to",
)
EVIDENCE = ("only_user", "since_login", "session_of_login", "between_logins", "shared_device")


def stitch_visitors(sightings: pd.DataFrame, policy: str) -> pd.DataFrame:
    """One row an anonymous id and period (``VISITOR_COLUMNS``); periods do not overlap.

    ``sightings`` has one row an event that names a person: ``anonymous_id, session_id,
    customer_id, person_record_id, occurred_at, session_started_at, session_ended_at`` (of the
    whole session). ``valid_to`` is the first moment that no longer belongs; null is open. Under
    ``link_back`` a device of one person is theirs from ever (``valid_from`` null) to ever.
    """
    if policy not in VISITOR_POLICIES:
        raise ConfigurationError(
            f"identity_visitor_policy is '{policy}'; valid: {', '.join(VISITOR_POLICIES)}"
        )
    empty = pd.DataFrame({name: pd.Series(dtype=object) for name in VISITOR_COLUMNS})
    if policy == "never" or sightings.empty:
        return _typed(empty)
    seen = sightings.dropna(subset=["anonymous_id", "customer_id", "occurred_at"]).sort_values(
        ["anonymous_id", "occurred_at", "customer_id", "person_record_id"], kind="stable"
    )
    rows: list[tuple[object, ...]] = []
    for anonymous_id, of_device in seen.groupby("anonymous_id", sort=True):
        rows += [
            (anonymous_id, customer, record, policy, evidence, customer is None, start, end)
            for customer, record, evidence, start, end in _periods(of_device, policy)
        ]
    if not rows:
        return _typed(empty)
    return _typed(pd.DataFrame(rows, columns=list(VISITOR_COLUMNS)))


_Period = tuple[str | None, str | None, str, pd.Timestamp | None, pd.Timestamp | None]


def _periods(seen: pd.DataFrame, policy: str) -> list[_Period]:
    first = seen.iloc[0]
    if policy == "link_back" and seen["customer_id"].nunique() == 1:
        return [(first["customer_id"], first["person_record_id"], "only_user", None, None)]
    if policy == "from_login":
        changes = seen[seen["customer_id"] != seen["customer_id"].shift()]
        ends = [*changes["occurred_at"].tolist()[1:], None]
        return [
            (row.customer_id, row.person_record_id, "since_login", row.occurred_at, end)
            for row, end in zip(changes.itertuples(index=False), ends, strict=True)
            if end is None or row.occurred_at < end
        ]
    return _between_logins(seen)


def _between_logins(seen: pd.DataFrame) -> list[_Period]:
    stays = _stays(seen)
    periods: list[_Period] = []
    for customer, record, start, end in stays:
        previous = periods[-1] if periods else None
        if previous and previous[0] == customer:
            joined = max(end, previous[4]) if previous[4] is not None else end
            periods[-1] = (customer, previous[1], "between_logins", previous[3], joined)
            continue
        if previous and previous[4] is not None and previous[4] > start:
            # Sessions of two people overlap: each keeps up to the other's first sign.
            periods[-1] = (*previous[:4], start)
        if start < end:
            periods.append((customer, record, "session_of_login", start, end))
    periods = [period for period in periods if period[3] != period[4]]
    if seen["customer_id"].nunique() == 1:
        return periods
    return _with_gaps(periods)


def _with_gaps(periods: list[_Period]) -> list[_Period]:
    """The same periods, and what lies before, between and after them as ambiguous."""
    filled: list[_Period] = []
    reached: pd.Timestamp | None = None
    for number, period in enumerate(periods):
        if number == 0 or reached != period[3]:
            filled.append((None, None, "shared_device", reached, period[3]))
        filled.append(period)
        reached = period[4]
    return [*filled, (None, None, "shared_device", reached, None)]


def _stays(
    seen: pd.DataFrame,
) -> list[tuple[str, str, pd.Timestamp, pd.Timestamp]]:
    """Who was there from when to when: sessions, cut where another person logs in."""
    just_after = pd.Timedelta(microseconds=1)
    stays: list[tuple[str, str, pd.Timestamp, pd.Timestamp]] = []
    people_of = seen.groupby(seen["session_id"].fillna(""))["customer_id"].transform("nunique")
    for row, people in zip(seen.itertuples(index=False), people_of, strict=True):
        shared = people > 1 or not isinstance(row.session_id, str)
        start = row.occurred_at if shared else min(row.session_started_at, row.occurred_at)
        end = row.occurred_at if shared else max(row.session_ended_at, row.occurred_at)
        stays.append((row.customer_id, row.person_record_id, start, end + just_after))
    return sorted(stays, key=lambda stay: (stay[2], stay[3], stay[0], stay[1]))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        is_ambiguous=frame["is_ambiguous"].astype(bool),
        valid_from=pd.to_datetime(frame["valid_from"]),
        valid_to=pd.to_datetime(frame["valid_to"]),
    )[list(VISITOR_COLUMNS)]
