"""The plan of a sync: what should be there, against what the destination acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from warehouse_cdp.activation.values import row_hashes, sync_keys

if TYPE_CHECKING:
    from warehouse_cdp.activation.config import SyncConfig

ADD, CHANGE, REMOVE = "add", "change", "remove"

PRIVACY_REASONS = frozenset({"no_consent", "denied", "withdrawn", "open_erasure", "suppressed"})
"""Reasons that a person gave us: a removal for one of these passes every guard."""

SUPPRESSED = "suppressed"
"""Standing of a customer whom the warehouse does not know any more."""

NO_DECISION = "no_decision"
"""A row of the model for which the candidates say nothing: fail closed, it is not sent."""

CHANGE_COLUMNS = ["sync_key", "customer_id", "operation", "reason", "row_hash"]
STATE_COLUMNS = ["sync_key", "customer_id", "row_hash"]


@dataclass(frozen=True)
class Counts:
    """Rows of a plan by what happens to them; ``removed`` contains ``removed_for_privacy``."""

    source: int
    invalid: int
    held_back: int
    added: int
    changed: int
    removed: int
    removed_for_privacy: int
    unchanged: int
    kept: int


@dataclass(frozen=True)
class SyncPlan:
    """What to do.

    ``changes`` has ``CHANGE_COLUMNS``, one row per key that is added, changed or removed, in
    order of the key. ``contents`` has the key as its index and the destination's columns: all
    that should be there afterwards. ``held_back`` counts candidates that may not be sent.
    """

    changes: pd.DataFrame
    contents: pd.DataFrame
    counts: Counts
    held_back: tuple[tuple[str, int], ...]
    acknowledged_count: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send."""
        return self.changes.empty

    @property
    def privacy_removals(self) -> pd.DataFrame:
        """The part of ``changes`` that no guard may stop."""
        is_privacy = self.changes["reason"].isin(sorted(PRIVACY_REASONS))
        return self.changes[(self.changes["operation"] == REMOVE) & is_privacy]


@dataclass(frozen=True)
class PlanInput:
    """What a plan is made from.

    ``source``: rows of the model, ``config.read_columns``. ``candidates``: everyone considered,
    the key columns and ``holdback_reason`` (null: may be sent). ``state``: what was acknowledged,
    ``STATE_COLUMNS``. ``standings``: every customer id, living or retired, as ``customer_id`` and
    ``holdback_reason`` (null: the person may be dealt with), whether candidate or not.
    """

    source: pd.DataFrame
    candidates: pd.DataFrame
    state: pd.DataFrame
    standings: pd.DataFrame


def build_plan(
    config: SyncConfig, given: PlanInput, hash_key: str, *, resend: bool = False
) -> SyncPlan:
    """Compare what should be at the destination with what it acknowledged.

    Args:
        config: the sync.
        given: the rows to compare.
        hash_key: the secret of the row hashes.
        resend: send every row again, for instance because the file is gone.

    Rows whose key is null or not unique are invalid: counted, not sent. A row that the candidates
    do not allow is held back, whatever the model says. A row that is there and no longer wanted is
    removed for privacy if the candidates give such a reason, or else if the customer's standing
    does: most who leave are no candidates any more.
    """
    source = given.source
    reasons = _reason_by_key(config, given.candidates)
    keyed = source.assign(sync_key=sync_keys(source, config.key))
    is_invalid = keyed["sync_key"].isna() | keyed["sync_key"].duplicated(keep=False)
    valid = keyed[~is_invalid].set_index("sync_key", drop=False).sort_index()
    decisions = reasons.reindex(valid.index)
    undecided = ~valid.index.isin(reasons.index)
    allowed = valid[decisions.isna().to_numpy() & ~undecided]

    contents = allowed[[column.source for column in config.columns]]
    contents.columns = pd.Index([column.target for column in config.columns])
    wanted = pd.DataFrame(
        {
            "sync_key": allowed["sync_key"].astype(object),
            "customer_id": allowed["customer_id"].astype(object),
            "row_hash": row_hashes(contents, hash_key),
        }
    )
    changes, unchanged, kept = _difference(config, wanted, given, reasons, resend=resend)
    held_back = _count_held_back(reasons, int(undecided.sum()))
    is_removal = changes["operation"] == REMOVE
    counts = Counts(
        source=len(source),
        invalid=int(is_invalid.sum()),
        held_back=sum(count for _, count in held_back),
        added=int((changes["operation"] == ADD).sum()),
        changed=int((changes["operation"] == CHANGE).sum()),
        removed=int(is_removal.sum()),
        removed_for_privacy=int((is_removal & changes["reason"].isin(PRIVACY_REASONS)).sum()),
        unchanged=unchanged,
        kept=kept,
    )
    return SyncPlan(changes, contents, counts, held_back, len(given.state))


def _reason_by_key(config: SyncConfig, candidates: pd.DataFrame) -> pd.Series[str]:
    """Holdback reason by key; where a key stands twice, any reason beats none."""
    keys = sync_keys(candidates, config.key)
    reasons = pd.Series(
        [None if pd.isna(reason) else str(reason) for reason in candidates["holdback_reason"]],
        index=pd.Index(keys, dtype=object),
        dtype=object,
    )
    reasons = reasons[reasons.index.notna()]
    ordered = reasons.sort_values(na_position="last", kind="stable")
    return ordered[~ordered.index.duplicated(keep="first")].sort_index()


def _count_held_back(reasons: pd.Series[str], undecided: int) -> tuple[tuple[str, int], ...]:
    counted = {str(reason): int(count) for reason, count in reasons.value_counts().items()}
    if undecided:
        counted[NO_DECISION] = undecided
    return tuple(sorted(counted.items()))


def _standings_of(customers: pd.Series[str], standings: pd.DataFrame) -> list[str | None]:
    """Why each customer may not be dealt with; whom the warehouse does not know is suppressed.

    A warehouse without any customer says nothing of anybody: that is for the guards.
    """
    if standings.empty:
        return [None] * len(customers)
    reasons = {
        str(customer): None if pd.isna(reason) else str(reason)
        for customer, reason in zip(
            standings["customer_id"], standings["holdback_reason"], strict=True
        )
    }
    return [reasons.get(str(customer), SUPPRESSED) for customer in customers]


def _removal_reason(candidate_reason: str | float | None, standing: str | None) -> str:
    """The candidates' reason, unless only the standing is one that no guard may stop."""
    reason = None if pd.isna(candidate_reason) else str(candidate_reason)
    if reason not in PRIVACY_REASONS and standing in PRIVACY_REASONS:
        return str(standing)
    return reason or "data"


def _difference(
    config: SyncConfig,
    wanted: pd.DataFrame,
    given: PlanInput,
    reasons: pd.Series[str],
    *,
    resend: bool,
) -> tuple[pd.DataFrame, int, int]:
    """The changes, and how many rows stay as they are: equal, and kept although they left."""
    there = given.state.set_index("sync_key", drop=False)
    acknowledged = there["row_hash"].reindex(wanted.index)
    is_new = ~wanted.index.isin(there.index)
    is_equal = (wanted["row_hash"].to_numpy() == acknowledged.to_numpy()) & ~is_new
    is_sent = is_new | ~is_equal | resend

    upserts = wanted[is_sent].assign(
        operation=[ADD if new else CHANGE for new in is_new[is_sent]],
        reason=["resend" if equal else "data" for equal in is_equal[is_sent]],
    )
    gone = there[~there.index.isin(wanted.index)]
    because = reasons.reindex(gone.index)
    standings = _standings_of(gone["customer_id"], given.standings)
    removals = gone.assign(
        operation=REMOVE,
        reason=[_removal_reason(*both) for both in zip(because, standings, strict=True)],
    )
    kept = 0
    if config.mode == "upsert":
        is_privacy = removals["reason"].isin(PRIVACY_REASONS)
        kept = int((~is_privacy).sum())
        removals = removals[is_privacy]
    parts = [part[CHANGE_COLUMNS].astype(object) for part in (upserts, removals) if len(part)]
    changes = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=CHANGE_COLUMNS, dtype=object)
    )
    changes = changes.sort_values("sync_key", kind="stable", ignore_index=True)
    return changes, int((~is_sent).sum()), kept
