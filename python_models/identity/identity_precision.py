"""How many decisions are right, from what people decided."""

from warehouse_cdp.linkage import as_table, identity_precision, newest_model_id, review_decisions


def model(dbt, session):
    build = dbt.ref("int_build_context").df()
    queue = dbt.ref("identity_review_queue").df()
    records = dbt.ref("identity_map").df()
    overrides = dbt.source("cdp_state", "identity_overrides").df()
    matcher = dbt.ref("identity_match_model").df()
    decisions = review_decisions(
        overrides, records["record_id"], newest_model_id(matcher), build["as_of"].max()
    )
    return as_table("identity_precision", identity_precision(queue, decisions))
