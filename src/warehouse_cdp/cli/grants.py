"""``cdp grants``: does the server let roles read what the project says, and nothing else?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from warehouse_cdp.cli.console import say, say_json, thousands
from warehouse_cdp.cli.frame import HERE, JsonOption, ProjectOption, TargetOption, app, examples
from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.warehouse.privileges import compare_privileges
from warehouse_cdp.warehouse.profile import load_any_target

if TYPE_CHECKING:
    from pathlib import Path

VariablesOption = Annotated[
    str, typer.Option("--vars", metavar="YAML", help="Variables, as dbt takes them.")
]

grants = typer.Typer(
    name="grants",
    help="Compare what roles may read with what the project says (Postgres).",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(grants)


@grants.callback()
def frame() -> None:
    """Hold the verbs about grants."""


@grants.command(epilog=examples("cdp grants check --target postgres", "cdp grants check --json"))
def check(
    *,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    variables: VariablesOption = "{}",
    as_json: JsonOption = False,
) -> None:
    """Name every grant that is there and should not be, or should be and is not.

    Under each stands the SQL that mends it. Looks at schemas, tables and columns, at what
    everybody (PUBLIC) may, and at what a role may through another one. Exit code 3 if any differs.
    """
    _compare(project_dir, target, variables, apply=False, as_json=as_json)


@grants.command(epilog=examples("cdp grants apply --target postgres"))
def apply(
    *,
    target: TargetOption = None,
    project_dir: ProjectOption = HERE,
    variables: VariablesOption = "{}",
    as_json: JsonOption = False,
) -> None:
    """Mend what `cdp grants check` names, in one transaction, and say what is left.

    A build does the same for each table it makes. Exit code 3 if something is left, which an
    administrator has to mend.
    """
    _compare(project_dir, target, variables, apply=True, as_json=as_json)


def _compare(
    project_dir: Path, target: str | None, variables: str, *, apply: bool, as_json: bool
) -> None:
    found = compare_privileges(
        load_any_target(project_dir, target), _variables(variables), apply=apply
    )
    if as_json:
        say_json(
            {
                "wished_count": found.wished_count,
                "differences": [asdict(one) for one in found.differences],
            }
        )
    else:
        for one in found.differences:
            say(f"{one.what}  {one.described()}")
            if one.statement:
                say(f"         {one.statement};")
        left = " left" if apply else ""
        say(
            f"{thousands(len(found.differences))} difference(s){left}, "
            f"{thousands(found.wished_count)} grants wished"
        )
    if found.differences:
        message = (
            "the server grants other than the project says"
            if not apply
            else "what is left is for an administrator"
        )
        raise InputDataError(message)


def _variables(given: str) -> dict[str, Any]:
    try:
        parsed = yaml.safe_load(given)
    except yaml.YAMLError:
        parsed = None
    if not isinstance(parsed, dict):
        message = "--vars is no mapping in YAML, such as '{role_analyst: analyst}'"
        raise ConfigurationError(message)
    return parsed
