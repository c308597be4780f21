"""What dbt left in ``target/``: the manifest and the results of the last run."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def target_folder(project_folder: Path) -> Path:
    """Where dbt writes its artifacts: ``DBT_TARGET_PATH`` or ``target``."""
    return project_folder / os.environ.get("DBT_TARGET_PATH", "target")


def read_manifest(project_folder: Path, folder: Path | None = None) -> dict[str, Any]:
    """Return the parsed project; ``folder`` is where the artifacts are if not the project's own.

    Raises:
        ConfigurationError: dbt has not parsed the project yet, or the file is damaged.
    """
    path = (folder or target_folder(project_folder)) / "manifest.json"
    if not path.exists():
        message = f"{path} does not exist: run `dbt build` first"
        raise ConfigurationError(message)
    return _read(path)


def read_run_results(project_folder: Path) -> dict[str, Any]:
    """Return the results of the last run; empty when there are none."""
    path = target_folder(project_folder) / "run_results.json"
    return _read(path) if path.exists() else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict):
        message = f"{path} is damaged: run `dbt build` again"
        raise ConfigurationError(message)
    return content
