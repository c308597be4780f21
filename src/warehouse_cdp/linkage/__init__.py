"""Who is who: person records linked into customers with stable ids.

Pure functions from pandas frames to pandas frames; the same input gives the same output, in any
order of rows. In the order of a run::

    records = prepare_records(persons, nicknames, identifiers)
    held = prepare_identifiers(identifiers, records)
    overrides = active_overrides(instructions, records["record_id"], as_of)
    bad_values = find_bad_values(held, records, settings.bad_value_people, overrides.blocked)
    model = train(records, held, bad_values, settings, as_of)
    result = link_records(records, held, bad_values, model, overrides, settings)
    clusters = cluster_records(records["record_id"], result.links)
    changes = assign(clusters, records, assignments, run_id, as_of)

dbt's Python models, the command line and tests call these; nothing here knows of them.
"""

from warehouse_cdp.identity_tables import ASSIGNMENT_COLUMNS, CHANGE_TYPES, MODEL_COLUMNS
from warehouse_cdp.linkage.assignment import assign, no_assignments
from warehouse_cdp.linkage.bad_values import (
    BAD_VALUE_COLUMNS,
    bad_values_of,
    find_bad_values,
    mark_blocked,
)
from warehouse_cdp.linkage.clusters import CLUSTER_COLUMNS, cluster_records
from warehouse_cdp.linkage.engine import link_records, retrain, still_holds, train
from warehouse_cdp.linkage.frozen import read_frozen
from warehouse_cdp.linkage.history import ChangeLimits, aliases, check_change, current_map, rollback
from warehouse_cdp.linkage.links import LINK_COLUMNS, PAIR_COLUMNS, LinkResult
from warehouse_cdp.linkage.match_model import newest_model
from warehouse_cdp.linkage.overrides import (
    OVERRIDE_COLUMNS,
    ActiveOverrides,
    active_overrides,
    no_overrides,
)
from warehouse_cdp.linkage.paths import explain, weakest_links
from warehouse_cdp.linkage.precision import (
    PRECISION_COLUMNS,
    identity_precision,
    newest_model_id,
    review_decisions,
)
from warehouse_cdp.linkage.quality import QUALITY_COLUMNS, QUALITY_INPUT, identity_quality
from warehouse_cdp.linkage.quality_examples import EXAMPLE_COLUMNS, quality_examples
from warehouse_cdp.linkage.records import (
    PERSON_INPUT,
    RECORD_COLUMNS,
    prepare_identifiers,
    prepare_records,
)
from warehouse_cdp.linkage.relinking import Relinked, relink
from warehouse_cdp.linkage.seen import LINKED_BY, Seen, changed_ids, seen
from warehouse_cdp.linkage.settings import IdentifierLimit, LinkageSettings
from warehouse_cdp.linkage.settled import Log, assign_changes
from warehouse_cdp.linkage.tables import TABLES, as_table, text_columns
from warehouse_cdp.linkage.trees import LINK_TREE_COLUMNS, link_trees
from warehouse_cdp.linkage.visitors import VISITOR_COLUMNS, stitch_visitors

__all__ = [
    "ASSIGNMENT_COLUMNS",
    "BAD_VALUE_COLUMNS",
    "CHANGE_TYPES",
    "CLUSTER_COLUMNS",
    "EXAMPLE_COLUMNS",
    "LINKED_BY",
    "LINK_COLUMNS",
    "LINK_TREE_COLUMNS",
    "MODEL_COLUMNS",
    "OVERRIDE_COLUMNS",
    "PAIR_COLUMNS",
    "PERSON_INPUT",
    "PRECISION_COLUMNS",
    "QUALITY_COLUMNS",
    "QUALITY_INPUT",
    "RECORD_COLUMNS",
    "TABLES",
    "VISITOR_COLUMNS",
    "ActiveOverrides",
    "ChangeLimits",
    "IdentifierLimit",
    "LinkResult",
    "LinkageSettings",
    "Log",
    "Relinked",
    "Seen",
    "active_overrides",
    "aliases",
    "as_table",
    "assign",
    "assign_changes",
    "bad_values_of",
    "changed_ids",
    "check_change",
    "cluster_records",
    "current_map",
    "explain",
    "find_bad_values",
    "identity_precision",
    "identity_quality",
    "link_records",
    "link_trees",
    "mark_blocked",
    "newest_model",
    "newest_model_id",
    "no_assignments",
    "no_overrides",
    "prepare_identifiers",
    "prepare_records",
    "quality_examples",
    "read_frozen",
    "relink",
    "retrain",
    "review_decisions",
    "rollback",
    "seen",
    "still_holds",
    "stitch_visitors",
    "text_columns",
    "train",
    "weakest_links",
]
