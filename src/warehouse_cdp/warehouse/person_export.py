"""What is known of one person, as files to hand out: JSON with everything, CSV per table.

Tables join by themselves: every public model with a ``customer_id``, and every table of the input
layer with a person's record id, so that what each source delivered is told too.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import pyarrow as pa

from warehouse_cdp.activation.values import is_null, to_text
from warehouse_cdp.destinations.atomic import PRIVATE_FILE, PRIVATE_FOLDER
from warehouse_cdp.destinations.tables import write_tables
from warehouse_cdp.errors import ConfigurationError, DestinationError, InputDataError
from warehouse_cdp.privacy import erased_name
from warehouse_cdp.privacy.routes import CUSTOMER, ECHOES, RECORD, VALUE_PAIRS, meta_of
from warehouse_cdp.warehouse.artifacts import read_manifest
from warehouse_cdp.warehouse.connection import in_target, open_warehouse, quoted, use_state
from warehouse_cdp.warehouse.duckdb_plugin import set_hash_key
from warehouse_cdp.warehouse.erasure_tables import KEYS, load_keys
from warehouse_cdp.warehouse.person_finder import find_customer, gather
from warehouse_cdp.warehouse.privacy_runs import data_clock, new_run, record_run
from warehouse_cdp.warehouse.syncs import syncs_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from warehouse_cdp.privacy import Naming
    from warehouse_cdp.warehouse.profile import Target

PUBLIC_LAYERS = ("marts", "segments", "audiences", "activation")


@dataclass(frozen=True)
class ExportReport:
    """What was written: tables with their row counts, and how many sources and recipients."""

    request_id: str
    customer_id: str
    folder: Path
    tables: tuple[tuple[str, int], ...]
    source_count: int
    recipient_count: int


@dataclass(frozen=True)
class _Table:
    name: str
    description: str
    relation: str
    condition: str
    columns: tuple[str, ...]
    categories: tuple[str, ...]


def export_person(target: Target, named: Naming, requested_by: str, folder: Path) -> ExportReport:
    """Write ``export.json`` and a CSV file per table into a new folder, all or nothing.

    Who asked for it is recorded in the state before the folder appears.

    Raises:
        ConfigurationError: the folder exists already.
        InputDataError: nobody or several customers are meant, or the project is not built.
        WarehouseBusyError: another process holds the warehouse or the state.
        DestinationError: the folder cannot be written; nothing of it is left.
    """
    if folder.exists():
        message = f"{folder} exists already: name a folder that does not (--out)"
        raise ConfigurationError(message)
    manifest = read_manifest(target.project_folder)
    with open_warehouse(target) as connection:
        set_hash_key(connection, target.hash_key)
        run = new_run(target, named, requested_by, data_clock(connection, target))
        person = gather(connection, target, find_customer(connection, target, named, "export"))
        load_keys(connection, person, target.hash_key)
        frames = {table: _read(connection, table) for table in _tables(manifest)}
        frames = {table: frame for table, frame in frames.items() if len(frame)}
        sources = _sources(connection, target)
        purposes = _purposes(connection, target)
        recipients = _recipients(connection, target, manifest)
    subject = erased_name(CUSTOMER, person.customer_id, target.hash_key)
    document = {
        "request_id": run.request_id,
        "customer_id": person.customer_id,
        "as_of": _plain(run.data_clock),
        "made_at": _plain(run.started_at),
        "sources": sources,
        "purposes": purposes,
        "recipients": recipients,
        "tables": {
            table.name: {
                "description": table.description,
                "kinds_of_personal_data": list(table.categories),
                "rows": _rows(frame),
            }
            for table, frame in frames.items()
        },
    }
    with _new_folder(folder) as part:
        _write_json(document, part / "export.json")
        for table, frame in frames.items():
            _write_frame(frame, part / f"{table.name}.csv")
        for name, rows in (
            ("sources", sources),
            ("purposes", purposes),
            ("recipients", recipients),
        ):
            _write_frame(pd.DataFrame(rows), part / f"{name}.csv")
        record_run(target, run, "access", subject)
    return ExportReport(
        run.request_id,
        person.customer_id,
        folder,
        tuple((table.name, len(frame)) for table, frame in frames.items()),
        len({row["source"] for row in sources}),
        len({row["recipient"] for row in recipients}),
    )


def _tables(manifest: Mapping[str, Any]) -> list[_Table]:
    """The tables to look in, by name; what the project could not build is left out by reading."""
    found = []
    for node in manifest["nodes"].values():
        condition = _condition(node) if node["resource_type"] == "model" else None
        if condition is None:
            continue
        kinds = {meta_of(column).get("personal") for column in node["columns"].values()}
        found.append(
            _Table(
                str(node["name"]),
                " ".join(str(node["description"]).split()),
                quoted(node["database"], node["schema"], node.get("alias") or node["name"]),
                condition,
                tuple(name for name in node["columns"] if name not in ECHOES),
                tuple(sorted(str(kind) for kind in kinds if kind)),
            )
        )
    return sorted(found, key=lambda table: table.name)


def _condition(node: Mapping[str, Any]) -> str | None:
    """Which rows of a model are the person's; None if the model is not to be told about."""
    layer, columns = str(node["path"]).replace("\\", "/").split("/")[0], node["columns"]
    if layer in PUBLIC_LAYERS and node.get("access") == "public":
        if CUSTOMER_COLUMN in columns:
            return _in(CUSTOMER_COLUMN, CUSTOMER)
        return _pair_condition(columns)
    if layer == "intermediate" and str(node["name"]).endswith("_unioned"):
        for column in ("record_id", "person_record_id"):
            if column in columns:
                return _in(column, RECORD)
        return _pair_condition(columns)
    return None


CUSTOMER_COLUMN = "customer_id"


def _in(column: str, kind: str) -> str:
    return f"{quoted(column)} in (select value from {KEYS} where kind = '{kind}')"  # noqa: S608


def _pair_condition(columns: Mapping[str, Any]) -> str | None:
    """Rows about a contact point that is this person's alone."""
    for kind, value in VALUE_PAIRS:
        if kind in columns and value in columns:
            return (
                f"{quoted(kind)} || ':' || {quoted(value)} in "  # noqa: S608
                f"(select kind || ':' || value from {KEYS})"
            )
    return None


def _read(connection: duckdb.DuckDBPyConnection, table: _Table) -> pd.DataFrame:
    names = ", ".join(quoted(name) for name in table.columns)
    try:
        # Names from the manifest, quoted: no value ever stands in this text.
        sql = f"select {names} from {table.relation} where {table.condition} order by all"  # noqa: S608
        found: pd.DataFrame = (
            connection.sql(sql).to_arrow_table().to_pandas(types_mapper=pd.ArrowDtype)
        )
    except duckdb.CatalogException:
        return pd.DataFrame(columns=list(table.columns))  # a model that was never built
    except duckdb.Error as error:
        message = f"cannot read {table.name} ({type(error).__name__}): run `dbt build` first"
        raise InputDataError(message) from None
    return found


_SOURCES = """
    select
        persons.source,
        persons.record_type,
        count(*) as record_count,
        min(persons.created_at) as first_created_at,
        max(persons.loaded_at) as last_loaded_at
    from {intermediate}.int_persons_unioned as persons
    where persons.record_id in (select value from temp.person_keys where kind = 'record')
    group by persons.source, persons.record_type
    order by persons.source, persons.record_type
"""
_PURPOSES = """
    select purpose, 'any contact point' as contact_point, 'any' as channel, status, rule,
        null as legal_basis, null as method, null as notice_version, decided_at
    from {marts}.customer_consents
    where customer_id in (select value from temp.person_keys where kind = 'customer')
    union all
    select consents.purpose, consents.contact_point, consents.channel, consents.status,
        consents.rule, received.legal_basis, received.method, received.notice_version,
        consents.decided_at
    from {marts}.consents as consents
    left join {intermediate}.int_consents_unioned as received
        on consents.decided_by_event_id = 'consent_event/' || received.consent_event_id
    where consents.contact_point_type || ':' || consents.contact_point
        in (select kind || ':' || value from temp.person_keys)
    order by all
"""
_RECIPIENTS = """
    with keys as (
        select sync_name, sync_key
        from sync_state
        where customer_id in (select value from temp.person_keys where kind = 'customer')
        union
        select sync_name, sync_key
        from sync_log
        where list_has_any(
            string_split(sync_key, '|'),
            (select coalesce(list(value), []) from temp.person_keys where kind = 'customer')
        )
    ),

    log as (
        select sync_log.sync_name, sync_log.operation, sync_log.logged_at
        from sync_log
        inner join keys using (sync_name, sync_key)
        where sync_log.status = 'acknowledged' and sync_log.operation <> 'rename'
    )

    select
        log.sync_name,
        min(log.logged_at) filter (where log.operation <> 'remove') as first_sent_at,
        max(log.logged_at) filter (where log.operation <> 'remove') as last_sent_at,
        max(log.logged_at) filter (where log.operation = 'remove') as last_removed_at
    from log
    group by log.sync_name
    order by log.sync_name
"""


def _sources(connection: duckdb.DuckDBPyConnection, target: Target) -> list[dict[str, Any]]:
    return _dictionaries(connection.execute(in_target(_SOURCES, target)))


def _purposes(connection: duckdb.DuckDBPyConnection, target: Target) -> list[dict[str, Any]]:
    return _dictionaries(connection.execute(in_target(_PURPOSES, target)))


def _recipients(
    connection: duckdb.DuckDBPyConnection, target: Target, manifest: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """To whom which columns went, and when; by what the destinations acknowledged."""
    if not use_state(connection, target):
        return []
    configs = syncs_in(manifest)
    labels = {
        str(exposure["name"]): str(exposure.get("label") or exposure["name"])
        for exposure in manifest.get("exposures", {}).values()
    }
    recipients = []
    for row in _dictionaries(connection.execute(_RECIPIENTS)):
        config = configs.get(str(row["sync_name"]))
        columns = [column.target for column in config.columns] if config else []
        recipients.append(
            {
                "recipient": labels.get(str(row["sync_name"]), str(row["sync_name"])),
                **row,
                "columns": ", ".join(columns),
            }
        )
    return recipients


def _dictionaries(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [str(column[0]) for column in cursor.description or ()]
    return [
        {name: _plain(value) for name, value in zip(names, row, strict=True)}
        for row in cursor.fetchall()
    ]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    return [
        {name: _plain(value) for name, value in zip(names, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell may be of any type
    """A value as JSON has it: truth and whole numbers as they are, the rest as exact text."""
    if is_null(value):
        return None
    if isinstance(value, bool | int):
        return value
    return to_text(value)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir(mode=PRIVATE_FOLDER)
        yield part
        part.rename(folder)
    except OSError as error:
        message = f"cannot write {folder} ({type(error).__name__}); nothing of it is left"
        raise DestinationError(message) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_json(document: Mapping[str, Any], path: Path) -> None:
    _make_private(path)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _write_frame(frame: pd.DataFrame, path: Path) -> None:
    _make_private(path)
    table = pa.table({str(name): _as_arrow(column) for name, column in frame.items()})
    write_tables("csv", path, list(frame.columns), [table], formula_guard=True)


def _as_arrow(column: pd.Series[Any]) -> pa.Array:
    """Numbers stay numbers, which no guard against formulas touches; all else becomes text."""
    if pd.api.types.is_numeric_dtype(column):
        return pa.array([None if is_null(value) else value for value in column])
    return pa.array([to_text(value) for value in column], pa.string())


def _make_private(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
