"""Which records a change touches, and their candidate pairs in both versions of a file.

A record is touched if it is new, gone or changed; if it says the same as such a one (identical
records are compared as one); if its name has other short forms now; or if a block or a value that
it shares grew so large, or small, that it makes no pairs any more, or makes them again. All pairs
of other records are compared, or not, exactly as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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

    Pairs are of rows that are the first of those who say the same, one of them touched.
    """

    rows: Flags
    before: Pairs
    after: Pairs


def touched_pairs(versions: Versions, plan: CandidatePlan, also: Rows) -> Touched:
    """What is touched by the change from one version to the other, and ``also`` these rows."""
    rows = versions.changed.copy()
    rows[also] = True
    rows |= versions.renamed()
    rows = versions.copies(rows)
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
    return Touched(rows, pairs[0], pairs[1])


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
