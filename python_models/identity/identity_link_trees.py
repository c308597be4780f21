"""The strongest links that hold each customer together, as the way from each record to a root."""

from warehouse_cdp.linkage import as_table, link_trees, text_columns


def model(dbt, session):
    records = text_columns(dbt.ref("identity_records").select("record_id").df())
    linked = dbt.ref("identity_links").filter("decision = 'linked'")
    links = linked.select("left_record_id, right_record_id, rule, decision, match_weight").df()
    return as_table("identity_link_trees", link_trees(records["record_id"], links))
