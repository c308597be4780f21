"""Checking a destination's settings against what its capabilities say is valid."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from warehouse_cdp.activation.protocol import Capabilities, Setting

_KINDS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "text": ("a text", lambda value: isinstance(value, str) and bool(value)),
    "choice": ("a text", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": (
        "a whole number",
        lambda value: isinstance(value, int) and not isinstance(value, bool),
    ),
    "number": (
        "a number",
        lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    ),
    "list": ("a list", lambda value: isinstance(value, list)),
    "mapping": ("a mapping", lambda value: isinstance(value, dict)),
}


def checked_settings(
    given: Mapping[str, object], capabilities: Capabilities
) -> tuple[dict[str, object], list[str]]:
    """Return the settings with defaults filled in, and what is wrong with them."""
    known = {setting.name: setting for setting in capabilities.settings}
    problems = []
    unknown = sorted(set(given) - set(known))
    if unknown and not capabilities.has_other_settings:
        problems.append(
            f"does not know {', '.join(unknown)}{nearest(unknown[0], list(known))}; valid are "
            f"{', '.join(['type', *known, 'secrets'])}"
        )
    filled = {name: setting.default for name, setting in known.items()} | dict(given)
    for name, setting in known.items():
        problem = _problem(setting, filled[name])
        if problem:
            problems.append(f"{name} {problem}")
    return filled, problems


def checked_number(value: object, name: str, least: int, most: int) -> tuple[int, str | None]:
    """Return a whole number within limits, or the least one and what is wrong."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        return least, f"{name} {value!r} is no whole number from {least} to {most}"
    return value, None


def _problem(setting: Setting, value: object) -> str | None:
    if value is None:
        return f"is required: {setting.description}" if setting.is_required else None
    kind, is_such = _KINDS[setting.kind]
    if not is_such(value):
        return f"{value!r} is not {kind}"
    if setting.valid and value not in setting.valid:
        close = nearest(str(value), setting.valid)
        return f"{value!r} is none of {', '.join(setting.valid)}{close}"
    return None


def nearest(given: str, valid: Sequence[str]) -> str:
    """Return a hint at the valid name that was probably meant, or nothing."""
    close = get_close_matches(given, valid, n=1)
    return f" (did you mean {close[0]}?)" if close else ""
