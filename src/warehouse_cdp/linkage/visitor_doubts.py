"""On which kinds of device the rules of stitching do not hold, found from the logins themselves.

A rule says whose an anonymous visit is; the visits of a login say it without a rule. So each of
these is hidden in turn, the rule says whose it was by the others of its device, and its answers
are counted by kind of device (``device_type``). Where it is wrong too often, as on tablets that a
home shares, it is not used. This is leave-one-out validation: Stone, "Cross-validatory choice and
assessment of statistical predictions", Journal of the Royal Statistical Society B 36, 1974.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

LEAST_TRIED: Final = 10
"""With fewer visits to try it on, a rule counts as holding."""


@dataclass(frozen=True)
class Doubts:
    """Kinds of device on which a rule is not used."""

    only_user: frozenset[str]
    between_logins: frozenset[str]


NO_DOUBTS: Final = Doubts(frozenset(), frozenset())


def find_doubts(visits: pd.DataFrame, least_right: float, *, has_only_users: bool) -> Doubts:
    """The kinds of device on which fewer than ``least_right`` of hidden visits are named rightly.

    ``visits`` has one row a visit and person: ``anonymous_id, kind, visit, person, started_at,
    ended_at``. ``has_only_users``: a device on which one person is seen is theirs, and the other
    rule is for what this one leaves.
    """
    if visits.empty:
        return NO_DOUBTS
    device = visits.groupby("anonymous_id", sort=False)["person"]
    people = device.transform("nunique").to_numpy()
    # Visits of this person on this device; a visit of two people is no test, but shows both.
    own = visits.groupby(["anonymous_id", "person"], sort=False)["visit"].transform("size")
    alone = ~visits.duplicated(["anonymous_id", "visit"], keep=False).to_numpy()
    is_only = (people == 1) & (own.to_numpy() > 1)
    # Hidden, this visit would leave another person as the only one.
    leaves_other = (people == 2) & (own.to_numpy() == 1)  # noqa: PLR2004
    only = _failing(visits, alone & (is_only | leaves_other), is_only, least_right)
    if not has_only_users:
        only = frozenset()
    ordered = visits[alone].sort_values(
        ["anonymous_id", "started_at", "ended_at", "visit"], kind="stable"
    )
    of_device = ordered.groupby("anonymous_id", sort=False)["person"]
    before, after = of_device.shift(1), of_device.shift(-1)
    between = (before == after).to_numpy()
    if has_only_users:
        left = ~(is_only | leaves_other)[ordered.index] | ordered["kind"].isin(only).to_numpy()
        between &= left
    right = (before == ordered["person"]).to_numpy()
    return Doubts(only, _failing(ordered, between, right, least_right))


def _failing(
    visits: pd.DataFrame,
    tried: np.ndarray[tuple[int], np.dtype[np.bool_]],
    right: np.ndarray[tuple[int], np.dtype[np.bool_]],
    least_right: float,
) -> frozenset[str]:
    tries = visits.assign(right=right)[tried].groupby("kind")["right"].agg(["size", "mean"])
    failing = (tries["size"] >= LEAST_TRIED) & (tries["mean"] < least_right)
    return frozenset(tries.index[failing])
