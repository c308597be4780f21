"""Pairs of records, what was decided of them, and what the run of the matcher saw."""

from warehouse_cdp.linkage import LinkageSettings, active_overrides
from warehouse_cdp.warehouse.identity_matching import match
from warehouse_cdp.warehouse.identity_seen import Inputs, as_arrow


def model(dbt, session):
    settings = LinkageSettings.from_mapping(dbt.config.meta_get("settings"))
    build = dbt.ref("int_build_context").df()
    start = dbt.ref("identity_run_start").df()
    inputs = Inputs(
        dbt.ref("identity_records"),
        dbt.ref("identity_identifiers"),
        dbt.ref("identity_bad_values"),
        dbt.ref("identity_match_model"),
    )
    overrides = active_overrides(
        dbt.source("cdp_state", "identity_overrides").df(),
        as_arrow(inputs.records.select("record_id"))["record_id"],
        build["as_of"].max(),
    )
    anew = "only a part of the data is built" if build["is_partial_data"].any() else None
    if start["is_full_refresh"].any():
        anew = "a full refresh was asked for"
    build_id = str(build["build_id"].max())
    return match(session, inputs, dbt.this, overrides, settings, build_id, anew=anew)
