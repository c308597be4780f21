"""What linking found, as rows: pairs that are listed, and counts of those that are not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.linkage.deciding import PROBABILISTIC
from warehouse_cdp.linkage.scoring import LEVEL
from warehouse_cdp.matching.levels import LEVEL_NAMES
from warehouse_cdp.matching.score import weight_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.linkage.encoding import EncodedWorld
    from warehouse_cdp.matching.block import RuleCount
    from warehouse_cdp.matching.train import Model

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
_LEAST_CORRECTION: Final = 0.0005
PAIR_COLUMNS = (*LINK_COLUMNS[:4], "seen", *LINK_COLUMNS[4:], "outcome", "pair_count")
"""Columns of ``identity_pairs``; ``seen`` is what ``warehouse.identity_matching`` keeps."""


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
        both = pd.concat([links, self.counts], ignore_index=True)
        return both.reindex(columns=list(PAIR_COLUMNS))


def listed_links(
    edges: pd.DataFrame, world: EncodedWorld, model: Model, report_weight: float
) -> pd.DataFrame:
    """Decided pairs that become rows (``LINK_COLUMNS``), in order of their records.

    ``edges`` come from ``deciding.decide``.
    """
    told = (edges["decision"] != "rejected") | (edges["match_weight"] >= report_weight)
    kept = edges[told].sort_values(["left", "right"], ignore_index=True)
    record_ids = world.records["record_id"].to_numpy()
    links = pd.DataFrame(
        {
            "left_record_id": record_ids[kept["left"].to_numpy()],
            "right_record_id": record_ids[kept["right"].to_numpy()],
            "rule": kept["rule"].to_numpy(),
            "evidence": evidence_texts(kept, world, model),
            "decision": kept["decision"].to_numpy(),
            "cut_by": kept["cut_by"].to_numpy(),
            "match_weight": kept["match_weight"].round(6).to_numpy(),
            "match_probability": kept["match_probability"].round(9).to_numpy(),
        }
    )
    return links[list(LINK_COLUMNS)]


def evidence_texts(
    edges: pd.DataFrame, world: EncodedWorld, model: Model
) -> npt.NDArray[np.object_]:
    """Compact JSON: of each known field the level it reached and its weight in bits.

    The weights of a text, with that of the prior and the correction for one household, add up to
    the model's match weight; a rule may have raised that of the pair.
    """
    columns = world.encoded.columns
    levels = np.column_stack([edges[LEVEL + column.name].to_numpy() for column in columns])
    record = world.encoded.row_record.astype(np.int32)
    left, right = record[edges["left"].to_numpy()], record[edges["right"].to_numpy()]
    parts = weight_parts(world.encoded, model, left, right, levels)
    prior = json.dumps({"level": "match", "weight": round(parts.prior, 3)})
    texts = [pa.array([f'"prior":{prior}'] * len(edges), type=pa.string())]
    for number, column in enumerate(columns):
        words = ("", *LEVEL_NAMES[column.kind])
        texts.append(_field(column.name, words, levels[:, number], parts.columns[:, number]))
    apart = (parts.household <= -_LEAST_CORRECTION).astype(np.int8)
    texts.append(_field("household", ("", "correction"), apart, parts.household))
    joined = pc.binary_join_element_wise(*texts, ",", null_handling="skip")
    found = pc.binary_join_element_wise("{", joined, "}", "")
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=object)


def _field(
    name: str,
    words: tuple[str, ...],
    levels: npt.NDArray[np.int8],
    weights: npt.NDArray[np.float64],
) -> pa.Array:
    """JSON of a field of each pair; null where the level is 0. Equal ones are written once."""
    thousandths = np.round(weights * 1000).astype(np.int64)
    both = thousandths * len(words) + levels
    distinct, place = np.unique(both, return_inverse=True)
    texts = []
    for code in distinct.tolist():
        word, weight = words[code % len(words)], code // len(words) / 1000
        texts.append(f'"{name}":{{"level":"{word}","weight":{weight:g}}}' if word else None)
    return pa.array(texts, type=pa.string()).take(pa.array(place.reshape(len(both))))


def blocking_counts(rules: Sequence[RuleCount]) -> pd.DataFrame:
    """Pairs compared and left out (``rule, outcome, pair_count``) by blocking rule."""
    return pd.DataFrame(
        [(count.rule, "compared", count.pairs) for count in rules]
        + [(count.rule, "left_out", count.left_out_pairs) for count in rules],
        columns=["rule", "outcome", "pair_count"],
    )


def unlisted_counts(count: int) -> pd.DataFrame:
    """``rule, outcome, pair_count`` of the candidate pairs that became no edge.

    Their weight is below that from which pairs are listed, and no rule decides them.
    """
    rows = [(PROBABILISTIC, "rejected_unlisted", count)] if count else []
    return pd.DataFrame(rows, columns=["rule", "outcome", "pair_count"])
