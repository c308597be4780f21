"""The reference pages are what the code says (`make docs` writes them)."""

from __future__ import annotations

from typing import Any

from build_docs import dictionary_page, variables_page
from destination_pages import destinations_page
from entity_diagram import Reference, diagram, diagram_page, entities_of, references_of
from worlds import ROOT


def test_the_data_dictionary_is_current(manifest: dict[str, Any]) -> None:
    written = (ROOT / "docs/reference/data-dictionary.md").read_text()
    assert dictionary_page(manifest) == written, "out of date: run `make docs`"


def test_the_page_of_variables_is_current() -> None:
    written = (ROOT / "docs/reference/variables.md").read_text()
    assert variables_page() == written, "out of date: run `make docs`"


def test_the_page_of_destinations_is_current() -> None:
    written = (ROOT / "docs/reference/destinations.md").read_text()
    assert destinations_page() == written, "out of date: run `make docs`"


def test_the_entity_diagram_is_current(manifest: dict[str, Any]) -> None:
    written = (ROOT / "docs/reference/entity-diagram.md").read_text()
    assert diagram_page(manifest) == written, "out of date: run `make docs`"


def test_the_entity_diagram_shows_every_mart_and_stays_readable(manifest: dict[str, Any]) -> None:
    entities = entities_of(manifest)
    text = diagram(manifest)
    assert {"customers", "orders", "order_items", "campaigns", "accounts"} <= set(entities)
    assert len(entities) <= 30
    assert [name for name in entities if f"    {name} {{" not in text] == []
    assert [name for name, entity in entities.items() if not entity.key] == []


def test_the_entity_diagram_knows_tested_references_and_those_that_sources_may_break(
    manifest: dict[str, Any],
) -> None:
    references = references_of(manifest, entities_of(manifest))
    assert Reference("orders", "customer_id", "customers", "customer_id") in references
    assert (
        Reference("order_items", "order_id", "orders", "order_id", is_certain=False) in references
    )
    lines = diagram(manifest).splitlines()
    assert "    customers |o--o{ orders : customer_id" in lines
    assert "    orders |o--o{ order_items : order_id" in lines
    assert "    orders ||--o| order_last_touches : order_id" in lines
    assert "    customers ||--o| customer_traits : customer_id" in lines
    assert "    campaigns }|--o{ campaign_performance : campaign_tag" in lines
    assert "        text customer_id PK" in lines


def test_every_reference_names_a_column_that_exists(manifest: dict[str, Any]) -> None:
    entities = entities_of(manifest)
    wrong = [
        reference
        for reference in references_of(manifest, entities)
        if reference.parent_column not in entities[reference.parent].types
        or reference.child_column not in entities[reference.child].types
    ]
    assert wrong == []
