"""State: what agreement weighs; trained once, then kept."""

import pandas as pd

from warehouse_cdp import linkage


def model(dbt, session):
    settings = linkage.LinkageSettings.from_mapping(dbt.config.meta_get("settings"))
    build = dbt.ref("int_build_context").df()
    stored = pd.DataFrame(columns=list(linkage.MODEL_COLUMNS))
    if dbt.is_incremental:
        stored = session.sql(f"select * from {dbt.this}").df()
    records = dbt.ref("identity_records")
    anew = str(dbt.config.meta_get("retrain")).lower() == "true"
    is_partial = build.empty or build["is_partial_data"].any()
    if is_partial or linkage.still_holds(
        stored, len(records.select("record_id")), settings, anew=anew
    ):
        return linkage.as_table("identity_match_model", stored.head(0))
    records = linkage.text_columns(records.df())
    identifiers = linkage.prepare_identifiers(dbt.ref("int_identifiers_unioned").df(), records)
    bad_values = linkage.text_columns(dbt.ref("identity_bad_values").df())
    clock = build["as_of"].iloc[0]
    new = linkage.retrain(stored, records, identifiers, bad_values, settings, clock, anew=anew)
    return linkage.as_table("identity_match_model", new)
