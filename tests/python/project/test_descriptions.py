"""Every table and column that users read is described, and each description says something."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# Words that add nothing to a column's name.
EMPTY_WORDS = {"a", "an", "and", "as", "at", "be", "by", "for", "if", "in", "is", "it", "its", "of"}
EMPTY_WORDS |= {"on", "or", "row", "s", "the", "this", "to"}
PLACEHOLDERS = re.compile(r"\b(tbd|todo|fixme|n/a|description|see above|same as)\b", re.IGNORECASE)


def words(text: str) -> set[str]:
    """The telling words of a text, plural or singular."""
    found = set(re.findall(r"[a-z0-9]+", text.lower())) - EMPTY_WORDS
    return {re.sub(r"(?<=..)(es|s)$", "", word) for word in found}


def public_columns(manifest: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Table, column and description of everything public."""
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["access"] == "public":
            for name, column in node["columns"].items():
                yield node["name"], name, " ".join(column["description"].split())


def complaints(columns: Iterator[tuple[str, str, str]]) -> list[str]:
    """What is wrong with the descriptions, one line each."""
    wrong = []
    names: dict[str, set[str]] = defaultdict(set)
    for table, name, text in columns:
        names[text].add(name)
        if not text:
            wrong.append(f"{table}.{name}: not described")
        elif PLACEHOLDERS.search(text):
            wrong.append(f"{table}.{name}: a placeholder")
        elif words(text) <= words(name.replace("_", " ")):
            wrong.append(f"{table}.{name}: says no more than the name")
    for text, same in names.items():
        if len(same) > 1 and text:
            wrong.append(f"{', '.join(sorted(same))}: share one description")
    return wrong


def test_every_public_column_is_described_in_words_of_its_own(manifest: dict[str, Any]) -> None:
    columns = list(public_columns(manifest))
    assert len({table for table, _, _ in columns}) > 25
    assert complaints(iter(columns)) == []


def test_no_two_public_tables_share_a_description(manifest: dict[str, Any]) -> None:
    tables: dict[str, list[str]] = defaultdict(list)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["access"] == "public":
            tables[" ".join(node["description"].split())].append(node["name"])
    assert "" not in tables
    assert [names for names in tables.values() if len(names) > 1] == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not described"),
        ("TODO", "a placeholder"),
        ("The order's count.", "says no more than the name"),
    ],
)
def test_a_description_that_says_nothing_is_found(text: str, complaint: str) -> None:
    assert complaints(iter([("orders", "order_count", text)])) == [
        f"orders.order_count: {complaint}"
    ]


def test_one_text_for_two_columns_is_found() -> None:
    columns = [
        ("customers", "first_seen_at", "When we met the person."),
        ("customers", "last_seen_at", "When we met the person."),
    ]
    assert complaints(iter(columns)) == ["first_seen_at, last_seen_at: share one description"]
