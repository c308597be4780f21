"""Erasure routes: which rows of a table are a person's, told from the names of its columns.

Names mean the same everywhere (design, section 5): a ``record_id`` is a person record in every
layer. So a new mart is on a route as soon as it names its columns as the others do, and what is
personal and on no route is found by ``uncovered_columns`` in the parsed project.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CUSTOMER, RECORD, VISITOR, ORDER = "customer", "record", "visitor", "order"
EVENT, CONSENT, REQUEST = "event", "consent_event", "privacy_request"

ROW_KEYS = {
    "customer_id": CUSTOMER,
    "retired_customer_id": CUSTOMER,
    "left_customer_id": CUSTOMER,
    "right_customer_id": CUSTOMER,
    "record_id": RECORD,
    "person_record_id": RECORD,
    "left_record_id": RECORD,
    "right_record_id": RECORD,
    "anonymous_id": VISITOR,
    "order_id": ORDER,
    "consent_event_id": CONSENT,
    "privacy_request_id": REQUEST,
    "email": "email",
    "loyalty_card_number": "loyalty_card",
}
"""Columns whose value makes a row a person's, and the kind of key that they hold."""

FALLBACK_KEYS = {"event_id": EVENT}
"""Keys of tables that have no other: what happened, but not to whom."""

VALUE_PAIRS = (("identifier_type", "identifier_value"), ("contact_point_type", "contact_point"))
"""Columns that name a value together with its kind."""

ECHOES = {
    "previous_customer_id": CUSTOMER,
    "customer_id_at_event": CUSTOMER,
    "customer_id_at_entry": CUSTOMER,
}
"""Columns that remember a customer in a row that may be somebody else's: the value is masked."""

DERIVED_KEYS = ("assignment_id", "membership_id", *FALLBACK_KEYS)
"""Keys of state rows that say, or are a plain hash of, what is masked beside them."""

NOTES = {"identity_overrides": ("reason",)}
"""Columns of state where a person wrote something down about the rows that are masked."""

SYNC_KEY = "sync_key"
"""The key of a row at a destination; it holds a customer id, alone or among other parts."""

KEPT_UNTIL_REMOVED = ("sync_state", "sync_outbox", "sync_journal")
"""State that is needed to take a person out of a destination: the next sync forgets it."""

NOT_A_PERSON = "not_a_person"
"""Value of ``meta.erasure`` for a table about something else, such as a company's address."""


@dataclass(frozen=True)
class TableRoute:
    """How a person's rows of one table are found; ``columns`` maps a column to its kind."""

    columns: Mapping[str, str] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()
    echoes: Mapping[str, str] = field(default_factory=dict)

    @property
    def finds_rows(self) -> bool:
        """Whether any row of the table can be a person's."""
        return bool(self.columns or self.pairs)


def table_route(columns: Iterable[str], identifiers: Mapping[str, str] | None = None) -> TableRoute:
    """The route of a table with these columns.

    ``identifiers`` are columns that the project tags as holding a value of some identifier type
    (``meta: {identifier: email}``), whatever their name.
    """
    names = set(columns)
    found = {name: kind for name, kind in ROW_KEYS.items() if name in names}
    found |= {name: kind for name, kind in (identifiers or {}).items() if name in names}
    pairs = tuple(pair for pair in VALUE_PAIRS if names.issuperset(pair))
    if not found and not pairs:
        found = {name: kind for name, kind in FALLBACK_KEYS.items() if name in names}
    return TableRoute(found, pairs, {name: kind for name, kind in ECHOES.items() if name in names})


def personal_columns(node: Mapping[str, Any]) -> list[str]:
    """Columns of a model or source that the project classifies as personal."""
    return [name for name, column in node["columns"].items() if "personal" in meta_of(column)]


def meta_of(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    """``meta`` of a node or column, wherever dbt keeps it."""
    return {**(thing.get("meta") or {}), **((thing.get("config") or {}).get("meta") or {})}


def identifier_columns(node: Mapping[str, Any]) -> dict[str, str]:
    """Columns that are tagged as an identifier and hold its standard form, with their type.

    Phones come as they were written (``phone_raw``); only the input layer makes them E.164.
    """
    tagged = {name: meta_of(column).get("identifier") for name, column in node["columns"].items()}
    return {name: str(kind) for name, kind in tagged.items() if kind and not name.endswith("_raw")}


@dataclass(frozen=True)
class StagingRoute:
    """A staging model and the raw table whose rows it tells from each other by ``row_hash``.

    ``raw_columns`` are the columns of the raw table that ``row_hash`` covers, in its order.
    ``is_partial`` says that another model, which var ``sources`` does not list, stages rows of the
    same raw table: what staging does not hold then need not be new.
    """

    name: str
    relation: tuple[str, str]
    raw_table: tuple[str, str]
    raw_columns: tuple[str, ...]
    route: TableRoute
    is_partial: bool = False


LOADED_AT = "_loaded_at"


def staging_routes(manifest: Mapping[str, Any]) -> list[StagingRoute]:
    """The staging models through which raw rows are found, by name."""
    routes = []
    left_out = {
        (source, table)
        for versions in (manifest.get("disabled") or {}).values()
        for node in versions
        for source, table in node.get("sources") or ()
    }
    for node in manifest["nodes"].values():
        if not _is_staging(node) or "row_hash" not in node["columns"]:
            continue
        raw = manifest["sources"][next(iter(_sources_of(node)))]
        routes.append(
            StagingRoute(
                str(node["name"]),
                (str(node["schema"]), str(node.get("alias") or node["name"])),
                (str(raw["schema"]), str(raw["identifier"])),
                tuple(name for name in raw["columns"] if name != LOADED_AT),
                table_route(node["columns"], identifier_columns(node)),
                (raw["source_name"], raw["name"]) in left_out,
            )
        )
    return sorted(
        (route for route in routes if route.route.finds_rows), key=lambda route: route.name
    )


def uncovered_columns(manifest: Mapping[str, Any]) -> list[str]:
    """Personal columns of the project that no erasure would reach, as ``table.column``.

    A table is reached by its own route. A view keeps nothing. A staging model is also the way to
    its raw table and must tell raw rows apart: the rows found in one are those that go from both.
    A column of state that names a customer or a record must be one that is masked, but for tables
    that a sync needs to take a person out and forgets then.
    """
    by_raw = {route.name for route in staging_routes(manifest)}
    missing: list[str] = []
    for node in [*manifest["nodes"].values(), *manifest["sources"].values()]:
        if node["resource_type"] not in {"model", "seed", "source"}:
            continue
        personal = personal_columns(node)
        if meta_of(node).get("erasure") == NOT_A_PERSON or not personal:
            continue
        if _is_staging(node):
            reached = node["name"] in by_raw
        elif node["resource_type"] == "source" and node["source_name"] != "cdp_state":
            readers = [one for one in manifest["nodes"].values() if _reads(one, node)]
            reached = bool(readers) and any(one["name"] in by_raw for one in readers)
        elif (node.get("config") or {}).get("materialized") in {"view", "ephemeral"} or (
            is_state(node) and str(node["name"]) in KEPT_UNTIL_REMOVED
        ):
            reached = True
        elif is_state(node):
            personal = [name for name in personal if not is_masked(str(node["name"]), name)]
            reached = not personal
        else:
            reached = table_route(node["columns"]).finds_rows
        if not reached:
            missing += [f"{node['name']}.{name}" for name in personal]
    return sorted(missing)


def is_state(node: Mapping[str, Any]) -> bool:
    """Whether a model or source lies in the state."""
    return str(node.get("source_name") or node.get("database")) == "cdp_state"


def is_masked(table: str, column: str) -> bool:
    """Whether erasure puts a keyed hash in place of a person's value in this column of state."""
    in_pairs = {name for pair in VALUE_PAIRS for name in pair}
    known = {*ROW_KEYS, *ECHOES, *in_pairs, *DERIVED_KEYS, SYNC_KEY, *NOTES.get(table, ())}
    return column in known


def _is_staging(node: Mapping[str, Any]) -> bool:
    return (
        node["resource_type"] == "model"
        and str(node["path"]).replace("\\", "/").startswith("staging/")
        and len(_sources_of(node)) == 1
    )


def _sources_of(node: Mapping[str, Any]) -> Sequence[str]:
    depends = (node.get("depends_on") or {}).get("nodes") or []
    return sorted({name for name in depends if name.startswith("source.")})


def _reads(node: Mapping[str, Any], source: Mapping[str, Any]) -> bool:
    return _is_staging(node) and source["unique_id"] in _sources_of(node)
