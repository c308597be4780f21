"""Pure functions about personal data: keyed hashes, whose rows are whose, what must be erased."""

from warehouse_cdp.privacy.keys import (
    DEMO_KEY,
    ERASED,
    erased_name,
    key_version,
    keyed_hash,
    normalise_email,
    normalise_mac,
    tombstone,
)
from warehouse_cdp.privacy.person import FINDABLE, HeldValue, Naming, Person, naming, visitors
from warehouse_cdp.privacy.routes import (
    StagingRoute,
    TableRoute,
    staging_routes,
    table_route,
    uncovered_columns,
)

__all__ = [
    "DEMO_KEY",
    "ERASED",
    "FINDABLE",
    "HeldValue",
    "Naming",
    "Person",
    "StagingRoute",
    "TableRoute",
    "erased_name",
    "key_version",
    "keyed_hash",
    "naming",
    "normalise_email",
    "normalise_mac",
    "staging_routes",
    "table_route",
    "tombstone",
    "uncovered_columns",
    "visitors",
]
