"""What the tables of identity state hold, for those who make rows and those who check them.

By themselves, because a check of state needs nothing else of the matcher, whose imports take longer
than the check.
"""

ASSIGNMENT_COLUMNS = (
    "assignment_id",
    "record_id",
    "customer_id",
    "previous_customer_id",
    "change_type",
    "run_id",
    "run_number",
    "recorded_at",
)
CHANGE_TYPES = (
    "created",
    "joined",
    "merged",
    "split",
    "moved",
    "removed",
    "restored",
    "rolled_back",
)
MODEL_COLUMNS = (
    "model_id",
    "comparison",
    "level",
    "reason",
    "m",
    "u",
    "weight",
    "pair_count",
    "model_number",
    "trained_at",
)
