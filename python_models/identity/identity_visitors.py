"""Whose anonymous events are whose."""

from warehouse_cdp.linkage import as_table, stitch_visitors


def model(dbt, session):
    sightings = dbt.ref("identity_visitor_sightings").df()
    stitched = stitch_visitors(
        sightings,
        str(dbt.config.meta_get("policy")),
        float(dbt.config.meta_get("least_right")),
    )
    return as_table("identity_visitors", stitched)
