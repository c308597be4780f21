"""Identifiers of records, each marked whether it may identify."""

from warehouse_cdp.linkage import as_table, mark_blocked, text_columns
from warehouse_cdp.warehouse.identity_seen import as_arrow


def model(dbt, session):
    identifiers = as_arrow(dbt.ref("int_identifiers_unioned"))
    bad_values = text_columns(dbt.ref("identity_bad_values").df())
    return as_table("identity_identifiers", mark_blocked(identifiers, bad_values))
