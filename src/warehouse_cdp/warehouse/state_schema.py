"""Which tables and columns a state of each schema version has.

What people and the command line write stands in the project's macro ``state_migrations`` and is
read from there, so that a migration is written once. What dbt models append to has their columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.identity_tables import ASSIGNMENT_COLUMNS, MODEL_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MIGRATIONS_FILE = "macros/governance/migrate_state.sql"

Migration = tuple[tuple[str, str], ...]
"""What one version brings: names of tables, each with `column type, …` that it has or gets."""

MODEL_TABLES: Mapping[str, tuple[str, ...]] = {
    "identity_assignments": ASSIGNMENT_COLUMNS,
    "identity_match_model": MODEL_COLUMNS,
    "segment_memberships": (
        "membership_id",
        "segment_name",
        "customer_id",
        "customer_id_at_entry",
        "entered_at",
        "left_at",
    ),
    "event_first_customers": ("event_id", "customer_id_at_event", "first_processed_at"),
    "data_quality_issues_recorded": (
        "source",
        "model_name",
        "column_name",
        "issue",
        "row_count",
        "as_of",
    ),
}
"""Tables that a dbt model makes when it first runs; a young state lacks them."""

VERSION_TABLE = "schema_versions"


def known_migrations(project_folder: Path) -> list[Migration]:
    """The migrations of this checkout; their number is the newest version that it knows.

    Raises:
        ConfigurationError: the project's macro cannot be read.
    """
    path = project_folder / MIGRATIONS_FILE
    returned: list[Sequence[Sequence[tuple[str, str]]]] = []
    try:
        environment = SandboxedEnvironment(extensions=["jinja2.ext.do"])
        environment.globals["return"] = returned.append  # dbt's macros end in return(…)
        template = environment.from_string(path.read_text(encoding="utf-8"))
        template.module.state_migrations()  # type: ignore[attr-defined]
    except (OSError, TemplateError, AttributeError) as error:
        message = (
            f"{path} cannot be read as the list of state migrations ({type(error).__name__}): run "
            "cdp in the folder of the dbt project"
        )
        raise ConfigurationError(message) from None
    return [tuple((name, columns) for name, columns in migration) for migration in returned[0]]


def tables_at(migrations: Sequence[Migration], version: int) -> dict[str, tuple[str, ...]]:
    """Tables that a state of a version has, with their columns; those of models not among them."""
    tables: dict[str, tuple[str, ...]] = {VERSION_TABLE: ("version_number", "applied_at")}
    for migration in migrations[:version]:
        for name, columns in migration:
            names = (column.split()[0] for column in columns.split(","))
            tables[name] = tuple(dict.fromkeys((*tables.get(name, ()), *names)))
    return tables
