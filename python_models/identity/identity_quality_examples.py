"""The worst cases of each sign in identity_quality, for a person to look at."""

from warehouse_cdp.linkage import QUALITY_INPUT, as_table, quality_examples, text_columns


def model(dbt, session):
    log = dbt.ref("identity_assignments")
    newest = log.aggregate("max(run_number)").fetchall()[0][0] or 0
    # What is linked is no example of anything.
    links = dbt.ref("identity_links").filter("decision <> 'linked'")
    examples = quality_examples(
        text_columns(dbt.ref("identity_records").select(*QUALITY_INPUT).df()),
        text_columns(dbt.ref("identity_map").select("record_id, customer_id").df()),
        text_columns(links.df()),
        text_columns(log.filter(f"run_number = {newest}").select("record_id, change_type").df()),
    )
    return as_table("identity_quality_examples", examples)
