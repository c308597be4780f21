"""State: what agreement weighs; trained once, then kept."""

import pandas as pd

from warehouse_cdp.linkage import (
    MODEL_COLUMNS,
    LinkageSettings,
    as_table,
    prepare_identifiers,
    retrain,
    still_holds,
    text_columns,
)


def model(dbt, session):
    settings = LinkageSettings.from_mapping(dbt.config.meta_get("settings"))
    build = dbt.ref("int_build_context").df()
    stored = pd.DataFrame(columns=list(MODEL_COLUMNS))
    if dbt.is_incremental:
        stored = session.sql(f"select * from {dbt.this}").df()
    if build.empty or build["is_partial_data"].any():
        return as_table("identity_match_model", stored.head(0))
    clock = build["as_of"].iloc[0]
    anew = str(dbt.config.meta_get("retrain")).lower() == "true"
    ids = dbt.ref("identity_records").select("record_id")
    if still_holds(stored, len(ids), settings, anew=anew):
        return as_table("identity_match_model", stored.head(0))
    records = text_columns(dbt.ref("identity_records").df())
    identifiers = prepare_identifiers(dbt.ref("int_identifiers_unioned").df(), records)
    bad_values = text_columns(dbt.ref("identity_bad_values").df())
    new = retrain(stored, records, identifiers, bad_values, settings, clock, anew=anew)
    return as_table("identity_match_model", new)
