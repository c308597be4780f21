"""Overrides that want attention."""

from warehouse_cdp.linkage import active_overrides, as_table
from warehouse_cdp.warehouse.identity_seen import as_arrow


def model(dbt, session):
    instructions = dbt.source("cdp_state", "identity_overrides").df()
    records = as_arrow(dbt.ref("identity_records").select("record_id"))
    build = dbt.ref("int_build_context").df()
    overrides = active_overrides(instructions, records["record_id"], build["as_of"].max())
    return as_table("identity_override_issues", overrides.issues)
