"""Which database a command works on: dbt's own profile, read without starting dbt.

The same files and the same order of looking as dbt: ``DBT_PROFILES_DIR``, the project's folder,
``~/.dbt``; target by option, by ``DBT_TARGET``, by the profile. Only ``env_var`` and dbt's filters
are rendered, which is all that a profile may use besides ``--vars``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.warehouse.postgres import ENGINES, PostgresTarget, postgres_target

PLUGIN_MODULE = "warehouse_cdp.warehouse.duckdb_plugin"
STATE_ALIAS = "cdp_state"
_FILTERS = ("as_text", "as_number", "as_bool", "as_native")


@dataclass(frozen=True)
class Target:
    """One DuckDB target of the profile, paths made absolute.

    ``server`` says of which server's database its files are a copy, if they are one.
    """

    name: str
    project_folder: Path
    warehouse: Path
    schema: str
    is_production: bool
    attachments: dict[str, Path]
    hash_key: str = field(repr=False)
    server: str | None = None

    @property
    def place(self) -> str:
        """How a message calls the warehouse."""
        return self.server or str(self.warehouse)

    @property
    def state_place(self) -> str:
        """How a message calls the state."""
        return f"the state of {self.server}" if self.server else str(self.state)

    @property
    def database(self) -> str:
        """The name dbt-duckdb gives the warehouse's catalog: the file's stem."""
        return self.warehouse.stem

    @property
    def state(self) -> Path:
        """The attached state file."""
        return self.attachments[STATE_ALIAS]

    @property
    def state_schema(self) -> str:
        """Where the state's tables are, as the macro of the same name says in SQL."""
        return "main" if self.is_production else self.schema

    def schema_of(self, layer: str) -> str:
        """Where a layer's tables are, as macro generate_schema_name says in SQL."""
        return layer if self.is_production else f"{self.schema}_{layer}"


AnyTarget = Target | PostgresTarget


@dataclass(frozen=True)
class ProfileOutput:
    """One output of the profile as it is written, its Jinja not rendered."""

    profile_name: str
    target_name: str
    output: dict[str, Any] = field(repr=False)
    place: str
    is_production: bool


def load_any_target(project_folder: Path, name: str | None = None) -> AnyTarget:
    """Return the target that a command works on, whatever its engine.

    Raises:
        ConfigurationError: no project, no profile, an unknown target, an unset variable, or an
            engine that no command serves.
    """
    chosen = profile_output(project_folder, name)
    output = _render(chosen.output, chosen.place)
    read = postgres_target if output.get("type") in ENGINES else _target
    return read(chosen.target_name, output, project_folder, chosen.place, chosen.is_production)


def project_variables(project_folder: Path) -> dict[str, Any]:
    """Return what ``dbt_project.yml`` says under ``vars``; ``--vars`` of a run are not known here.

    Raises:
        ConfigurationError: there is no project, or it is no YAML.
    """
    project = _yaml(project_folder / "dbt_project.yml", "run cdp in the folder of the dbt project")
    return dict(project.get("vars") or {})


def profile_output(project_folder: Path, name: str | None = None) -> ProfileOutput:
    """Return what the profile says of the target that a command works on.

    Raises:
        ConfigurationError: no project, no profile, an unknown target or an unset variable.
    """
    project = _yaml(project_folder / "dbt_project.yml", "run cdp in the folder of the dbt project")
    profile_name = str(project.get("profile"))
    profiles_path = _profiles_path(project_folder)
    profile = _yaml(profiles_path, "").get(profile_name)
    if not isinstance(profile, dict) or not isinstance(profile.get("outputs"), dict):
        message = (
            f"{profiles_path} has no profile {profile_name!r} with outputs, which dbt_project.yml "
            "asks for (see profiles.yml.example)"
        )
        raise ConfigurationError(message)
    outputs = profile["outputs"]
    chosen = name or os.environ.get("DBT_TARGET") or _render(profile.get("target"), "target")
    if chosen not in outputs:
        valid = ", ".join(sorted(outputs))
        message = f"unknown target {chosen!r} in {profiles_path}; valid are {valid}"
        raise ConfigurationError(message)
    production = (project.get("vars") or {}).get("production_targets") or []
    place = f"{profiles_path}, target {chosen}"
    return ProfileOutput(profile_name, str(chosen), outputs[chosen], place, chosen in production)


def _target(
    name: str,
    output: dict[str, Any],
    folder: Path,
    place: str,
    is_production: bool,  # noqa: FBT001
) -> Target:
    if output.get("type") != "duckdb":
        message = (
            f"{place} is of type {output.get('type')!r}; the cdp commands work on targets of type "
            f"duckdb or {', '.join(ENGINES)}"
        )
        raise ConfigurationError(message)
    attachments = {
        str(entry["alias"]): (folder / str(entry["path"])).resolve()
        for entry in output.get("attach") or []
        if entry.get("alias")
    }
    plugins = [p for p in output.get("plugins") or [] if p.get("module") == PLUGIN_MODULE]
    hash_key = str((plugins[0].get("config") or {}).get("hash_key") or "") if plugins else ""
    missing = [
        what
        for what, is_there in (
            ("path, a file", str(output.get("path") or ":memory:") != ":memory:"),
            (f"attach with alias {STATE_ALIAS}", STATE_ALIAS in attachments),
            (f"plugin {PLUGIN_MODULE} with config.hash_key", bool(hash_key)),
        )
        if not is_there
    ]
    if missing:
        message = f"{place} lacks {'; '.join(missing)} (see profiles.yml.example)"
        raise ConfigurationError(message)
    return Target(
        name=name,
        project_folder=folder.resolve(),
        warehouse=(folder / str(output["path"])).resolve(),
        schema=str(output.get("schema") or "main"),
        is_production=is_production,
        attachments=attachments,
        hash_key=hash_key,
    )


def _profiles_path(project_folder: Path) -> Path:
    given = os.environ.get("DBT_PROFILES_DIR")
    folders = [Path(given)] if given else [project_folder, Path.home() / ".dbt"]
    for folder in folders:
        if (folder / "profiles.yml").exists():
            return folder / "profiles.yml"
    looked = " or ".join(str(folder) for folder in folders)
    message = f"no profiles.yml in {looked}: run `cp profiles.yml.example profiles.yml`"
    raise ConfigurationError(message)


def _yaml(path: Path, hint: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{path} does not exist: {hint}"
        raise ConfigurationError(message) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        message = f"{path} cannot be read as YAML ({type(error).__name__})"
        raise ConfigurationError(message) from None
    if not isinstance(content, dict):
        message = f"{path} holds no mapping"
        raise ConfigurationError(message)
    return content


def _render(value: Any, place: str) -> Any:  # noqa: ANN401 - a tree of YAML
    if isinstance(value, dict):
        return {key: _render(inner, place) for key, inner in value.items()}
    if isinstance(value, list):
        return [_render(inner, place) for inner in value]
    if not isinstance(value, str) or "{{" not in value:
        return value
    try:
        environment = SandboxedEnvironment()
        # dbt's filters say what a text is to become; who needs a number here makes it one.
        environment.filters |= dict.fromkeys(_FILTERS, str)
        return environment.from_string(value).render(env_var=_env_var)
    except KeyError as error:
        message = f"{place} needs the environment variable {error.args[0]}, which is not set"
        raise ConfigurationError(message) from None
    except TemplateError:
        message = f"{place} holds Jinja that is not env_var(…)"
        raise ConfigurationError(message) from None


def _env_var(name: str, default: str | None = None) -> str:
    return os.environ[name] if default is None else os.environ.get(name, default)
