"""Signs of over- and under-merging."""

from warehouse_cdp.linkage import as_table, current_map, identity_quality, text_columns


def model(dbt, session):
    log = text_columns(dbt.ref("identity_assignments").df())
    measures = identity_quality(
        text_columns(dbt.ref("identity_records").df()),
        current_map(log),
        text_columns(dbt.ref("identity_links").df()),
        log[log["run_number"] == log["run_number"].max()],
    )
    return as_table("identity_quality", measures)
