"""What the matcher sees of each record."""

from warehouse_cdp.warehouse.identity_preparing import prepared


def model(dbt, session):
    # Nobody else may have written state between this moment and the end of the build.
    start = dbt.ref("identity_run_start").df()
    return prepared(
        session,
        dbt.ref("int_persons_unioned"),
        dbt.ref("int_identifiers_unioned"),
        dbt.ref("nicknames").df(),
        dbt.this,
        anew=bool(start["is_full_refresh"].any()),
    )
