"""``cdp destinations``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from warehouse_cdp.cli.console import columns, say, say_json
from warehouse_cdp.cli.frame import JsonOption, app, examples
from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from warehouse_cdp.activation.protocol import Capabilities, DestinationType


@app.command(epilog=examples("cdp destinations", "cdp destinations hubspot"))
def destinations(
    name: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", help="One type; none: all.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show what a sync can send to: modes, settings, secrets, limits.

    Verified (requests are tested against a published machine-readable contract, or the real
    protocol): file, postgres, webhook, hubspot, klaviyo_profiles, klaviyo_list, google_audience.

    Unverified (against the vendor's prose only; try a test account first): meta_audience,
    mailchimp, salesforce.
    """
    from warehouse_cdp.destinations.registry import (  # noqa: PLC0415 - drivers cost half a second
        DESTINATION_TYPES,
    )

    if name is not None and name not in DESTINATION_TYPES:
        message = f"no destination type {name!r}; valid are {', '.join(DESTINATION_TYPES)}"
        raise ConfigurationError(message)
    if name is not None:
        _show(DESTINATION_TYPES[name], as_json=as_json)
        return
    kinds = list(DESTINATION_TYPES.values())
    if as_json:
        say_json([_as_dictionary(kind) for kind in kinds])
        return
    rows: list[tuple[str, ...]] = [
        (kind.name, _status(kind), ", ".join(kind.capabilities.modes)) for kind in kinds
    ]
    for line in columns(rows, indent=0):
        say(line)


def _status(kind: DestinationType) -> str:
    return "verified" if kind.capabilities.is_verified else "unverified"


def _show(kind: DestinationType, *, as_json: bool) -> None:
    if as_json:
        say_json(_as_dictionary(kind))
        return
    able = kind.capabilities
    against = f": {able.verified_against}" if able.verified_against else ""
    say(f"{kind.name}: {_status(kind)}{against}")
    for title, rows in _parts(able).items():
        say(title)
        for line in columns(rows, indent=2):
            say(line)


def _parts(able: Capabilities) -> dict[str, list[tuple[str, ...]]]:
    """What is shown of a type, as tables of text by title."""
    parts: dict[str, list[tuple[str, ...]]] = {
        "can": [
            ("modes", ", ".join(able.modes)),
            ("on_leave", ", ".join(able.on_leave)),
            ("on_withdrawal", able.on_withdrawal),
            ("on_erasure", able.on_erasure),
        ],
        "settings": [
            (one.name, "required" if one.is_required else one.kind, one.description)
            for one in able.settings
        ],
        "secrets, from the environment": [
            (one.variable, one.description if one.is_required else f"{one.description} Optional.")
            for one in able.secrets
        ],
        "limits": [(one.name, one.value, f"{one.source}, {one.read_on}") for one in able.limits],
    }
    return {title: rows for title, rows in parts.items() if rows}


def _as_dictionary(kind: DestinationType) -> dict[str, Any]:
    able = kind.capabilities
    return {
        "type": kind.name,
        "verified": able.is_verified,
        "verified_against": able.verified_against,
        "modes": list(able.modes),
        "on_leave": list(able.on_leave),
        "on_withdrawal": able.on_withdrawal,
        "on_erasure": able.on_erasure,
        "batch_rows": able.batch_rows,
        "concurrency": able.concurrency,
        "hash_rules_version": able.hash_rules_version,
        "settings": {one.name: one.description for one in able.settings},
        "secrets": {one.name: one.variable for one in able.secrets},
        "limits": [
            {"name": one.name, "value": one.value, "source": one.source, "read": one.read_on}
            for one in able.limits
        ],
    }
