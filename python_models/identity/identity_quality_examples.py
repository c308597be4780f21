"""The worst cases of each sign in identity_quality, for a person to look at."""

from warehouse_cdp.linkage import as_table, current_map, quality_examples, text_columns


def model(dbt, session):
    log = text_columns(dbt.ref("identity_assignments").df())
    examples = quality_examples(
        text_columns(dbt.ref("identity_records").df()),
        current_map(log),
        text_columns(dbt.ref("identity_links").df()),
        log[log["run_number"] == log["run_number"].max()],
    )
    return as_table("identity_quality_examples", examples)
