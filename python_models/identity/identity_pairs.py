"""Pairs of records, what was decided of them, and counts of those that are not listed."""

from warehouse_cdp.linkage import (
    LinkageSettings,
    active_overrides,
    as_table,
    link_records,
    prepare_identifiers,
    text_columns,
)


def model(dbt, session):
    settings = LinkageSettings.from_mapping(dbt.config.meta_get("settings"))
    build = dbt.ref("int_build_context").df()
    records = text_columns(dbt.ref("identity_records").df())
    identifiers = prepare_identifiers(dbt.ref("int_identifiers_unioned").df(), records)
    bad_values = text_columns(dbt.ref("identity_bad_values").df())
    matcher = text_columns(dbt.ref("identity_match_model").df())
    overrides = active_overrides(
        dbt.source("cdp_state", "identity_overrides").df(),
        records["record_id"],
        build["as_of"].max(),
    )
    result = link_records(records, identifiers, bad_values, matcher, overrides, settings)
    return as_table("identity_pairs", result.pairs())
