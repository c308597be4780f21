"""What the matcher sees of each record."""

from warehouse_cdp.linkage import as_table, prepare_records


def model(dbt, session):
    # Nobody else may have written state between this moment and the end of the build.
    dbt.ref("identity_run_start")
    records = prepare_records(
        dbt.ref("int_persons_unioned").df(),
        dbt.ref("nicknames").df(),
        dbt.ref("int_identifiers_unioned").df(),
    )
    return as_table("identity_records", records)
