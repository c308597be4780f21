"""Which records a change touches, and their candidate pairs in both versions of a file.

A record is touched if it is new, gone or changed; if it says the same as such a one (identical
records are compared as one); if its name has other short forms now; or if a block or a value that
it shares grew so large, or small, that it makes no pairs any more, or makes them again. All pairs
of other records are compared, or not, exactly as before.

A record that is touched by the size of a block or value only says what it said, and so do most of
its partners: of the pairs of two such records those alone matter that one version makes and the
other does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from warehouse_cdp.linkage.candidates import joined_pairs, shared_values
from warehouse_cdp.linkage.encoding import Holders
from warehouse_cdp.matching.plan import PlannedBlocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.linkage.candidates import CandidatePlan
    from warehouse_cdp.linkage.versions import Versions
    from warehouse_cdp.matching.block import Pairs

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Touched:
    """Touched rows of ``Versions``, and their candidate pairs in each version.

    ``anew`` are those among ``rows`` that say, or mean, something else. Pairs are of rows that are
    the first of those who say the same; one of them is ``anew``, or the other version does not
    make the pair. ``counts`` of pairs are those of all pairs of which one row is touched.
    """

    rows: Flags
    anew: Flags
    before: Pairs
    after: Pairs

    @property
    def lost(self) -> Rows:
        """Numbers (``pair_numbers``) of the pairs that the old version alone makes."""
        size = len(self.rows)
        before, after = (
            pair_numbers(made.left, made.right, size) for made in (self.before, self.after)
        )
        return np.setdiff1d(before, after, assume_unique=True)


def pair_numbers(left: npt.NDArray[Any], right: npt.NDArray[Any], size: int) -> Rows:
    """A number for each pair of positions below ``size``, in whichever order they stand."""
    return np.asarray(np.minimum(left, right).astype(np.int64) * size + np.maximum(left, right))


def touched_pairs(versions: Versions, plan: CandidatePlan, also: Rows) -> Touched:
    """What is touched by the change from one version to the other, and ``also`` these rows."""
    rows = versions.changed.copy()
    rows[also] = True
    rows |= versions.renamed()
    anew = versions.copies(rows)
    rows = anew.copy()
    firsts = (versions.first_before, versions.first_after)
    is_first = [first == np.arange(len(first)) for first in firsts]
    blocks = PlannedBlocks(versions.records(), plan.blocking)
    rows |= blocks.regrouped(is_first[0], is_first[1], is_first[0] != is_first[1])
    rows |= _reshared(versions, firsts, plan.shared, rows)
    near = blocks.near(rows)
    pairs = []
    for mine, first in zip(is_first, firsts, strict=True):
        made = blocks.pairs(mine, rows, near)
        found = [
            shared_values(held, kind, plan.shared[kind], rows)
            for kind, held in _holders(versions, first, rows).items()
        ]
        pairs.append(joined_pairs(made, found, len(rows)))
    return Touched(rows, anew, *_without_kept(pairs[0], pairs[1], anew))


def _without_kept(before: Pairs, after: Pairs, anew: Flags) -> tuple[Pairs, Pairs]:
    """The pairs of both versions less those that both make of two records that say the same."""
    numbers = [pair_numbers(made.left, made.right, len(anew)) for made in (before, after)]
    differ = np.setxor1d(numbers[0], numbers[1], assume_unique=True)
    found = []
    for made, number in zip((before, after), numbers, strict=True):
        here = anew[made.left] | anew[made.right] | np.isin(number, differ, assume_unique=True)
        found.append(
            replace(made, left=made.left[here], right=made.right[here], rule=made.rule[here])
        )
    return found[0], found[1]


def _reshared(
    versions: Versions, firsts: tuple[Rows, Rows], most: Mapping[str, int], touched: Flags
) -> Flags:
    """Rows that hold a value which is too widely shared in one version and not in the other."""
    found = np.zeros(len(touched), dtype=np.bool_)
    held = [_holders(versions, first, touched) for first in firsts]
    for kind, size in most.items():
        one, other = (version[kind] for version in held)
        values = int(max(one.value.max(initial=-1), other.value.max(initial=-1))) + 1
        too_many = [np.bincount(each.value, minlength=values) >= size for each in (one, other)]
        flipped = too_many[0] != too_many[1]
        for each in (one, other):
            found[each.record[flipped[each.value]]] = True
    return found


def _holders(versions: Versions, first: Rows, touched: Flags) -> Mapping[str, Holders]:
    """Who holds, in one version, the values that touched rows of either version hold."""
    found = {}
    for kind, (rows, codes) in versions.held.items():
        is_wanted = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.bool_)
        is_wanted[codes[touched[rows]]] = True
        here = is_wanted[codes] & (first[rows] >= 0)
        both = np.unique(first[rows[here]] << 32 | codes[here])
        record, value = (both >> 32).astype(np.int32), (both & 0xFFFFFFFF).astype(np.int32)
        found[kind] = Holders(record, value, np.zeros(0, dtype=np.int64))
    return found
