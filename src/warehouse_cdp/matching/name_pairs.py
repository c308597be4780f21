"""How many people bear a whole name: given and family names do not come together by chance.

The chance that two people share both is taken to be the product of two frequencies, which is far
too little where names go by country, language or generation. So where a whole name is borne by
several people, its own frequency counts (Winkler, "Frequency-based matching in Fellegi-Sunter
model of record linkage", 2000, for pairs of fields).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from warehouse_cdp.matching.groups import numbered

if TYPE_CHECKING:
    from warehouse_cdp.matching.block import Pairs
    from warehouse_cdp.matching.encode import Records

Shares = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]

GIVEN: Final = "given_name"
FAMILY: Final = "family_name"
FEWEST_OTHERS: Final = 3.0
"""Records of other people that must be expected to bear a name before its frequency counts."""


@dataclass(frozen=True)
class NamePairs:
    """Whole names of records.

    ``code`` is that of each record's name (-1 where a part is unknown); by code ``given`` and
    ``family`` (codes of the columns), ``counts`` of rows and ``frequencies``: how likely another
    person's record bears it (0 where the product of the parts says enough).
    """

    code: Codes
    given: Codes
    family: Codes
    counts: npt.NDArray[np.int64]
    frequencies: Shares


def whole_names(records: Records) -> NamePairs | None:
    """The whole names of records, all of frequency 0; None without both columns."""
    given, family = records.column(GIVEN), records.column(FAMILY)
    if given is None or family is None:
        return None
    width = max(len(family.values), 1)
    both = given.codes.astype(np.int64) * width + family.codes
    known = (given.codes >= 0) & (family.codes >= 0)
    both[~known] = -1
    code, first = numbered(both)
    distinct = both[first]
    counts = np.bincount(code[known], weights=records.weights[known], minlength=len(distinct))
    return NamePairs(
        code,
        (distinct // width).astype(np.int32),
        (distinct % width).astype(np.int32),
        counts.astype(np.int64),
        np.zeros(len(distinct)),
    )


def with_frequencies(names: NamePairs, matched: Shares | None) -> NamePairs:
    """Names with frequencies; ``matched`` are the true pairs of rows expected to bear each.

    Without them all bearers count as different people.
    """
    counts = names.counts.astype(np.float64)
    others = counts - 1.0
    if matched is not None:
        others = np.maximum(others - 2.0 * matched / np.maximum(counts, 1.0), 0.0)
    frequencies = np.where(others >= FEWEST_OTHERS, others / max(counts.sum(), 1.0), 0.0)
    return NamePairs(names.code, names.given, names.family, names.counts, frequencies)


@dataclass(frozen=True)
class Bearers:
    """Pairs of records of one whole name, and records of several rows, each with its name.

    ``pairs`` and ``records`` are positions, ``of_pairs`` and ``of_records`` codes of names.
    """

    pairs: npt.NDArray[np.int64]
    of_pairs: Codes
    records: npt.NDArray[np.int64]
    of_records: Codes

    def matched(self, of_pairs: Shares, of_records: Shares, names: int) -> Shares:
        """True pairs of rows that bear each of ``names``, as expected by pair and by record."""
        between = np.bincount(self.of_pairs, of_pairs.take(self.pairs), names)
        within = np.bincount(self.of_records, of_records.take(self.records), names)
        return np.asarray(between + within, dtype=np.float64)


def bearers(names: NamePairs, pairs: Pairs, several: Codes) -> Bearers:
    """Which of ``pairs``, and of the records ``several``, bear which name."""
    code = names.code.take(pairs.left)
    alike = np.flatnonzero((code >= 0) & (code == names.code.take(pairs.right)))
    own = names.code.take(several)
    named = np.flatnonzero(own >= 0)
    return Bearers(alike, code.take(alike), named, own.take(named))


def lift(names: NamePairs, matched: Shares | None, given: Shares, family: Shares) -> float:
    """How many times as often as by the product of the parts two people bear one whole name.

    ``matched`` as in ``with_frequencies``, ``given`` and ``family`` as in ``correction``. At least
    1: where names come together less often than by chance, few were seen.
    """
    counts = names.counts.astype(np.float64)
    others = counts - 1.0
    if matched is not None:
        others = np.maximum(others - 2.0 * matched / np.maximum(counts, 1.0), 0.0)
    seen = float((counts * others).sum()) / max(counts.sum(), 1.0)
    product = float((counts * given[names.given] * family[names.family]).sum())
    return float(max(seen / max(product, 1e-12), 1.0))


def correction(
    names: NamePairs, left: Codes, right: Codes, given: Shares, family: Shares
) -> tuple[npt.NDArray[np.int64], Shares]:
    """Which pairs bear one whole name, and what is to be added to their weights (at most 0).

    ``given`` and ``family`` are the frequencies of the columns' values: log2 of their product over
    the whole name's frequency, where that is larger.
    """
    code = names.code[left]
    where = np.flatnonzero((code >= 0) & (code == names.code[right]))
    code = code[where]
    product = given[names.given[code]] * family[names.family[code]]
    larger = np.maximum(names.frequencies[code], product)
    return where, np.asarray(np.log2(product) - np.log2(larger), dtype=np.float64)
