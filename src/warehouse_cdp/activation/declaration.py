"""Reading syncs from the dbt manifest: every problem is found, and all are reported together.

Nothing here opens a file or a database: the manifest comes in as a mapping, and what destinations
can do as data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from warehouse_cdp.activation.config import ContactPoint, MappedColumn, SyncConfig
from warehouse_cdp.activation.delivery_declaration import DeliveryReader, Findings
from warehouse_cdp.activation.protocol import MODES, Mode
from warehouse_cdp.activation.settings import nearest
from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from warehouse_cdp.activation.protocol import DestinationType

OPERATION_COLUMN = "operation"
STANDINGS_MODEL, CONSENTS_MODEL = "customer_standings", "consents"
PERSON_CONSENTS_MODEL = "customer_consents"
RESERVED_NAMES = ("run", "status", "retry", "explain")

_SYNC_KEYS = (
    "destination", "mode", "key", "columns", "candidates", "standing", "purposes",
    "contact_point", "on_leave", "on_withdrawal", "on_erasure", "batch", "guards",
)  # fmt: skip
_NEEDED = {
    STANDINGS_MODEL: ("customer_id", "current_customer_id"),
    CONSENTS_MODEL: ("contact_point_type", "contact_point", "purpose", "channel", "is_granted"),
    PERSON_CONSENTS_MODEL: ("customer_id", "purpose", "is_granted"),
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_PURPOSE = re.compile(r"[a-z][a-z0-9_]*")


def syncs_of(
    manifest: Mapping[str, Any],
    types: Mapping[str, DestinationType],
    transforms: Mapping[str, Callable[[str], str | None]],
) -> dict[str, SyncConfig]:
    """Return the syncs that the manifest declares, by name.

    ``types`` are the kinds of destination by name, ``transforms`` the forms that a column can be
    brought into.

    Raises:
        ConfigurationError: one or more are wrong; the message lists every problem.
    """
    problems: list[str] = []
    syncs: dict[str, SyncConfig] = {}
    for exposure in _sync_exposures(manifest):
        found = _Reader(manifest, exposure, types, transforms)
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


def is_personal(model: Mapping[str, Any], column: str) -> bool:
    """Whether the model's YAML tags a column as personal data."""
    described = model["columns"].get(column) or {}
    meta = described.get("config", {}).get("meta") or described.get("meta") or {}
    return bool(meta.get("personal") or meta.get("identifier"))


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

    def __init__(
        self,
        manifest: Mapping[str, Any],
        exposure: Mapping[str, Any],
        types: Mapping[str, DestinationType],
        transforms: Mapping[str, Callable[[str], str | None]],
    ) -> None:
        self._manifest = manifest
        self._exposure = exposure
        self._transforms = transforms
        self._findings = Findings()
        self._delivery = DeliveryReader(types, self._findings)

    @property
    def problems(self) -> list[str]:
        """What is wrong, as far as it was read."""
        return self._findings.problems

    def config(self) -> SyncConfig | None:
        """Return the sync, or nothing when there are problems."""
        meta = self._exposure.get("config", {}).get("meta") or self._exposure.get("meta") or {}
        sync = meta["sync"]
        if not isinstance(sync, dict):
            self.problems.append("sync is no mapping")
            return None
        name = str(self._exposure["name"])
        if not _NAME.fullmatch(name) or name in RESERVED_NAMES:
            self.problems.append(
                "the name may hold a-z, 0-9 and _ only, beginning with a letter, and be none of "
                + ", ".join(RESERVED_NAMES)
            )
        self._findings.no_others(sync, _SYNC_KEYS, "sync")
        mode = cast("Mode", self._findings.choice(sync, "mode", MODES, "mirror"))
        candidates = self._candidates(sync.get("candidates"))
        model = self._model(candidates)
        columns = self._columns(sync.get("columns"), model)
        key = self._key(sync.get("key"), columns, model)
        standing_column = str(sync.get("standing", "holdback_reason"))
        standings = self._project_model(STANDINGS_MODEL, (standing_column,))
        consents = self._project_model(CONSENTS_MODEL)
        person_consents = self._project_model(PERSON_CONSENTS_MODEL)
        purposes = self._purposes(sync.get("purposes"))
        contact_point = self._contact_point(sync.get("contact_point"), candidates, model)
        spec, capabilities = self._delivery.destination(sync.get("destination"), mode)
        leaving = self._delivery.leaving(sync, mode, capabilities)
        batch = self._delivery.batch(sync.get("batch"), capabilities)
        guards = self._delivery.guards(sync.get("guards"))
        if self.problems or not (model and candidates and standings and capabilities and leaving):
            return None
        if consents is None or person_consents is None or spec is None:  # told above
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
            consents_relation=str(consents["relation_name"]),
            customer_consents_relation=str(person_consents["relation_name"]),
            destination=spec,
            mode=mode,
            on_leave=leaving[0],
            on_withdrawal=leaving[1],
            on_erasure=leaving[2],
            purposes=purposes,
            contact_point=contact_point,
            key=key,
            columns=columns,
            guards=guards,
            upstream=_everything_above(
                self._manifest, str(model["unique_id"]), str(standings["unique_id"])
            ),
            takes_snapshots=capabilities.takes == "snapshots" and mode == "mirror",
            batch_rows=batch["size"] or capabilities.batch_rows,
            batch_bytes=batch["max_bytes"] or capabilities.batch_bytes,
            concurrency=batch["concurrency"] or capabilities.concurrency,
            hash_rules_version=capabilities.hash_rules_version,
        )

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

    def _project_model(self, name: str, others: tuple[str, ...] = ()) -> Mapping[str, Any] | None:
        for node in self._manifest["nodes"].values():
            if node["name"] == name and node.get("resource_type", "model") == "model":
                self._of_model([*_NEEDED[name], *others], name, node)
                return cast("Mapping[str, Any]", node)
        self.problems.append(f"the project has no model {name}, which the consent gate reads")
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
        columns = tuple(self._column(str(name), value) for name, value in given.items())
        targets = [column.target for column in columns]
        twice = sorted({target for target in targets if targets.count(target) > 1})
        if twice:
            self.problems.append(f"columns map twice to {', '.join(twice)}")
        if OPERATION_COLUMN in targets:
            self.problems.append(f"columns may not map to {OPERATION_COLUMN}, which upserts add")
        self._of_model([column.source for column in columns], "columns", model)
        return columns

    def _column(self, source: str, given: object) -> MappedColumn:
        if not isinstance(given, dict):
            return MappedColumn(source, str(given or source))
        self._findings.no_others(given, ("to", "transform"), f"columns.{source}")
        transform = given.get("transform")
        if transform is not None and transform not in self._transforms:
            known = sorted(self._transforms)
            self.problems.append(
                f"columns.{source}: transform {transform!r} is unknown"
                f"{nearest(str(transform), known)}; valid are {', '.join(known) or 'none'}"
            )
        return MappedColumn(
            source, str(given.get("to") or source), None if transform is None else str(transform)
        )

    def _of_model(self, names: Sequence[str], place: str, model: Mapping[str, Any] | None) -> None:
        unknown = [] if model is None else [name for name in names if name not in model["columns"]]
        if model is not None and unknown:
            self.problems.append(
                f"{place}: {model['name']} has no {', '.join(unknown)}"
                f"{nearest(unknown[0], list(model['columns']))}; "
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
        mapped = {column.source: column for column in columns}
        unmapped = sorted(set(names) - set(mapped))
        if unmapped and columns:
            self.problems.append(f"key {', '.join(unmapped)} must be among the mapped columns")
        if any(mapped[name].transform for name in names if name in mapped):
            self.problems.append("key: its columns may have no transform")
        personal = [name for name in names if model is not None and is_personal(model, name)]
        if personal:
            self.problems.append(
                f"key {', '.join(personal)} is personal data; it would stand in state and logs: "
                "use customer_id"
            )
        return tuple(names)

    def _purposes(self, given: object) -> tuple[str, ...]:
        purposes = [given] if isinstance(given, str) else given
        if (
            not isinstance(purposes, list)
            or not purposes
            or not all(isinstance(one, str) and _PURPOSE.fullmatch(one) for one in purposes)
        ):
            self.problems.append(
                "purposes must list what people are asked to agree to, such as marketing or "
                "advertising; all of them must be granted"
            )
            return ()
        return tuple(dict.fromkeys(purposes))

    def _contact_point(
        self,
        given: object,
        candidates: Mapping[str, Any] | None,
        model: Mapping[str, Any] | None,
    ) -> ContactPoint | None:
        if given is None:
            return None
        if not isinstance(given, dict) or not {"type", "column"} <= set(given):
            self.problems.append(
                "contact_point must be a mapping with type (as in consents) and column (of the "
                "candidates), and perhaps channel"
            )
            return None
        self._findings.no_others(given, ("type", "column", "channel"), "contact_point")
        column = str(given["column"])
        self._of_model([column], "contact_point.column", candidates)
        channel = given.get("channel")
        return ContactPoint(
            str(given["type"]),
            column,
            None if channel is None else str(channel),
            is_in_model=model is not None and column in model["columns"],
        )


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
