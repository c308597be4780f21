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

from dataclasses import dataclass, fields

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
        msg = f"identity_visitor_policy is '{policy}'; valid: {', '.join(VISITOR_POLICIES)}"
        raise ConfigurationError(msg)
    empty = pd.DataFrame({name: pd.Series(dtype=object) for name in VISITOR_COLUMNS})
    if policy == "never" or sightings.empty:
        return _typed(empty)
    seen = sightings.dropna(subset=["anonymous_id", "customer_id", "occurred_at"]).sort_values(
        ["anonymous_id", "occurred_at", "customer_id", "person_record_id"], kind="stable"
    )
    by_device: dict[str, list[_Sighting]] = {}
    columns = [seen[name].tolist() for name in _SIGHTING_COLUMNS]
    for values in zip(*columns, strict=True):
        sighting = _Sighting(*values)
        by_device.setdefault(sighting.anonymous_id, []).append(sighting)
    rows = [
        (device, customer, record, policy, evidence, customer is None, start, end)
        for device, of_device in sorted(by_device.items())
        for customer, record, evidence, start, end in _periods(of_device, policy)
    ]
    return _typed(pd.DataFrame(rows, columns=list(VISITOR_COLUMNS))) if rows else _typed(empty)


@dataclass(frozen=True)
class _Sighting:
    anonymous_id: str
    session_id: object
    customer_id: str
    person_record_id: str
    occurred_at: pd.Timestamp
    session_started_at: pd.Timestamp
    session_ended_at: pd.Timestamp


_SIGHTING_COLUMNS = tuple(item.name for item in fields(_Sighting))
_Period = tuple[str | None, str | None, str, pd.Timestamp | None, pd.Timestamp | None]
_JUST_AFTER = pd.Timedelta(microseconds=1)


def _periods(seen: list[_Sighting], policy: str) -> list[_Period]:
    if policy == "link_back" and len({sighting.customer_id for sighting in seen}) == 1:
        return [(seen[0].customer_id, seen[0].person_record_id, "only_user", None, None)]
    return _since_logins(seen) if policy == "from_login" else _between_logins(seen)


def _since_logins(seen: list[_Sighting]) -> list[_Period]:
    changes = [
        sighting
        for number, sighting in enumerate(seen)
        if number == 0 or sighting.customer_id != seen[number - 1].customer_id
    ]
    ends = [*(sighting.occurred_at for sighting in changes[1:]), None]
    return [
        (sighting.customer_id, sighting.person_record_id, "since_login", sighting.occurred_at, end)
        for sighting, end in zip(changes, ends, strict=True)
        if end is None or sighting.occurred_at < end
    ]


def _between_logins(seen: list[_Sighting]) -> list[_Period]:
    periods: list[_Period] = []
    for customer, record, start, end in _stays(seen):
        previous = periods[-1] if periods else None
        if previous and previous[0] == customer:
            until = end if previous[4] is None else max(end, previous[4])
            periods[-1] = (customer, previous[1], "between_logins", previous[3], until)
            continue
        if previous and previous[4] is not None and previous[4] > start:
            # Sessions of two people overlap: each keeps up to the other's first sign.
            periods[-1] = (*previous[:4], start)
        periods.append((customer, record, "session_of_login", start, end))
    periods = [period for period in periods if period[3] != period[4]]
    if len({sighting.customer_id for sighting in seen}) == 1:
        return periods
    return _with_gaps(periods)


def _stays(seen: list[_Sighting]) -> list[tuple[str, str, pd.Timestamp, pd.Timestamp]]:
    """Who was there from when to when; of a session that two share only their own moments."""
    people: dict[object, set[str]] = {}
    for sighting in seen:
        people.setdefault(sighting.session_id, set()).add(sighting.customer_id)
    stays = []
    for sighting in seen:
        start = end = sighting.occurred_at
        session = sighting.session_id
        if isinstance(session, str) and len(people[session]) == 1:
            start = min(start, sighting.session_started_at)
            end = max(end, sighting.session_ended_at)
        stays.append((sighting.customer_id, sighting.person_record_id, start, end + _JUST_AFTER))
    return sorted(stays, key=lambda stay: (stay[2], stay[3], stay[0], stay[1]))


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


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        is_ambiguous=frame["is_ambiguous"].astype(bool),
        valid_from=pd.to_datetime(frame["valid_from"]),
        valid_to=pd.to_datetime(frame["valid_to"]),
    )[list(VISITOR_COLUMNS)]
