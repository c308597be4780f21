"""Identifier values that identify nobody."""

from warehouse_cdp.linkage import (
    LinkageSettings,
    active_overrides,
    as_table,
    bad_values_of,
)
from warehouse_cdp.warehouse.identity_seen import as_arrow


def model(dbt, session):
    settings = LinkageSettings.from_mapping(dbt.config.meta_get("settings"))
    build = dbt.ref("int_build_context").df()
    records = as_arrow(
        dbt.ref("identity_records").select(
            "record_id, given_name_sound, family_name_sound, email_key, phone_key, national_id_key"
        )
    )
    identifiers = as_arrow(
        dbt.ref("int_identifiers_unioned").select("record_id, identifier_type, identifier_value")
    )
    overrides = active_overrides(
        dbt.source("cdp_state", "identity_overrides").df(),
        records["record_id"],
        build["as_of"].max(),
    )
    junk = dbt.ref("junk_values").df()
    found = bad_values_of(identifiers, records, settings.bad_value_people, overrides.blocked, junk)
    return as_table("identity_bad_values", found)
