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

import numpy as np
import pandas as pd

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.linkage.settings import VISITOR_POLICIES
from warehouse_cdp.linkage.visitor_doubts import Doubts, find_doubts

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
EVIDENCE = (
    "only_user",
    "since_login",
    "session_of_login",
    "between_logins",
    "shared_device",
    "often_shared_kind",
)


def stitch_visitors(sightings: pd.DataFrame, policy: str, least_right: float = 0.0) -> pd.DataFrame:
    """One row an anonymous id and period (``VISITOR_COLUMNS``); periods do not overlap.

    ``sightings`` has one row an event that names a person: ``anonymous_id, session_id,
    customer_id`` (null: of an account unknown to identity), ``person_record_id, device_type,
    occurred_at, session_started_at, session_ended_at`` (of the whole session). ``valid_to`` is the
    first moment that no longer belongs; null is open. Under ``link_back`` a device of one person
    is theirs from ever (``valid_from`` null) to ever. ``least_right``: the least share of hidden
    logins that a rule must name rightly to be used on a kind of device (``find_doubts``).
    """
    if policy not in VISITOR_POLICIES:
        msg = f"identity_visitor_policy is '{policy}'; valid: {', '.join(VISITOR_POLICIES)}"
        raise ConfigurationError(msg)
    empty = pd.DataFrame({name: pd.Series(dtype=object) for name in VISITOR_COLUMNS})
    if policy == "never" or sightings.empty:
        return _typed(empty)
    seen = _prepared(sightings)
    doubts = find_doubts(_visits(seen), least_right, has_only_users=policy == "link_back")
    if policy == "link_back":
        seen = seen[seen["is_known"] | seen["kind"].isin(doubts.only_user)]
    alone = _only_users(seen, policy, doubts)
    seen = seen[~seen["anonymous_id"].isin(alone["anonymous_id"])]
    by_device: dict[str, list[_Sighting]] = {}
    columns = [seen[name].tolist() for name in _SIGHTING_COLUMNS]
    for values in zip(*columns, strict=True):
        sighting = _Sighting(*values)
        by_device.setdefault(sighting.anonymous_id, []).append(sighting)
    rows = [
        (device, customer, record, policy, evidence, customer is None, start, end)
        for device, of_device in sorted(by_device.items())
        if any(sighting.is_known for sighting in of_device)
        for customer, record, evidence, start, end in _periods(of_device, policy, doubts)
    ]
    found = [
        frame for frame in (alone, pd.DataFrame(rows, columns=list(VISITOR_COLUMNS))) if len(frame)
    ]
    if not found:
        return _typed(empty)
    return _typed(
        pd.concat(found, ignore_index=True).sort_values(
            "anonymous_id", kind="stable", ignore_index=True
        )
    )


def _only_users(seen: pd.DataFrame, policy: str, doubts: Doubts) -> pd.DataFrame:
    """Of devices with one person, whom it is given to for good: most, so by columns at once."""
    person, _ = pd.factorize(seen["person"])
    device, names = pd.factorize(seen["anonymous_id"])
    lowest, highest = np.full(len(names), len(person)), np.full(len(names), -1)
    np.minimum.at(lowest, device, person)
    np.maximum.at(highest, device, person)
    is_plain = (lowest == highest)[device] & ~seen["kind"].isin(doubts.only_user)
    first = seen[is_plain & (policy == "link_back")].drop_duplicates("anonymous_id")
    return pd.DataFrame(
        {
            "anonymous_id": first["anonymous_id"],
            "customer_id": first["person"],
            "person_record_id": first["person_record_id"],
            "policy": policy,
            "evidence": "only_user",
            "is_ambiguous": False,
            "valid_from": pd.NaT,
            "valid_to": pd.NaT,
        }
    )[list(VISITOR_COLUMNS)]


def _prepared(sightings: pd.DataFrame) -> pd.DataFrame:
    """Sightings in order of time, with ``person``, ``is_known`` and the ``kind`` of device."""
    seen = sightings.dropna(subset=["anonymous_id", "person_record_id", "occurred_at"])
    known = seen["customer_id"].notna()
    # A customer's id and a record's never look alike: only the latter has a colon.
    seen = seen.assign(
        person=seen["customer_id"].where(known, seen["person_record_id"]),
        is_known=known,
        device_type=seen["device_type"].astype(object).where(seen["device_type"].notna(), ""),
    )
    kinds = seen[["anonymous_id", "device_type"]].drop_duplicates().sort_values("device_type")
    kind_of = dict(zip(kinds["anonymous_id"], kinds["device_type"], strict=True))
    return seen.assign(kind=seen["anonymous_id"].map(kind_of)).sort_values(
        ["anonymous_id", "occurred_at", "person", "person_record_id"], kind="stable"
    )


def _visits(seen: pd.DataFrame) -> pd.DataFrame:
    """One row a session (without one: an event) and person who shows in it."""
    visit = seen["session_id"].astype(object)
    visit = visit.where(visit.notna(), "event:" + seen["occurred_at"].astype(str))
    return (
        seen.assign(visit=visit)
        .groupby(["anonymous_id", "kind", "visit", "person"], as_index=False, sort=True)
        .agg(started_at=("occurred_at", "min"), ended_at=("occurred_at", "max"))
    )


@dataclass(frozen=True)
class _Sighting:
    anonymous_id: str
    kind: str
    session_id: object
    person: str
    is_known: bool
    person_record_id: str
    occurred_at: pd.Timestamp
    session_started_at: pd.Timestamp
    session_ended_at: pd.Timestamp


_SIGHTING_COLUMNS = tuple(item.name for item in fields(_Sighting))
_Period = tuple[str | None, str | None, str, pd.Timestamp | None, pd.Timestamp | None]
_JUST_AFTER = pd.Timedelta(microseconds=1)


def _periods(seen: list[_Sighting], policy: str, doubts: Doubts) -> list[_Period]:
    one_person = len({sighting.person for sighting in seen}) == 1
    kind = seen[0].kind
    if policy == "link_back" and one_person and kind not in doubts.only_user:
        return [(seen[0].person, seen[0].person_record_id, "only_user", None, None)]
    periods = (
        _since_logins(seen)
        if policy == "from_login"
        else _between_logins(seen, joined=kind not in doubts.between_logins)
    )
    known = {sighting.person for sighting in seen if sighting.is_known}
    periods = [period for period in periods if period[0] in known]
    if policy == "from_login" or (policy == "between_logins" and one_person):
        return periods
    return _with_gaps(periods, "often_shared_kind" if one_person else "shared_device")


def _since_logins(seen: list[_Sighting]) -> list[_Period]:
    changes = [
        sighting
        for number, sighting in enumerate(seen)
        if number == 0 or sighting.person != seen[number - 1].person
    ]
    ends = [*(sighting.occurred_at for sighting in changes[1:]), None]
    return [
        (sighting.person, sighting.person_record_id, "since_login", sighting.occurred_at, end)
        for sighting, end in zip(changes, ends, strict=True)
        if end is None or sighting.occurred_at < end
    ]


def _between_logins(seen: list[_Sighting], *, joined: bool) -> list[_Period]:
    """The sessions of logins; ``joined``: with what lies between two of one person."""
    periods: list[_Period] = []
    for person, record, start, end in _stays(seen):
        previous = periods[-1] if periods else None
        reached = previous[4] if previous else None
        if previous and previous[0] == person and (joined or reached is None or start <= reached):
            evidence = "between_logins" if joined else previous[2]
            until = end if reached is None else max(end, reached)
            periods[-1] = (person, previous[1], evidence, previous[3], until)
            continue
        if previous and reached is not None and reached > start:
            # Sessions of two people overlap: each keeps up to the other's first sign.
            periods[-1] = (*previous[:4], start)
        periods.append((person, record, "session_of_login", start, end))
    return [period for period in periods if period[3] != period[4]]


def _stays(seen: list[_Sighting]) -> list[tuple[str, str, pd.Timestamp, pd.Timestamp]]:
    """Who was there from when to when; of a session that two share only their own moments."""
    people: dict[object, set[str]] = {}
    for sighting in seen:
        people.setdefault(sighting.session_id, set()).add(sighting.person)
    stays = []
    for sighting in seen:
        start = end = sighting.occurred_at
        session = sighting.session_id
        if isinstance(session, str) and len(people[session]) == 1:
            start = min(start, sighting.session_started_at)
            end = max(end, sighting.session_ended_at)
        stays.append((sighting.person, sighting.person_record_id, start, end + _JUST_AFTER))
    return sorted(stays, key=lambda stay: (stay[2], stay[3], stay[0], stay[1]))


def _with_gaps(periods: list[_Period], evidence: str) -> list[_Period]:
    """The same periods, and what lies before, between and after them as ambiguous."""
    filled: list[_Period] = []
    reached: pd.Timestamp | None = None
    for number, period in enumerate(periods):
        if number == 0 or reached != period[3]:
            filled.append((None, None, evidence, reached, period[3]))
        filled.append(period)
        reached = period[4]
    return [*filled, (None, None, evidence, reached, None)]


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        is_ambiguous=frame["is_ambiguous"].astype(bool),
        valid_from=pd.to_datetime(frame["valid_from"]),
        valid_to=pd.to_datetime(frame["valid_to"]),
    )[list(VISITOR_COLUMNS)]
