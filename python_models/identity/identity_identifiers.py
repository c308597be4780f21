"""Identifiers of records, each marked whether it may identify."""

from warehouse_cdp.linkage import as_table, mark_blocked, text_columns


def model(dbt, session):
    identifiers = dbt.ref("int_identifiers_unioned").df()
    bad_values = text_columns(dbt.ref("identity_bad_values").df())
    return as_table("identity_identifiers", mark_blocked(identifiers, bad_values))
