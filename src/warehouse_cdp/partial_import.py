"""Importing a part of a package whose ``__init__`` imports far more than that part needs."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Any


def defer_init(name: str) -> None:
    """Let submodules of a package be imported now, and its ``__init__`` run when it is needed.

    That is when the package is asked for a name that is no submodule of it, so for others the
    package is what it always was. Nothing happens to a package that is imported already.

    Raises:
        ModuleNotFoundError: no such package is installed.
    """
    if name in sys.modules:
        return
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        message = f"No module named {name!r}"
        raise ModuleNotFoundError(message, name=name)
    package, loader = module_from_spec(spec), spec.loader

    def missing(attribute: str) -> Any:  # noqa: ANN401 - whatever the package has
        if not attribute.startswith("_") and find_spec(f"{name}.{attribute}"):
            return import_module(f"{name}.{attribute}")
        if vars(package).pop("__getattr__", None):
            loader.exec_module(package)
        return getattr(package, attribute)

    vars(package)["__getattr__"] = missing
    sys.modules[name] = package
