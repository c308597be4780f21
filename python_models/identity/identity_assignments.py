"""State: which customer each record belongs to; appends what changed."""

from warehouse_cdp.linkage import (
    ChangeLimits,
    Log,
    as_table,
    assign_changes,
    check_change,
    no_assignments,
)
from warehouse_cdp.warehouse.identity_seen import as_arrow


def model(dbt, session):
    limits = ChangeLimits.from_mapping(dbt.config.meta_get("limits"))
    build = dbt.ref("int_build_context").df()
    start = dbt.ref("identity_run_start").df()
    past = as_table("identity_assignments", no_assignments())
    if build.empty or build["is_partial_data"].any():
        return past
    if dbt.is_incremental:
        past = as_arrow(session.sql(f"select record_id, customer_id, run_number from {dbt.this}"))
    log = Log(past)
    records = as_arrow(dbt.ref("identity_records").select("record_id, created_at"))
    linked = dbt.ref("identity_links").filter("decision = 'linked'")
    links = as_arrow(linked.select("left_record_id, right_record_id"))
    run_id, clock = build["build_id"].iloc[0], build["as_of"].iloc[0]
    changes = assign_changes(records, links, log, run_id, clock)
    check_change(changes, log, limits, int(start["newest_run_number"].iloc[0]))
    return as_table("identity_assignments", changes)
