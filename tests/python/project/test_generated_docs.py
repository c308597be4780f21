"""The reference pages are what the code says (`make docs` writes them)."""

from __future__ import annotations

from typing import Any

from build_docs import dictionary_page, variables_page
from worlds import ROOT


def test_the_data_dictionary_is_current(manifest: dict[str, Any]) -> None:
    written = (ROOT / "docs/reference/data-dictionary.md").read_text()
    assert dictionary_page(manifest) == written, "out of date: run `make docs`"


def test_the_page_of_variables_is_current() -> None:
    written = (ROOT / "docs/reference/variables.md").read_text()
    assert variables_page() == written, "out of date: run `make docs`"
