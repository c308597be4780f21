"""Running a Python model: its code, its session, and what ``dbt`` is to it."""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import adbc_driver_postgresql.dbapi as adbc
import duckdb

from dbt.adapters.pgpython.connections import dsn_of
from dbt.adapters.pgpython.errors import model_error
from dbt.adapters.pgpython.reading import Snapshot, relation_of
from dbt.adapters.pgpython.types import literal, quoted
from dbt.adapters.pgpython.writing import Output, as_relation, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dbt.adapters.pgpython.connections import PgPythonCredentials

# What a target's `settings` may override. A session that may take all memory is one too many when
# four models run at once; beyond the limit DuckDB goes on in temporary files.
_DEFAULT_SETTINGS = {"memory_limit": "1GB", "TimeZone": "UTC"}


def run_model(
    credentials: PgPythonCredentials, model: Mapping[str, Any], path: str, code: str
) -> tuple[int, Output]:
    """Run a Python model and store its result.

    Args:
        credentials: of the target.
        model: the node as dbt parsed it.
        path: the model's file.
        code: the model's code and what dbt and the materialisation put below it.

    Returns:
        The number of rows, and the table they are in.

    Raises:
        DbtRuntimeError: the model failed; the table it was to replace is as it was.
    """
    application = f"dbt python {model['alias']}"

    def connect(*, autocommit: bool) -> adbc.Connection:
        connection = adbc.connect(dsn_of(credentials, application), autocommit=autocommit)
        if credentials.role:
            with connection.cursor() as cursor:
                cursor.execute(f"set role {credentials.role}")
        return connection

    snapshot = Snapshot(lambda: connect(autocommit=True))
    try:
        with _session(credentials) as session, _module(path, code, model) as module:
            dbt = module.dbtObj(lambda name: relation_of(session, snapshot, name))
            dbt.this = _This(dbt.this, session, snapshot)
            result = as_relation(session, module.model(dbt, session))
            with closing(connect(autocommit=False)) as connection:
                output = Output(**module.dbt_output)
                return write(connection, result, output), output
    except Exception as error:
        raise model_error(_said_first(error, snapshot), path) from error
    finally:
        snapshot.close()


def _said_first(error: Exception, snapshot: Snapshot) -> Exception:
    """What a scan said, with the place where the model asked for it."""
    if snapshot.failure is None:
        return error
    return snapshot.failure.with_traceback(error.__traceback__)


class _This:
    """``dbt.this``: put into the session when its name is first written into a query."""

    def __init__(self, this: Any, session: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
        self.database, self.schema, self.identifier = this.database, this.schema, this.identifier
        self._name, self._session, self._snapshot = repr(this), session, snapshot
        self._is_loaded = False

    def __repr__(self) -> str:
        if not self._is_loaded:
            self._load()
            self._is_loaded = True
        return self._name

    def _load(self) -> None:
        known = self._snapshot.rows(f"select to_regclass({literal(self._name)})::oid as oid")
        if known[0]["oid"] is None:  # the first build: there is nothing to read
            return
        rows = relation_of(self._session, self._snapshot, self._name)
        catalog = literal(str(self.database))
        attached = self._session.execute(
            f"select 1 from duckdb_databases() where database_name = {catalog}"  # noqa: S608
        ).fetchone()
        if not attached:
            self._session.execute(f"attach ':memory:' as {quoted(self.database)}")
        place = quoted(self.database, self.schema)
        self._session.execute(f"create schema if not exists {place}")
        rows.create_view("__dbt_this")
        table = f"{place}.{quoted(self.identifier)}"
        self._session.execute(f"create table {table} as from __dbt_this")


@contextmanager
def _session(credentials: PgPythonCredentials) -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory(prefix="dbt_pgpython_") as folder:
        connection = duckdb.connect()
        try:
            # Beyond two GB of text in one batch the smaller buffers overflow.
            settings = {"temp_directory": folder, "arrow_large_buffer_size": True}
            for name, value in (
                settings | _DEFAULT_SETTINGS | (credentials.settings or {})
            ).items():
                connection.execute(f"set {quoted(name)} = {literal(str(value))}")
            yield connection
        finally:
            connection.close()


@contextmanager
def _module(path: str, code: str, model: Mapping[str, Any]) -> Iterator[Any]:
    """The model's code as a module whose tracebacks show the model's own file and lines."""
    name = f"dbt_pgpython_{model['unique_id'].replace('.', '_')}"
    module = ModuleType(name)
    module.__file__ = path
    # dbt strips the file before it puts its own code below: what it took away is put back.
    shift = "\n" * _stripped_lines(Path(path))
    sys.modules[name] = module  # dataclasses and pickle look their module up there
    try:
        # Running the user's code is what a Python model is.
        exec(compile(shift + code.lstrip(), path, "exec"), module.__dict__)  # noqa: S102
        yield module
    finally:
        del sys.modules[name]


def _stripped_lines(path: Path) -> int:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return text[: len(text) - len(text.lstrip())].count("\n")
