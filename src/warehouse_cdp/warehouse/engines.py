"""One way to either engine for commands that speak DuckDB."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from warehouse_cdp.warehouse.profile import Target

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from warehouse_cdp.warehouse.postgres_copy import Writes
    from warehouse_cdp.warehouse.profile import AnyTarget


def as_duckdb(
    target: AnyTarget,
    needs: Sequence[tuple[str, str]] | None = None,
    *,
    writes: Writes = "nothing",
) -> AbstractContextManager[Target]:
    """The target itself if it is on DuckDB; else a copy of it (``postgres_copy.copy_of``)."""
    if isinstance(target, Target):
        return nullcontext(target)
    from warehouse_cdp.warehouse.postgres_copy import (  # noqa: PLC0415 - its drivers are slow
        copy_of,
    )

    return copy_of(target, needs, writes=writes)
