"""Pure measures of a build against a known truth. No model reads truth; only these do."""

from warehouse_cdp.evaluation.attribution import (
    AttributedShare,
    TrueInteraction,
    attributed_share,
)
from warehouse_cdp.evaluation.report import (
    Evaluation,
    evaluate,
    record_id,
    true_interactions,
    truth_by_record,
)
from warehouse_cdp.evaluation.scores import PairwiseScores, owners, pairwise_scores

__all__ = [
    "AttributedShare",
    "Evaluation",
    "PairwiseScores",
    "TrueInteraction",
    "attributed_share",
    "evaluate",
    "owners",
    "pairwise_scores",
    "record_id",
    "true_interactions",
    "truth_by_record",
]
