"""What linking found, as rows: pairs that are listed, and counts of those that are not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from warehouse_cdp.linkage.compare import LEVELS

if TYPE_CHECKING:
    import numpy.typing as npt

LINK_COLUMNS = (
    "left_record_id",
    "right_record_id",
    "rule",
    "evidence",
    "decision",
    "cut_by",
    "match_weight",
    "match_probability",
)
PAIR_COLUMNS = (*LINK_COLUMNS, "outcome", "pair_count")


@dataclass(frozen=True)
class LinkResult:
    """What linking found.

    ``links`` has ``LINK_COLUMNS``, a row a pair; ``counts`` (``rule, outcome, pair_count``) counts
    pairs without a row: by blocking rule those ``compared`` and those ``left_out`` of its budget,
    by deciding rule those ``rejected_unlisted``, below the weight from which they are listed.
    """

    links: pd.DataFrame
    counts: pd.DataFrame

    def pairs(self) -> pd.DataFrame:
        """Both in one frame (``PAIR_COLUMNS``): a dbt model yields one table, from one run."""
        links = self.links.assign(outcome=self.links["decision"], pair_count=1)
        return pd.concat([links, self.counts], ignore_index=True)[list(PAIR_COLUMNS)]


def listed_links(
    edges: pd.DataFrame, record_ids: npt.NDArray[np.object_], report_weight: float
) -> pd.DataFrame:
    """Decided pairs that become rows (``LINK_COLUMNS``), in order of their records.

    ``edges`` has ``left`` and ``right`` as positions in ``record_ids``, a level a field, and
    ``rule, decision, cut_by, match_weight, match_probability``.
    """
    told = (edges["decision"] != "rejected") | (edges["match_weight"] >= report_weight)
    kept = edges[told].sort_values(["left", "right"])
    one, other = record_ids[kept["left"].to_numpy()], record_ids[kept["right"].to_numpy()]
    links = pd.DataFrame(
        {
            "left_record_id": one,
            "right_record_id": other,
            "rule": kept["rule"].to_numpy(),
            "evidence": evidence_texts(kept),
            "decision": kept["decision"].to_numpy(),
            "cut_by": kept["cut_by"].to_numpy(),
            "match_weight": kept["match_weight"].round(6).to_numpy(),
            "match_probability": kept["match_probability"].round(9).to_numpy(),
        }
    )
    return links[list(LINK_COLUMNS)]


def evidence_texts(levels: pd.DataFrame) -> list[str]:
    """Compact JSON of the level each field reached, unknown fields left out."""
    codes = levels[list(LEVELS)].to_numpy()
    patterns, inverse = np.unique(codes, axis=0, return_inverse=True)
    texts = [
        json.dumps(
            {
                name: LEVELS[name][int(code)]
                for name, code in zip(LEVELS, pattern, strict=True)
                if code > 0
            },
            separators=(",", ":"),
        )
        for pattern in patterns
    ]
    return [texts[position] for position in inverse.ravel().tolist()]


def blocking_counts(report: pd.DataFrame) -> pd.DataFrame:
    """Pairs compared and left out (``rule, outcome, pair_count``) from blocking's report."""
    made = report["pairs_made"]
    outcomes = {"compared": made, "left_out": report["pairs_counted"] - made}
    counts = [
        pd.DataFrame({"rule": report["blocking_rule"], "outcome": outcome, "pair_count": count})
        for outcome, count in outcomes.items()
    ]
    return pd.concat(counts, ignore_index=True)


def unlisted_counts(edges: pd.DataFrame, report_weight: float) -> pd.DataFrame:
    """Pairs rejected below ``report_weight`` (``rule, outcome, pair_count``), which have no row."""
    silent = (edges["decision"] == "rejected") & (edges["match_weight"] < report_weight)
    counts = edges[silent].groupby("rule").size().rename("pair_count").reset_index()
    return counts.assign(outcome="rejected_unlisted")
