"""Pure measures of a build against a known truth. No model reads truth; only these do."""

from warehouse_cdp.evaluation.attribution import (
    AttributedShare,
    TrueInteraction,
    attributed_share,
)
from warehouse_cdp.evaluation.golden import (
    GoldenFields,
    GoldenShare,
    customer_of_person,
    golden_fields,
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
    "GoldenFields",
    "GoldenShare",
    "PairwiseScores",
    "TrueInteraction",
    "attributed_share",
    "customer_of_person",
    "evaluate",
    "golden_fields",
    "owners",
    "pairwise_scores",
    "record_id",
    "true_interactions",
    "truth_by_record",
]
