"""Connected components of many links: ours against scipy's, in processor seconds.

python benchmarks/components.py [--links 10000000] [--rounds 3]

Random links among as many records. scipy's includes making the matrix that it asks for; the ratio
is of medians, rounds alternate, and both must find the same components.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from warehouse_cdp.matching.cluster import components


def main() -> int:
    """Print both medians and their ratio; 1 if the components differ."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--links", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    count = options.links
    left, right = np.random.default_rng(1).integers(0, count, (2, count)).astype(np.int32)
    components(2, left[:1] * 0, right[:1] * 0)  # compiled before the clock starts
    ours, theirs = [], []
    for _ in range(options.rounds):
        begun = time.process_time()
        mine = components(count, left, right)
        ours.append(time.process_time() - begun)
        begun = time.process_time()
        links = coo_array((np.ones(count, dtype=np.int8), (left, right)), shape=(count, count))
        found, labels = connected_components(links, directed=False)
        theirs.append(time.process_time() - begun)
        # As many components, and each of ours is within one of theirs: they are the same.
        first = np.full(int(mine.max()) + 1, -1)
        first[mine] = labels
        if len(first) != found or (first[mine] != labels).any():
            print("the components differ")
            return 1
    mine_s, theirs_s = statistics.median(ours), statistics.median(theirs)
    print(f"ours {mine_s:.2f} s, scipy {theirs_s:.2f} s, ratio {mine_s / theirs_s:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
