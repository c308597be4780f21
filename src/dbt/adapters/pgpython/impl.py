"""The adapter: dbt-postgres, and what it lacks."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any

import psycopg2
from dbt.adapters.base import available
from dbt.adapters.base.impl import log_code_execution
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt_common.exceptions import DbtRuntimeError

from dbt.adapters.pgpython.connections import PgPythonConnectionManager
from dbt.adapters.pgpython.dependents import KEYWORDS
from dbt.adapters.pgpython.locking import Target
from dbt.adapters.pgpython.session import run_model
from dbt.adapters.pgpython.swap import alter, swap
from dbt.adapters.pgpython.types import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from multiprocessing.context import SpawnContext

    from dbt.adapters.postgres.relation import PostgresRelation

logger = AdapterLogger("Postgres")


class PgPythonAdapter(PostgresAdapter):
    """dbt-postgres that runs Python models in the dbt process."""

    ConnectionManager = PgPythonConnectionManager

    def __init__(self, config: Any, mp_context: SpawnContext) -> None:
        super().__init__(config, mp_context)
        # By thread: the table that the Python model under way has written, under a name that it
        # bears until it is swapped in.
        self._written: dict[int, str] = {}

    def post_model_hook(self, config: Mapping[str, Any], context: Any) -> None:
        """Clear away what a Python model wrote if its build went no further."""
        super().post_model_hook(config, context)
        written = self._written.pop(get_ident(), "")
        if not written:
            return
        try:
            self._reconnect_if_lost()
            self.connections.rollback_if_open()
            with self._cursor("drop what was written") as cursor:
                cursor.execute(f"drop table if exists {written}")
            self.commit_if_open()
        except (psycopg2.Error, DbtRuntimeError):
            # What went wrong before is about to be told, and matters more.
            message = f"{written} could not be dropped; the model's next run does that"
            logger.warning(message)

    def _reconnect_if_lost(self) -> None:
        """A connection in place of one that the server has ended."""
        connection = self.connections.get_thread_connection()
        if connection.handle.closed:
            self.connections.open(self.connections.close(connection))

    @log_code_execution
    def submit_python_job(
        self, parsed_model: Mapping[str, Any], compiled_code: str
    ) -> AdapterResponse:
        """Run a Python model, which stores its result through connections of its own.

        What this connection holds locked the model would wait for, for ever: it is committed
        before.
        """
        self.commit_if_open()
        path = self._model_path(parsed_model)
        count, output = run_model(self.config.credentials, parsed_model, path, compiled_code)
        self._written[get_ident()] = quoted(output.schema, output.identifier)
        return AdapterResponse(_message=f"PYTHON {count}", code="PYTHON", rows_affected=count)

    def _model_path(self, model: Mapping[str, Any]) -> str:
        folder = Path(self.config.project_root)
        if model["package_name"] != self.config.project_name:
            folder = folder / self.config.packages_install_path / model["package_name"]
        return str(folder / model["original_file_path"])

    def commit_if_open(self) -> None:
        """Commit what this thread's connection has done so far, begun by dbt or by the driver."""
        connection = self.connections.get_thread_connection()
        connection.handle.commit()
        connection.transaction_open = False

    @available
    def drop_leftover(self, relation: PostgresRelation) -> None:
        """Drop what a run that was killed left under the name of a build's own table.

        Nothing but that run ever read it, so that nothing depends on it.
        """
        with self._cursor("drop_leftover") as cursor:
            cursor.execute(
                "select relkind::text from pg_catalog.pg_class where oid = to_regclass(%s)",
                [_quoted(relation)],
            )
            found = cursor.fetchone()
            if found:
                kind = KEYWORDS[found[0]]
                cursor.execute(f"drop {kind} {_quoted(relation)}")
        self.commit_if_open()

    @available
    def swap_in(
        self,
        existing: PostgresRelation | None,
        intermediate: PostgresRelation,
        target: PostgresRelation,
        backup: PostgresRelation,
        models: Sequence[str],
    ) -> None:
        """Let the intermediate relation take the target's name in the open transaction.

        Args:
            existing: what bears the name now; dropped, while the views on it read the new one.
            intermediate: the new relation.
            target: the name it gets.
            backup: the name that the existing one bears meanwhile.
            models: names of the relations that the project builds, quoted for SQL.
        """
        connection = self.connections.get_thread_connection()
        connection.transaction_open = True  # the driver has begun it, or does now
        with self._cursor(f"swap {target}") as cursor:
            if existing is None:
                kind = KEYWORDS["v" if target.is_view else "r"]
                name = quoted(str(target.identifier))
                cursor.execute(f"alter {kind} {_quoted(intermediate)} rename to {name}")
                return
            gone = swap(
                cursor,
                _target(existing, models),
                (str(intermediate.identifier), str(target.type)),
                str(backup.identifier),
                logger.warning,
            )
        self._forget(target, gone)
        if existing.type != target.type:
            self.cache.drop(existing)

    @available
    def alter_table(
        self, relation: PostgresRelation, statements: Sequence[str], models: Sequence[str]
    ) -> None:
        """Change a table's columns in the open transaction, whatever views read them.

        Args:
            relation: the table.
            statements: the changes.
            models: names of the relations that the project builds, quoted for SQL.
        """
        self.connections.get_thread_connection().transaction_open = True
        with self._cursor(f"alter {relation}") as cursor:
            gone = alter(cursor, _target(relation, models), statements, logger.warning)
        self._forget(relation, gone)

    def _forget(self, beside: PostgresRelation, gone: Sequence[tuple[str, str]]) -> None:
        for schema, identifier in gone:
            self.cache.drop(beside.incorporate(path={"schema": schema, "identifier": identifier}))

    @contextmanager
    def _cursor(self, what: str) -> Iterator[Any]:
        """A cursor of this thread's connection; errors become dbt's and end the transaction."""
        connection = self.connections.get_thread_connection()
        with self.connections.exception_handler(what), connection.handle.cursor() as cursor:
            yield cursor


def _target(relation: PostgresRelation, models: Sequence[str]) -> Target:
    return Target(
        schema=str(relation.schema),
        identifier=str(relation.identifier),
        keyword=str(relation.type).replace("_", " "),
        rebuilt=frozenset(_schema_and_name(model) for model in models if model),
    )


def _schema_and_name(relation: str) -> tuple[str, str]:
    """Of a relation as dbt renders it, quoted in all its parts."""
    parts = relation.strip('"').split('"."')
    return parts[-2], parts[-1]


def _quoted(relation: PostgresRelation) -> str:
    return quoted(str(relation.schema), str(relation.identifier))
