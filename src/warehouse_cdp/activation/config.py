"""What a sync is, read from the dbt manifest: an exposure whose ``config.meta.sync`` says it all.

Nothing here opens a file or a database: the manifest comes in as a mapping, and all that is wrong
in it is reported together, so that mending a configuration takes one round and not five.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Mode = Literal["mirror", "upsert"]
FileFormat = Literal["csv", "jsonl", "parquet"]

MODES: tuple[Mode, ...] = ("mirror", "upsert")
FILE_FORMATS: tuple[FileFormat, ...] = ("csv", "jsonl", "parquet")
PATH_PLACEHOLDERS = ("target", "sync_name", "run_id")
OPERATION_COLUMN = "operation"

_SYNC_KEYS = ("destination", "mode", "key", "columns", "candidates", "standing", "guards")
STANDINGS_MODEL = "customer_standings"
_DESTINATION_KEYS = ("type", "format", "path", "formula_guard")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class FileSpec:
    """A destination that is a file; ``path`` may hold {target}, {sync_name} and {run_id}."""

    format: FileFormat
    path: str
    formula_guard: bool


@dataclass(frozen=True)
class MappedColumn:
    """One column of the model and what the destination calls it."""

    source: str
    target: str


@dataclass(frozen=True)
class Guards:
    """When a plan looks like a mistake: a share of what is there removed, too few rows to read."""

    max_remove_share: float = 0.2
    min_source_rows: int = 1


@dataclass(frozen=True)
class SyncConfig:
    """One sync, complete and valid.

    Names ending in ``relation`` are quoted names from the manifest, the only SQL identifiers that
    a sync ever uses. ``standing_column`` of the standings says why a customer who was sent earlier
    may not be dealt with any more.
    """

    name: str
    owner: str
    model: str
    relation: str
    candidates_model: str
    candidates_relation: str
    standings_relation: str
    standing_column: str
    destination: FileSpec
    mode: Mode
    key: tuple[str, ...]
    columns: tuple[MappedColumn, ...]
    guards: Guards
    upstream: frozenset[str]

    @property
    def read_columns(self) -> tuple[str, ...]:
        """Columns of the model that a run reads: the key, the customer and what is mapped."""
        wanted = (*self.key, "customer_id", *(column.source for column in self.columns))
        return tuple(dict.fromkeys(wanted))


def syncs_of(manifest: Mapping[str, Any]) -> dict[str, SyncConfig]:
    """Return the syncs that the manifest declares, by name.

    Raises:
        ConfigurationError: one or more are wrong; the message lists every problem.
    """
    problems: list[str] = []
    syncs: dict[str, SyncConfig] = {}
    for exposure in _sync_exposures(manifest):
        found = _Reader(manifest, exposure)
        config = found.config()
        problems += [f"  - {exposure['name']}: {problem}" for problem in found.problems]
        if config is not None:
            syncs[config.name] = config
    if problems:
        message = (
            f"{len(problems)} problem(s) in the exposures that declare syncs (config.meta.sync):\n"
            + "\n".join(problems)
            + "\nMend models/activation/_activation__exposures.yml and run `dbt parse`."
        )
        raise ConfigurationError(message)
    return syncs


def choose_syncs(syncs: Mapping[str, SyncConfig], names: Sequence[str]) -> list[SyncConfig]:
    """Return the named syncs, or all of them by name when none is named.

    Raises:
        ConfigurationError: a name is unknown, or there is no sync at all.
    """
    if not syncs:
        message = (
            "the project declares no sync: add an exposure with config.meta.sync "
            "(docs/guides/activation.md) and run `dbt parse`"
        )
        raise ConfigurationError(message)
    unknown = [name for name in names if name not in syncs]
    if unknown:
        message = (
            f"unknown sync {', '.join(map(repr, unknown))}; valid are {', '.join(sorted(syncs))}"
        )
        raise ConfigurationError(message)
    return [syncs[name] for name in sorted(set(names) or set(syncs))]


def unfinished_upstream(config: SyncConfig, run_results: Mapping[str, Any]) -> list[str]:
    """Return the nodes above a sync that the last dbt run left failed or skipped, by name.

    What failed comes first: what was skipped was skipped because of it.
    """
    good = {"success", "pass", "warn", "no-op", "reused"}
    unfinished = [
        (result["status"] == "skipped", str(result["unique_id"]).split(".")[2])
        for result in run_results.get("results", [])
        if result["unique_id"] in config.upstream and result["status"] not in good
    ]
    return [name for _, name in sorted(unfinished)]


def _sync_exposures(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    exposures = manifest.get("exposures", {}).values()
    declared = [
        exposure
        for exposure in exposures
        if "sync" in (exposure.get("config", {}).get("meta") or exposure.get("meta") or {})
    ]
    return sorted(declared, key=lambda exposure: str(exposure["name"]))


class _Reader:
    """Reads one exposure and collects what is wrong with it."""

    def __init__(self, manifest: Mapping[str, Any], exposure: Mapping[str, Any]) -> None:
        self._manifest = manifest
        self._exposure = exposure
        self.problems: list[str] = []

    def config(self) -> SyncConfig | None:
        """Return the sync, or nothing when there are problems."""
        meta = self._exposure.get("config", {}).get("meta") or self._exposure.get("meta") or {}
        sync = meta["sync"]
        if not isinstance(sync, dict):
            self.problems.append("sync is no mapping")
            return None
        name = str(self._exposure["name"])
        if not _NAME.fullmatch(name):
            self.problems.append("the name may hold a-z, 0-9 and _ only, beginning with a letter")
        self._no_others(sync, _SYNC_KEYS, "sync")
        mode = self._choice(sync, "mode", MODES, "mirror")
        candidates = self._candidates(sync.get("candidates"))
        model = self._model(candidates)
        columns = self._columns(sync.get("columns"), model)
        key = self._key(sync.get("key"), columns, model)
        destination = self._destination(sync.get("destination"), mode)
        guards = self._guards(sync.get("guards"))
        standing_column = str(sync.get("standing", "holdback_reason"))
        standings = self._standings(standing_column)
        if self.problems or not (model and candidates and standings and destination):
            return None
        owner = self._exposure.get("owner") or {}
        return SyncConfig(
            name=name,
            owner=str(owner.get("name") or owner.get("email") or ""),
            model=str(model["name"]),
            relation=str(model["relation_name"]),
            candidates_model=str(candidates["name"]),
            candidates_relation=str(candidates["relation_name"]),
            standings_relation=str(standings["relation_name"]),
            standing_column=standing_column,
            destination=destination,
            mode=cast("Mode", mode),
            key=key,
            columns=columns,
            guards=guards,
            upstream=_everything_above(
                self._manifest, str(model["unique_id"]), str(standings["unique_id"])
            ),
        )

    def _no_others(self, given: Mapping[str, Any], known: Sequence[str], place: str) -> None:
        unknown = sorted(set(given) - set(known))
        if unknown:
            self.problems.append(
                f"{place} does not know {', '.join(unknown)}; valid are {', '.join(known)}"
            )

    def _choice(
        self, given: Mapping[str, Any], name: str, valid: Sequence[str], default: str | None
    ) -> str:
        value = given.get(name, default)
        if value not in valid:
            self.problems.append(f"{name} {value!r} is none of {', '.join(valid)}")
        return str(value)

    def _upstream_models(self) -> list[Mapping[str, Any]]:
        nodes = self._manifest["nodes"]
        above = self._exposure["depends_on"]["nodes"]
        return [nodes[node] for node in above if node in nodes]

    def _candidates(self, name: object) -> Mapping[str, Any] | None:
        models = {str(model["name"]): model for model in self._upstream_models()}
        if not isinstance(name, str) or name not in models:
            self.problems.append(
                "candidates must name the model that says for every candidate whether consent "
                f"allows it; depends_on has {', '.join(sorted(models)) or 'no model'}"
            )
            return None
        missing = {"customer_id", "holdback_reason"} - set(models[name]["columns"])
        if missing:
            self.problems.append(f"candidates {name} lacks {', '.join(sorted(missing))}")
        return models[name]

    def _standings(self, column: str) -> Mapping[str, Any] | None:
        for node in self._manifest["nodes"].values():
            if node["name"] == STANDINGS_MODEL and node.get("resource_type", "model") == "model":
                self._of_model(["customer_id", column], "standing", node)
                return cast("Mapping[str, Any]", node)
        self.problems.append(f"the project has no model {STANDINGS_MODEL}, which says who is gone")
        return None

    def _model(self, candidates: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        models = [model for model in self._upstream_models() if model is not candidates]
        if len(models) != 1:
            names = ", ".join(sorted(str(model["name"]) for model in models)) or "none"
            self.problems.append(
                f"depends_on must have exactly one model to send beside candidates, it has {names}"
            )
            return None
        if "customer_id" not in models[0]["columns"]:
            self.problems.append(f"{models[0]['name']} lacks the column customer_id")
        return models[0]

    def _columns(self, given: object, model: Mapping[str, Any] | None) -> tuple[MappedColumn, ...]:
        if not isinstance(given, dict) or not given:
            self.problems.append("columns must map columns of the model to the destination's names")
            return ()
        columns = tuple(MappedColumn(str(key), str(value or key)) for key, value in given.items())
        targets = [column.target for column in columns]
        twice = sorted({target for target in targets if targets.count(target) > 1})
        if twice:
            self.problems.append(f"columns map twice to {', '.join(twice)}")
        if OPERATION_COLUMN in targets:
            self.problems.append(f"columns may not map to {OPERATION_COLUMN}, which upserts add")
        self._of_model([column.source for column in columns], "columns", model)
        return columns

    def _of_model(self, names: Sequence[str], place: str, model: Mapping[str, Any] | None) -> None:
        unknown = [] if model is None else [name for name in names if name not in model["columns"]]
        if model is not None and unknown:
            self.problems.append(
                f"{place}: {model['name']} has no {', '.join(unknown)}; "
                f"it has {', '.join(model['columns'])}"
            )

    def _key(
        self,
        given: object,
        columns: tuple[MappedColumn, ...],
        model: Mapping[str, Any] | None,
    ) -> tuple[str, ...]:
        names = [given] if isinstance(given, str) else given
        if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
            self.problems.append("key must name the column(s) that identify a row")
            return ()
        self._of_model(names, "key", model)
        unmapped = sorted(set(names) - {column.source for column in columns})
        if unmapped and columns:
            self.problems.append(f"key {', '.join(unmapped)} must be among the mapped columns")
        personal = [name for name in names if model is not None and is_personal(model, name)]
        if personal:
            self.problems.append(
                f"key {', '.join(personal)} is personal data; it would stand in state and logs: "
                "use customer_id"
            )
        return tuple(names)

    def _destination(self, given: object, mode: str) -> FileSpec | None:
        if not isinstance(given, dict):
            self.problems.append("destination must be a mapping with type, format and path")
            return None
        self._no_others(given, _DESTINATION_KEYS, "destination")
        self._choice(given, "type", ("file",), None)
        file_format = self._choice(given, "format", FILE_FORMATS, None)
        guard = given.get("formula_guard", file_format == "csv")
        if not isinstance(guard, bool):
            self.problems.append(f"formula_guard {guard!r} is neither true nor false")
        elif guard and file_format in ("jsonl", "parquet"):
            self.problems.append("formula_guard is for csv; programs read jsonl and parquet as is")
        path = given.get("path", "out/{target}/{sync_name}." + file_format)
        self._path(path, mode)
        return FileSpec(cast("FileFormat", file_format), str(path), guard is True)

    def _path(self, path: object, mode: str) -> None:
        if not isinstance(path, str) or not path or path.endswith("/"):
            self.problems.append("path must be the path of a file")
            return
        unknown = sorted(set(_PLACEHOLDER.findall(path)) - set(PATH_PLACEHOLDERS))
        if unknown or re.search(r"[{}]", _PLACEHOLDER.sub("", path)):
            self.problems.append(
                f"path {path!r}: valid placeholders are "
                + ", ".join("{" + name + "}" for name in PATH_PLACEHOLDERS)
            )
        if ".." in path.split("/"):
            self.problems.append(f"path {path!r} may not climb with ..")
        if mode == "mirror" and "{run_id}" in path:
            self.problems.append(
                "a mirror is one file that is replaced: path may not hold {run_id}"
            )
        if mode == "upsert" and "{run_id}" not in path:
            self.problems.append("an upsert writes one file a run: path must hold {run_id}")

    def _guards(self, given: object) -> Guards:
        if given is None:
            return Guards()
        if not isinstance(given, dict):
            self.problems.append("guards must be a mapping")
            return Guards()
        self._no_others(given, ("max_remove_share", "min_source_rows"), "guards")
        share = given.get("max_remove_share", Guards.max_remove_share)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            self.problems.append(f"max_remove_share {share!r} is no number from 0 to 1")
            share = Guards.max_remove_share
        rows = given.get("min_source_rows", Guards.min_source_rows)
        if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
            self.problems.append(f"min_source_rows {rows!r} is no whole number from 0")
            rows = Guards.min_source_rows
        return Guards(float(share), rows)


def is_personal(model: Mapping[str, Any], column: str) -> bool:
    """Whether the model's YAML tags a column as personal data."""
    described = model["columns"].get(column) or {}
    meta = described.get("config", {}).get("meta") or described.get("meta") or {}
    return bool(meta.get("personal") or meta.get("identifier"))


def _everything_above(manifest: Mapping[str, Any], *unique_ids: str) -> frozenset[str]:
    """The models, all that they are made of, and the tests that hang on any of these."""
    parents: Mapping[str, Sequence[str]] = manifest.get("parent_map", {})
    children: Mapping[str, Sequence[str]] = manifest.get("child_map", {})
    seen: set[str] = set()
    waiting = list(unique_ids)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += parents.get(node, [])
    tests = {
        child
        for node in seen
        for child in children.get(node, [])
        if child.startswith("test.") and set(parents.get(child, [])) <= seen
    }
    return frozenset(seen | tests)
