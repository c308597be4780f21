"""Stable customer ids: clusters of this run are matched to the ids of the past.

An id is minted once and then only carried. The past is an append-only log of changes, one row a
record and run at most; a record's current customer is what its newest row says. Change types:

created   a record never seen before starts a customer with a new id
joined    a record never seen before comes to a customer that exists
merged    the record's customer was merged into another; the old id is now an alias
split     the record left a customer that lives on, for one with a new or a regained id
moved     the record went from one living customer to another that lived already
removed   the record is no longer in the input (customer_id is null)
restored  a removed record came back
rolled_back  the row undoes a row of an earlier run
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.identity_tables import ASSIGNMENT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

_ID_LENGTH = 20


def no_assignments() -> pd.DataFrame:
    """The log before the first run."""
    return pd.DataFrame({name: pd.Series(dtype=object) for name in ASSIGNMENT_COLUMNS})


def mint(founding_record_id: str, taken: Callable[[str], bool]) -> str:
    """A customer id that was never in state, made from its founding record."""
    generation = 1
    while True:
        digest = hashlib.sha256(f"{founding_record_id}|{generation}".encode()).digest()
        candidate = "cus_" + base64.b32encode(digest).decode().lower()[:_ID_LENGTH]
        if not taken(candidate):
            return candidate
        generation += 1


def newest_rows(assignments: pd.DataFrame) -> pd.DataFrame:
    """The newest row of each record, indexed by ``record_id`` in order."""
    ordered = assignments.sort_values(["record_id", "run_number"], kind="stable")
    return ordered.drop_duplicates("record_id", keep="last").set_index("record_id", drop=False)


def assign(
    clusters: pd.DataFrame,
    records: pd.DataFrame,
    assignments: pd.DataFrame,
    run_id: str,
    recorded_at: pd.Timestamp | None,
) -> pd.DataFrame:
    """The rows (``ASSIGNMENT_COLUMNS``) that bring the log up to date; none if nothing changed.

    ``clusters`` has ``record_id, cluster_key`` (every current record), ``records`` has
    ``record_id, created_at``, ``assignments`` is the log so far. A cluster keeps the id it
    overlaps most, counting the last assignment of records that had been removed; ties go to the
    oldest id. In a split the largest part keeps it, of equal parts the one that held it longest.
    A cluster left without an id regains one that its records held before and nobody holds now,
    the most recent first (so that undoing a merge restores); only then an id is minted from its
    oldest record.
    """
    _check(clusters, records)
    past = Past.of(assignments)
    # Plain lists: a frame for each of many small clusters takes longer than all else here.
    members: dict[str, list[str]] = {}
    for key, record in sorted(zip(clusters["cluster_key"], clusters["record_id"], strict=True)):
        members.setdefault(str(key), []).append(record)
    return assigned(members, record_ages(records), past, lambda: past.age, run_id, recorded_at)


def assigned(
    members: Mapping[str, list[str]],
    ages: Mapping[str, tuple[int, str]],
    past: Past,
    all_ids: Callable[[], Container[str]],
    run_id: str,
    recorded_at: pd.Timestamp | None,
) -> pd.DataFrame:
    """The rows of the log that some clusters, with ``ages`` of their records, and ``past`` make.

    ``all_ids`` gives every id that was ever given: it is asked only where one is to be minted.
    """
    founders = {key: min(group, key=lambda record: ages[record]) for key, group in members.items()}
    order = {key: ages[founder] for key, founder in founders.items()}
    carried = _match(members, {record: [held] for record, held in past.last.items()}, past, order)
    ids = {**carried, **_regain(members, carried, past, order)}
    minted: set[str] = set()
    for key in sorted(set(members) - set(ids), key=lambda key: order[key]):
        ids[key] = mint(founders[key], lambda text: text in all_ids() or text in minted)
        minted.add(ids[key])
    return _rows(members, ids, past, run_id, recorded_at)


class Past:
    """What the log says: last and earlier ids of each record, and how old each id is.

    ``elsewhere`` are ids that clusters have which are not matched at all, as nothing moved there.
    """

    def __init__(self) -> None:
        self.current: dict[str, str] = {}
        self.last: dict[str, str] = {}
        self.ever: dict[str, list[str]] = {}
        self.age: dict[str, int] = {}
        self.since: dict[tuple[str, str], int] = {}
        self.elsewhere: set[str] = set()
        self.run_number = 0

    @classmethod
    def of(cls, assignments: pd.DataFrame) -> Past:
        """What a log, or all rows in it of some records, says."""
        past = cls()
        if assignments.empty:
            return past
        ordered = assignments.sort_values(["run_number", "record_id"], kind="stable")
        past.run_number = int(ordered["run_number"].max())
        for position, (record, customer, number) in enumerate(
            zip(ordered["record_id"], ordered["customer_id"], ordered["run_number"], strict=True)
        ):
            if not isinstance(customer, str):
                past.current.pop(record, None)
                continue
            past.age.setdefault(customer, position)
            past.since[(record, customer)] = int(number)
            past.current[record] = past.last[record] = customer
            held = past.ever.setdefault(record, [])
            if customer in held:
                held.remove(customer)
            held.append(customer)
        return past


def _check(clusters: pd.DataFrame, records: pd.DataFrame) -> None:
    if clusters["record_id"].duplicated().any():
        msg = "a record is in two clusters; each must be in exactly one"
        raise InputDataError(msg)
    missing = len(set(clusters["record_id"]) - set(records["record_id"]))
    if missing:
        msg = f"{missing} clustered records are not among the records"
        raise InputDataError(msg)


def record_ages(records: pd.DataFrame) -> dict[str, tuple[int, str]]:
    """Sort keys of records, oldest first: by created_at (unknown last), then by record_id."""
    created = pd.to_datetime(records["created_at"])
    dense = created.rank(method="dense", na_option="keep").fillna(len(records) + 1).astype(int)
    return {
        str(record): (int(rank), str(record))
        for record, rank in zip(records["record_id"], dense, strict=True)
    }


def _regain(
    members: Mapping[str, list[str]],
    carried: Mapping[str, str],
    past: Past,
    order: Mapping[str, tuple[int, str]],
) -> dict[str, str]:
    """Ids that clusters without one had before, the most recently held first."""
    regained: dict[str, str] = {}
    depth = 1
    while True:
        free = {
            key: group
            for key, group in members.items()
            if key not in carried and key not in regained
        }
        held = {
            record: [past.ever[record][-1 - depth]]
            for group in free.values()
            for record in group
            if len(past.ever.get(record, [])) > depth
        }
        if not held:
            return regained
        used = {*carried.values(), *regained.values(), *past.elsewhere}
        regained |= _match(free, held, past, order, used)
        depth += 1


def _match(
    members: Mapping[str, list[str]],
    ids_of: Mapping[str, list[str]],
    past: Past,
    order: Mapping[str, tuple[int, str]],
    unavailable: set[str] | None = None,
) -> dict[str, str]:
    """Largest overlap first, each id and each cluster at most once."""
    overlaps: Counter[tuple[str, str]] = Counter()
    for key, group in members.items():
        for record in group:
            for customer in ids_of.get(record, []):
                overlaps[(key, customer)] += 1
    used = set(unavailable or ())
    # Most clusters and ids have nobody else to choose from: only the others are ranked.
    choices = Counter(key for key, _ in overlaps)
    wanted_by = Counter(customer for _, customer in overlaps)
    is_plain = {pair: choices[pair[0]] == 1 == wanted_by[pair[1]] for pair in overlaps}
    matched = {pair[0]: pair[1] for pair in overlaps if is_plain[pair] and pair[1] not in used}
    contested = [pair for pair in overlaps if not is_plain[pair]]
    # Undoing a merge of equals must not swap their ids: who came last yields.
    arrived = {
        (key, customer): sum(past.since.get((record, customer), 0) for record in members[key])
        for key, customer in contested
    }
    ranked = sorted(
        contested,
        key=lambda pair: (-overlaps[pair], past.age[pair[1]], arrived[pair], order[pair[0]]),
    )
    for key, customer in ranked:
        if key not in matched and customer not in used:
            matched[key] = customer
            used.add(customer)
    return matched


def _rows(
    members: Mapping[str, list[str]],
    ids: Mapping[str, str],
    past: Past,
    run_id: str,
    recorded_at: pd.Timestamp | None,
) -> pd.DataFrame:
    living_before = set(past.current.values())
    living_now = set(ids.values())
    now = {record: ids[key] for key, group in members.items() for record in group}
    changes: list[tuple[str, str | None, str | None, str]] = []
    for record, customer in now.items():
        before = past.current.get(record)
        if before == customer:
            continue
        if before is None:
            if record in past.last:
                kind = "restored"
            else:
                kind = "joined" if customer in past.age else "created"
            changes.append((record, customer, past.last.get(record), kind))
        elif before not in living_now:
            changes.append((record, customer, before, "merged"))
        else:
            kind = "moved" if customer in living_before else "split"
            changes.append((record, customer, before, kind))
    changes += [
        (record, None, customer, "removed")
        for record, customer in past.current.items()
        if record not in now
    ]
    return as_log(changes, run_id, past.run_number + 1, recorded_at)


def as_log(
    changes: list[tuple[str, str | None, str | None, str]],
    run_id: str,
    run_number: int,
    recorded_at: pd.Timestamp | None,
) -> pd.DataFrame:
    """Rows of the log from (record, customer, previous customer, change type), ordered."""
    frame = pd.DataFrame(
        sorted(changes),
        columns=["record_id", "customer_id", "previous_customer_id", "change_type"],
        dtype=object,
    )
    frame["assignment_id"] = [
        hashlib.sha256(f"{run_id}|{run_number}|{record}".encode()).hexdigest()[:32]
        for record in frame["record_id"]
    ]
    frame["run_id"] = run_id
    frame["run_number"] = pd.Series(run_number, index=frame.index, dtype="int64")
    frame["recorded_at"] = recorded_at if recorded_at is not None else pd.NaT
    frame["recorded_at"] = pd.to_datetime(frame["recorded_at"])
    return frame[list(ASSIGNMENT_COLUMNS)]
