"""The adapter: dbt-postgres, and what it lacks."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt.adapters.base import available
from dbt.adapters.base.impl import log_code_execution
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.postgres.impl import PostgresAdapter

from dbt.adapters.pgpython.connections import PgPythonConnectionManager
from dbt.adapters.pgpython.dependents import KEYWORDS
from dbt.adapters.pgpython.session import run_model
from dbt.adapters.pgpython.swap import Swap, swap
from dbt.adapters.pgpython.types import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dbt.adapters.postgres.relation import PostgresRelation

logger = AdapterLogger("Postgres")


class PgPythonAdapter(PostgresAdapter):
    """dbt-postgres that runs Python models in the dbt process."""

    ConnectionManager = PgPythonConnectionManager

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
        count = run_model(self.config.credentials, parsed_model, path, compiled_code)
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
            plan = Swap(
                schema=str(existing.schema),
                old=str(existing.identifier),
                kind=str(existing.type).replace("_", " "),
                new=str(intermediate.identifier),
                new_kind=str(target.type),
                backup=str(backup.identifier),
                rebuilt=frozenset(_schema_and_name(model) for model in models if model),
            )
            dropped = swap(cursor, plan, logger.warning)
        for schema, identifier in dropped:
            self.cache.drop(target.incorporate(path={"schema": schema, "identifier": identifier}))
        if existing.type != target.type:
            self.cache.drop(existing)

    @contextmanager
    def _cursor(self, what: str) -> Iterator[Any]:
        """A cursor of this thread's connection; errors become dbt's and end the transaction."""
        connection = self.connections.get_thread_connection()
        with self.connections.exception_handler(what), connection.handle.cursor() as cursor:
            yield cursor


def _schema_and_name(relation: str) -> tuple[str, str]:
    """Of a relation as dbt renders it, quoted in all its parts."""
    parts = relation.strip('"').split('"."')
    return parts[-2], parts[-1]


def _quoted(relation: PostgresRelation) -> str:
    return quoted(str(relation.schema), str(relation.identifier))
