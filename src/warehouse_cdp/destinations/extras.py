"""Packages that only some destinations need: imported when one is opened, missed with advice."""

from __future__ import annotations

import importlib
from typing import Any

from warehouse_cdp.errors import ConfigurationError


def wanted(module: str, extra: str, purpose: str) -> Any:  # noqa: ANN401 - a module
    """Import a module that an extra of this package brings.

    Raises:
        ConfigurationError: it is not installed; the message says what to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        message = (
            f"{purpose} needs the package {module.partition('.')[0]}, which is not installed: "
            f"pip install 'warehouse-cdp[{extra}]'"
        )
    raise ConfigurationError(message)
