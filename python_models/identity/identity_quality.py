"""Signs of over- and under-merging."""

from warehouse_cdp.linkage import QUALITY_INPUT, as_table, identity_quality, text_columns


def model(dbt, session):
    log = dbt.ref("identity_assignments")
    newest = log.aggregate("max(run_number)").fetchall()[0][0] or 0
    measures = identity_quality(
        text_columns(dbt.ref("identity_records").select(*QUALITY_INPUT).df()),
        text_columns(dbt.ref("identity_map").select("record_id, customer_id").df()),
        text_columns(dbt.ref("identity_links").select("rule, decision, cut_by").df()),
        text_columns(log.filter(f"run_number = {newest}").select("record_id, change_type").df()),
    )
    return as_table("identity_quality", measures)
