"""How a sync is delivered, as its declaration says it: destination, leaving, batches, guards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from warehouse_cdp.activation.config import DestinationSpec, Guards
from warehouse_cdp.activation.protocol import MODES, ON_LEAVE, Mode, OnLeave
from warehouse_cdp.activation.settings import checked_number, checked_settings, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_cdp.activation.protocol import Capabilities, DestinationType

_GUARD_KEYS = ("max_remove_share", "max_change_share", "max_reject_share", "min_source_rows")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


class Findings:
    """What is wrong with a declaration, gathered so that all of it is told at once."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def no_others(self, given: Mapping[str, Any], known: Sequence[str], place: str) -> None:
        """Note keys that nobody knows."""
        unknown = sorted(set(given) - set(known))
        if unknown:
            self.problems.append(
                f"{place} does not know {', '.join(unknown)}{nearest(unknown[0], known)}; "
                f"valid are {', '.join(known)}"
            )

    def choice(
        self, given: Mapping[str, Any], name: str, valid: Sequence[str], default: str | None
    ) -> str:
        """Return one of the valid values, or note that it is none."""
        value = given.get(name, default)
        if value not in valid:
            self.problems.append(
                f"{name} {value!r} is none of {', '.join(valid)}{nearest(str(value), valid)}"
            )
        return str(value)


class DeliveryReader:
    """Reads what a declaration says of its delivery.

    Args:
        types: the kinds of destination by name.
        findings: where problems go.
    """

    def __init__(self, types: Mapping[str, DestinationType], findings: Findings) -> None:
        self._types = types
        self._findings = findings

    def destination(
        self, given: object, mode: Mode
    ) -> tuple[DestinationSpec | None, Capabilities | None]:
        """Where to, and what can be done there."""
        if not isinstance(given, dict):
            self._findings.problems.append(
                "destination must be a mapping with type, one of " + ", ".join(sorted(self._types))
            )
            return None, None
        kind = self._findings.choice(given, "type", sorted(self._types), None)
        if kind not in self._types:
            return None, None
        chosen = self._types[kind]
        capabilities = chosen.capabilities
        if mode in MODES and mode not in capabilities.modes:
            self._findings.problems.append(
                f"mode {mode}: {kind} cannot do that; it can {', '.join(capabilities.modes)}"
            )
        settings = {name: given[name] for name in given if name not in ("type", "secrets")}
        filled, problems = checked_settings(settings, capabilities)
        self._findings.problems += [f"destination: {problem}" for problem in problems]
        if not problems and mode in capabilities.modes:
            self._findings.problems += chosen.problems(filled, mode)
        secrets = self._secrets(given.get("secrets"), capabilities)
        return DestinationSpec(kind, filled, secrets), capabilities

    def _secrets(self, given: object, capabilities: Capabilities) -> dict[str, str]:
        names = {secret.name: secret.variable for secret in capabilities.secrets}
        if given is None:
            return names
        if not isinstance(given, dict):
            self._findings.problems.append(
                "secrets of a destination must map a secret to an environment variable"
            )
            return names
        self._findings.no_others(given, tuple(names), "secrets")
        for name, variable in given.items():
            # What is no name of a variable may be the secret itself: it is not repeated.
            if not isinstance(variable, str) or not _VARIABLE.fullmatch(variable):
                self._findings.problems.append(
                    f"the secret {name} must be the name of an environment variable "
                    "(A-Z, 0-9 and _), never the secret"
                )
            elif name in names:
                names[name] = variable
        return names

    def leaving(
        self, sync: Mapping[str, Any], mode: Mode, capabilities: Capabilities | None
    ) -> tuple[OnLeave, OnLeave, OnLeave] | None:
        """What becomes of who leaves, withdraws and is erased."""
        if capabilities is None:
            return None
        taking_away = [way for way in capabilities.on_leave if way != "keep"]
        default = taking_away[0] if taking_away and mode in ("mirror", "audience") else "keep"
        defaults = {
            "on_leave": default,
            "on_withdrawal": capabilities.on_withdrawal,
            "on_erasure": capabilities.on_erasure,
        }
        found = []
        for name, usual in defaults.items():
            way = sync.get(name, usual)
            valid = tuple(dict.fromkeys((*capabilities.on_leave, "keep")))
            if name != "on_leave" and taking_away:
                valid = tuple(one for one in valid if one != "keep")
            if way not in valid:
                unknown = "" if way in ON_LEAVE else nearest(str(way), valid)
                self._findings.problems.append(
                    f"{name} {way!r} is none of {', '.join(valid)}{unknown}"
                )
            found.append(cast("OnLeave", way))
        return found[0], found[1], found[2]

    def batch(self, given: object, capabilities: Capabilities | None) -> dict[str, int]:
        """Bounds of a batch and how many are under way; 0 where the destination's own hold."""
        found = {"size": 0, "max_bytes": 0, "concurrency": 0}
        if given is None or capabilities is None:
            return found
        if not isinstance(given, dict):
            self._findings.problems.append("batch must be a mapping")
            return found
        self._findings.no_others(given, tuple(found), "batch")
        most = {
            "size": capabilities.batch_rows,
            "max_bytes": capabilities.batch_bytes or 2**31,
            "concurrency": max(capabilities.concurrency, 1),
        }
        for name in (name for name in most if name in given):
            found[name], problem = checked_number(given[name], f"batch.{name}", 1, most[name])
            self._findings.problems += [problem] if problem else []
        return found

    def guards(self, given: object) -> Guards:
        """When a plan looks like a mistake."""
        if given is None:
            return Guards()
        if not isinstance(given, dict):
            self._findings.problems.append("guards must be a mapping")
            return Guards()
        self._findings.no_others(given, _GUARD_KEYS, "guards")
        shares = {}
        for name in _GUARD_KEYS[:3]:
            share = given.get(name, getattr(Guards, name))
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
                self._findings.problems.append(f"{name} {share!r} is no number from 0 to 1")
                continue
            shares[name] = float(share)
        rows = given.get("min_source_rows", Guards.min_source_rows)
        if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
            self._findings.problems.append(f"min_source_rows {rows!r} is no whole number from 0")
            rows = Guards.min_source_rows
        return Guards(**shares, min_source_rows=rows)
