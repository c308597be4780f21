"""The copy is published last: nothing that it holds may still be waiting to be built."""

from __future__ import annotations

import re
from typing import Any

from worlds import ROOT

MODEL = ROOT / "python_models/publication/published_tables.py"
PUBLISHED_LAYERS = ("marts", "segments", "audiences")


def test_everything_published_is_built_before(manifest: dict[str, Any]) -> None:
    by_name = {
        node["name"]: unique_id
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }
    waiting = [by_name[name] for name in re.findall(r'dbt\.ref\("(\w+)"\)', MODEL.read_text())]
    assert waiting
    before: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node not in before:
            before.add(node)
            waiting += manifest["parent_map"].get(node, [])
    late = [
        node["name"]
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and node["path"].split("/")[0] in PUBLISHED_LAYERS
        and node["database"] != "cdp_state"
        and unique_id not in before
    ]
    assert late == []
