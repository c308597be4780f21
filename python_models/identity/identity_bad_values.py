"""Identifier values that identify nobody."""

from warehouse_cdp.linkage import (
    LinkageSettings,
    active_overrides,
    as_table,
    find_bad_values,
    prepare_identifiers,
    text_columns,
)


def model(dbt, session):
    settings = LinkageSettings.from_mapping(dbt.config.meta_get("settings"))
    build = dbt.ref("int_build_context").df()
    records = text_columns(dbt.ref("identity_records").df())
    identifiers = prepare_identifiers(dbt.ref("int_identifiers_unioned").df(), records)
    overrides = active_overrides(
        dbt.source("cdp_state", "identity_overrides").df(),
        records["record_id"],
        build["as_of"].max(),
    )
    junk = dbt.ref("junk_values").df()
    found = find_bad_values(
        identifiers, records, settings.bad_value_people, overrides.blocked, junk
    )
    return as_table("identity_bad_values", found)
