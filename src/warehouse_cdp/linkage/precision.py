"""How many of the matcher's decisions are right, from what people said about a sample of them.

The sample is drawn by stratum (``identity_review_queue``): ``N`` pairs in a stratum, ``n`` of them
decided, ``k`` of these one person. Within a stratum every pair is as likely to be drawn as any
other, so ``k / n`` is an unbiased estimate of its share of matches, and over strata so is

    p = sum(W_h * k_h / n_h),   W_h = N_h / sum(N)

(Cochran, Sampling Techniques, 3rd ed. 1977, chapter 5). Nearly all decisions are right, where the
usual interval (estimate plus or minus standard errors) shrinks to nothing; so

- of a stratum the interval is exact: Clopper and Pearson's (Biometrika 26, 1934, 404-413) with the
  hypergeometric in place of the binomial, since a stratum is finite (Buonaccorsi, The American
  Statistician 41, 1987, 215-218). It covers the truth at least as often as it says;
- of a sum of strata it is put together from theirs by recovering the variances (Zou, Huang and
  Zhang, Computational Statistics and Data Analysis 53, 2009, 1080-1085):
  ``low = p - sqrt(sum(W_h**2 * (p_h - low_h)**2))``, and ``high`` likewise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaln, logsumexp

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage.overrides import active_overrides

if TYPE_CHECKING:
    from collections.abc import Sequence

PRECISION_COLUMNS = (
    "stratum",
    "note",
    "pair_count",
    "decided_pair_count",
    "match_pair_count",
    "match_share",
    "match_share_low",
    "match_share_high",
    "is_linked",
    "is_total",
)
CONFIDENCE = 0.95
ALL_LINKED, ALL_APART = "all_linked", "all_kept_apart"
"""Names of the two sums: the first is precision, the second what was missed of what is listed."""
_LINKED_STRATA = ("linked_", "joined_")


@dataclass(frozen=True)
class Estimate:
    """A share of matches with its interval; all None where nothing is known."""

    share: float | None
    low: float | None
    high: float | None


def newest_model_id(models: pd.DataFrame) -> str | None:
    """The model in use of those stored (``model_id, model_number``); None before the first."""
    if models.empty:
        return None
    return str(models.sort_values("model_number", kind="stable")["model_id"].iloc[-1])


def review_decisions(
    overrides: pd.DataFrame,
    record_ids: pd.Series,
    model_id: str | None,
    as_of: pd.Timestamp | None,
) -> pd.DataFrame:
    """Decisions on drawn pairs: ``left_record_id, right_record_id, stratum, is_match``.

    Those that hold (``active_overrides``), of pairs drawn under the match model in use: another
    model decides other pairs, and its strata are others.
    """
    active = active_overrides(overrides, record_ids, as_of)
    pairs = pd.concat(
        [active.must_links.assign(is_match=True), active.cannot_links.assign(is_match=False)],
        ignore_index=True,
    )
    drawn = overrides[
        overrides["review_stratum"].notna() & (overrides["review_model_id"] == model_id)
    ]
    strata = dict(zip(drawn["override_id"], drawn["review_stratum"], strict=True))
    pairs = pairs.assign(stratum=pairs["override_id"].map(strata))
    columns = ["left_record_id", "right_record_id", "stratum", "is_match"]
    return pairs.loc[pairs["stratum"].notna(), columns].reset_index(drop=True)


def identity_precision(queue: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """One row a stratum and one for each sum of strata (``PRECISION_COLUMNS``).

    ``queue`` has ``left_record_id, right_record_id, stratum, stratum_pair_count`` (all strata that
    hold undecided pairs), ``decisions`` comes from ``review_decisions``. A decided pair that has
    left the queue belongs to its stratum all the same.
    """
    queued = set(zip(queue["left_record_id"], queue["right_record_id"], strict=True))
    counts = {
        str(stratum): int(count)
        for stratum, count in queue.groupby("stratum")["stratum_pair_count"].max().items()
    }
    answers: dict[str, list[bool]] = {}
    for left, right, stratum, is_match in decisions.itertuples(index=False, name=None):
        answers.setdefault(stratum, []).append(bool(is_match))
        if (left, right) not in queued:
            counts[stratum] = counts.get(stratum, 0) + 1
    strata = [
        (name, counts[name], len(answers.get(name, ())), sum(answers.get(name, ())))
        for name in sorted(counts, key=lambda name: (not is_linked_stratum(name), name))
    ]
    rows = [
        _row(name, (pairs, decided, matches), stratum_estimate(pairs, decided, matches))
        for name, pairs, decided, matches in strata
    ]
    for total, is_linked in ((ALL_LINKED, True), (ALL_APART, False)):
        parts = [counted for name, *counted in strata if is_linked_stratum(name) is is_linked]
        sums = np.array(parts, dtype=np.int64).reshape(-1, 3).sum(axis=0)
        row = _row(total, tuple(sums.tolist()), combined([tuple(part) for part in parts]))
        rows.append({**row, "note": _uncovered(parts), "is_linked": is_linked, "is_total": True})
    return pd.DataFrame(rows, columns=list(PRECISION_COLUMNS))


def is_linked_stratum(name: str) -> bool:
    """Whether the pairs of a stratum are one customer, so that their share is a precision."""
    return name.startswith(_LINKED_STRATA)


def stratum_estimate(
    pairs: int, decided: int, matches: int, confidence: float = CONFIDENCE
) -> Estimate:
    """Share of matches among ``pairs`` of which ``decided`` were drawn and ``matches`` are one.

    Nothing decided: nothing is known. All decided: known, and the interval is a point.

    Raises:
        InputDataError: not ``0 <= matches <= decided <= pairs``.
    """
    if not 0 <= matches <= decided <= pairs:
        message = (
            f"{matches} matches of {decided} decided of {pairs} pairs: each must be at most the "
            "next, and none below 0"
        )
        raise InputDataError(message)
    if decided == 0:
        return Estimate(None, None, None)
    tail = (1.0 - confidence) / 2.0
    fewest = _fewest_matches(pairs, decided, matches, tail)
    most = pairs - _fewest_matches(pairs, decided, decided - matches, tail)
    return Estimate(matches / decided, fewest / pairs, most / pairs)


def combined(strata: Sequence[tuple[int, ...]], confidence: float = CONFIDENCE) -> Estimate:
    """Share of matches over strata (``pairs, decided, matches``), those without decision left out.

    With none decided at all nothing is known.
    """
    known = [part for part in strata if part[1] > 0]
    if not known:
        return Estimate(None, None, None)
    weights = np.array([part[0] for part in known], dtype=float)
    weights /= weights.sum()
    found = [stratum_estimate(part[0], part[1], part[2], confidence) for part in known]
    shares, lows, highs = np.array([(one.share, one.low, one.high) for one in found]).T
    share = float(weights @ shares)
    below = float(np.sqrt(((weights * (shares - lows)) ** 2).sum()))
    above = float(np.sqrt(((weights * (highs - shares)) ** 2).sum()))
    return Estimate(share, max(0.0, share - below), min(1.0, share + above))


def _fewest_matches(pairs: int, decided: int, matches: int, tail: float) -> int:
    """The fewest matches among all pairs that make so many in the sample no rarer than ``tail``.

    The chance of at least so many rises with the number among all pairs, so halving finds it.
    """
    low, high = matches, pairs - (decided - matches)
    while low < high:
        middle = (low + high) // 2
        if _chance_of_at_least(matches, pairs, middle, decided) > tail:
            high = middle
        else:
            low = middle + 1
    return low


def _chance_of_at_least(matches: int, pairs: int, among: int, decided: int) -> float:
    """Of the hypergeometric: at least ``matches`` in a draw of ``decided`` of ``pairs``."""
    drawn = np.arange(max(matches, decided - (pairs - among)), min(decided, among) + 1)
    if not len(drawn):
        return 0.0
    logs = (
        _log_choose(among, drawn)
        + _log_choose(pairs - among, decided - drawn)
        - _log_choose(pairs, np.array([decided]))
    )
    return float(np.exp(logsumexp(logs)))


def _log_choose(whole: int, part: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.asarray(gammaln(whole + 1) - gammaln(part + 1) - gammaln(whole - part + 1))


def _row(name: str, counted: tuple[int, ...], found: Estimate) -> dict[str, object]:
    pairs, decided, matches = counted
    return {
        "stratum": name,
        "note": None if decided else "no decision yet: nothing is known",
        "pair_count": pairs,
        "decided_pair_count": decided,
        "match_pair_count": matches,
        "match_share": found.share,
        "match_share_low": found.low,
        "match_share_high": found.high,
        "is_linked": is_linked_stratum(name),
        "is_total": False,
    }


def _uncovered(strata: list[list[int]]) -> str | None:
    """What a sum leaves out."""
    silent = [pairs for pairs, decided, _ in strata if decided == 0]
    if not silent:
        return None if strata else "there are no such pairs"
    if len(silent) == len(strata):
        return "no decision yet: nothing is known"
    share = sum(silent) / sum(pairs for pairs, _, _ in strata)
    return (
        f"{len(silent)} of {len(strata)} strata, {share:.1%} of the pairs, have no decision and "
        "are left out"
    )
