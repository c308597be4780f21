"""What the server grants other than the project says: asked of dbt, which knows the project."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.warehouse.dbt_runs import DbtFailedError, run_dbt
from warehouse_cdp.warehouse.profile import Target, project_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.warehouse.profile import AnyTarget

ROLE_VARIABLES = ("role_analyst", "role_bi_reader", "role_activation", "role_privacy")
_DIFFERENCE = re.compile(r"^(?:[\d:]+\s+)?privilege (\{.*\})$")
_COMPARED = re.compile(r"privileges compared: (\d+)$")
_REASON = re.compile(r"(?:Database|Compilation|Runtime) Error.*\n((?:  .+\n)+)")


@dataclass(frozen=True)
class Difference:
    """A privilege that is granted and should not be, or should be and is not.

    Attributes:
        what: ``surplus`` or ``missing``.
        place: such as ``table dev_marts.customers``.
        columns: by commas; empty where it is of the whole place.
        grantee: the role, or ``public``.
        privilege: such as ``select``.
        statement: what mends it; empty where no grant does.
        reason: why, where no grant does.
    """

    what: str
    place: str
    columns: str
    grantee: str
    privilege: str
    statement: str
    reason: str

    def described(self) -> str:
        """It in a line."""
        if self.reason:
            return f"{self.place}: {self.reason}"
        if not self.privilege:
            return f"{self.place} does not exist"
        columns = f" ({self.columns})" if self.columns else ""
        return f"{self.privilege}{columns} on {self.place} to {self.grantee}"


@dataclass(frozen=True)
class Comparison:
    """What differs, of how many privileges that the configuration grants."""

    wished_count: int
    differences: tuple[Difference, ...]


def compare_privileges(
    target: AnyTarget, variables: Mapping[str, Any], *, apply: bool
) -> Comparison:
    """Compare the server's grants with the configuration.

    Args:
        target: a PostgreSQL target.
        variables: as of dbt's ``--vars``.
        apply: mend first what the builder can mend; what is returned is left.

    Raises:
        ConfigurationError: another engine, or no role is configured.
        InputDataError: the server or dbt refused.
    """
    if isinstance(target, Target):
        message = (
            f"target {target.name} is of type duckdb, and roles and grants are of Postgres only: "
            "whoever may read a DuckDB file reads everything in it"
        )
        raise ConfigurationError(message)
    known = project_variables(target.project_folder) | dict(variables)
    if not any(known.get(name) for name in ROLE_VARIABLES):
        message = (
            "no role is configured: name at least one under vars in dbt_project.yml "
            f"({', '.join(ROLE_VARIABLES)})"
        )
        raise ConfigurationError(message)
    log = target.project_folder / "logs" / "cdp_grants.log"
    arguments = (
        *("run-operation", "compare_privileges", "--target", target.name),
        *("--args", json.dumps({"apply": apply}), "--vars", json.dumps(dict(variables))),
    )
    try:
        run_dbt(target.project_folder, arguments, os.environ, log, lambda *_: None)
    except DbtFailedError:
        # Of names of roles and tables only: the query reads nothing but the catalog.
        said = _REASON.search(log.read_text(encoding="utf-8"))
        reason = " ".join(said[1].split()) if said else f"what dbt said is in {log}"
        message = f"grants cannot be {'mended' if apply else 'compared'}: {reason}"
        raise InputDataError(message) from None
    return _parsed(log.read_text(encoding="utf-8"))


def _parsed(said: str) -> Comparison:
    found, count = [], 0
    for line in said.splitlines():
        if difference := _DIFFERENCE.match(line):
            fields = json.loads(difference[1])
            names = Difference.__dataclass_fields__
            columns = fields.pop("column_names", None)
            found.append(
                Difference(
                    **{name: str({**fields, "columns": columns}.get(name) or "") for name in names}
                )
            )
        elif compared := _COMPARED.search(line):
            count = int(compared[1])
    return Comparison(count, tuple(found))
