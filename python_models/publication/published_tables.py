"""The copy of marts and segments that BI tools read."""

from warehouse_cdp.warehouse.publish import nothing_published, publish_tables


def model(dbt, session):
    # What no other model of these layers reads, so that this is built last; what is published
    # is all that their schemas hold.
    for name in (
        dbt.ref("accounts"),
        dbt.ref("customer_consents"),
        dbt.ref("separated_customers"),
        dbt.ref("data_quality_issues"),
        dbt.ref("support_tickets"),
        dbt.ref("survey_responses"),
        dbt.ref("email_engagement"),
        dbt.ref("event_first_customers"),
        dbt.ref("campaign_performance"),
        dbt.ref("cohort_retention"),
        dbt.ref("segment_overlap"),
        dbt.ref("segment_sizes"),
        dbt.ref("sync_rejected_rows"),
        dbt.ref("sync_run_measures"),
    ):
        del name
    if dbt.ref("int_build_context").df().get("is_partial_data", [True])[0]:
        return nothing_published()
    schemas = dbt.config.meta_get("published_schemas")
    return publish_tables(session, schemas, dbt.config.meta_get("publish_path"))
