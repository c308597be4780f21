"""What several destinations check when they are opened: their key and the names of columns."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warehouse_cdp.activation.protocol import Opening


def single_key(opening: Opening, name: str) -> str:
    """Return the one column of the key.

    Raises:
        ConfigurationError: the key has several.
    """
    if len(opening.key) != 1:
        message = f"{opening.sync_name}: {name} identifies a row by one column, key has several"
        raise ConfigurationError(message)
    return opening.key[0]


def require_columns(
    opening: Opening, *, known: Iterable[str] | None = None, any_of: Iterable[str] = ()
) -> None:
    """Check the names that columns are mapped to.

    Args:
        opening: the opening; its key may have any name.
        known: the names that there are; None: any.
        any_of: names of which one at least must be mapped; none: no matter.

    Raises:
        ConfigurationError: a name is unknown, or none of ``any_of`` is there.
    """
    names = [name for name in opening.columns if name not in opening.key]
    valid = None if known is None else sorted(known)
    unknown = [] if valid is None else [name for name in names if name not in valid]
    if unknown and valid is not None:
        near = get_close_matches(unknown[0], valid, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        message = (
            f"{opening.sync_name}: the destination has no {', '.join(unknown)}{hint}; columns may "
            f"map to {', '.join(valid)}"
        )
        raise ConfigurationError(message)
    wanted = list(any_of)
    if wanted and not set(wanted) & set(names):
        message = f"{opening.sync_name}: one column must map to {' or '.join(wanted)}"
        raise ConfigurationError(message)
