"""The hashes that advertising platforms match, against golden vectors of theirs and of ours."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import duckdb
import jinja2
import pytest

from worlds import ROOT, SHARED_DATA

# Kept outside the repository, beside it: the platforms' own examples.
GOLDEN = SHARED_DATA / "contracts/hash_vectors.json"
OURS = [
    ("google", " A.B.C+x@Gmail.com ", "abc@gmail.com"),
    ("google", "a.b@googlemail.com", "ab@googlemail.com"),
    ("google", "a.b+x@mail.test", "a.b+x@mail.test"),
    ("google", "a.b@notgmail.com", "a.b@notgmail.com"),
    ("google", "Zoë@x.test", "zoë@x.test"),
    ("google", "a b@x.test", None),
    ("google", "nobody", None),
    ("meta", " A.B.C+x@Gmail.com ", "a.b.c+x@gmail.com"),
    ("meta", "", None),
    ("meta", None, None),
]


def hash_sql(platform: str) -> str:
    """The macro rendered for DuckDB with the project's own helpers."""

    class Adapter:
        def __init__(self, macros: dict[str, Any]) -> None:
            self._macros = macros

        def dispatch(self, name: str, _package: str) -> Any:  # noqa: ANN401
            return self._macros.get(f"duckdb__{name}") or self._macros[f"default__{name}"]

    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701
    macros: dict[str, Any] = {}
    environment.globals.update({"return": lambda value: value, "adapter": Adapter(macros)})
    for name in (
        "cross_db/types", "cross_db/strings", "cross_db/regular_expressions",
        "activation/hashed_emails",
    ):  # fmt: skip
        template = environment.from_string((ROOT / f"macros/{name}.sql").read_text())
        module = template.make_module()
        found = {key: getattr(module, key) for key in dir(module) if not key.startswith("_")}
        macros.update({key: value for key, value in found.items() if callable(value)})
        environment.globals.update(macros)
    return str(macros["advertising_email_hash"]("value", platform))


def hash_of(platform: str, value: str | None) -> str | None:
    row = duckdb.execute(f"select {hash_sql(platform)} from (select $1 as value)", [value])
    found: str | None = row.fetchall()[0][0]
    return found


@pytest.mark.parametrize(("platform", "value", "normal"), OURS)
def test_the_hash_is_of_the_platforms_normal_form(
    platform: str, value: str | None, normal: str | None
) -> None:
    expected = None if normal is None else hashlib.sha256(normal.encode()).hexdigest()
    assert hash_of(platform, value) == expected


def golden() -> list[dict[str, Any]]:
    if not GOLDEN.exists():
        return []
    vectors: list[dict[str, Any]] = json.loads(GOLDEN.read_text())
    return [vector for vector in vectors if vector["field"] == "email"]


@pytest.mark.skipif(
    not golden(), reason="the folder shared/ with the golden vectors is not beside this checkout"
)
def test_golden_vectors_agree() -> None:
    for vector in golden():
        platform = "google" if vector["destination"].startswith("google") else "meta"
        assert hash_of(platform, vector["raw"]) == vector["sha256_hex"], vector["note"]
