"""State: which customer each record belongs to; appends what changed."""

from warehouse_cdp.linkage import (
    ChangeLimits,
    as_table,
    assign,
    check_change,
    cluster_records,
    no_assignments,
    text_columns,
)


def model(dbt, session):
    limits = ChangeLimits.from_mapping(dbt.config.meta_get("limits"))
    build = dbt.ref("int_build_context").df()
    start = dbt.ref("identity_run_start").df()
    past = no_assignments()
    if dbt.is_incremental:
        past = text_columns(session.sql(f"select * from {dbt.this}").df())
    if build.empty or build["is_partial_data"].any():
        return as_table("identity_assignments", past.head(0))
    records = text_columns(dbt.ref("identity_records").df())
    links = dbt.ref("identity_links").df()
    clusters = cluster_records(records["record_id"], links)
    run_id, clock = build["build_id"].iloc[0], build["as_of"].iloc[0]
    changes = assign(clusters, records, past, run_id, clock)
    check_change(changes, past, limits, int(start["newest_run_number"].iloc[0]))
    return as_table("identity_assignments", changes)
