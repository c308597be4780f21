"""What a user may turn about the matcher: one frozen value, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from warehouse_cdp.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

IDENTIFIER_TYPES = (
    "email",
    "phone",
    "loyalty_card",
    "national_id",
    "social_handle",
    "device_id",
)
_LARGEST_WEIGHT = 60.0
VISITOR_POLICIES = ("link_back", "from_login", "between_logins", "never")


@dataclass(frozen=True)
class IdentifierLimit:
    """At most ``max_values`` different values a customer first seen within ``window_days``.

    ``window_days`` 0 means ever.
    """

    max_values: int
    window_days: int = 0


def _default_limits() -> Mapping[str, IdentifierLimit]:
    return MappingProxyType(
        {
            "email": IdentifierLimit(8, 365),
            "phone": IdentifierLimit(8, 365),
            "loyalty_card": IdentifierLimit(4, 0),
            "device_id": IdentifierLimit(20, 365),
            "social_handle": IdentifierLimit(12, 365),
        }
    )


def _default_bad_value_people() -> Mapping[str, int]:
    return MappingProxyType(
        {
            "email": 6,
            "phone": 6,
            "loyalty_card": 4,
            "national_id": 3,
            "device_id": 6,
            "social_handle": 3,
        }
    )


@dataclass(frozen=True)
class LinkageSettings:
    """Thresholds and limits of the matcher.

    ``link_probability``: pairs at or above it are linked.
    ``review_probability``: pairs from here up to ``link_probability`` wait for a person.
    ``report_weight``: rejected pairs at or above this match weight (log2 odds) become rows;
    those below are only counted.
    ``bad_value_people``: an identifier value seen with more than this many differently named
    people identifies nobody.
    ``limits``: most values of a type that one customer may hold (see ``IdentifierLimit``).
    ``max_cluster_records``: an edge that would make a larger customer is cut.
    ``max_pairs_per_rule``: budget of candidate pairs of one blocking rule; what is left out is
    reported.
    ``least_mean_weight``: a customer that holds a contradiction is cut where the mean match weight
    of all pairs between two parts is below it (``weakest``; -60 cuts nowhere).
    ``min_training_pairs``: with fewer candidate pairs the documented default parameters serve.
    ``seed``: of the only random draw (the pairs that chance agreement is measured on).
    """

    link_probability: float = 0.90
    review_probability: float = 0.50
    report_weight: float = -4.0
    least_mean_weight: float = -12.0
    max_cluster_records: int = 2000
    max_pairs_per_rule: int = 2_000_000
    min_training_pairs: int = 1000
    seed: int = 20_260_301
    bad_value_people: Mapping[str, int] = field(default_factory=_default_bad_value_people)
    limits: Mapping[str, IdentifierLimit] = field(default_factory=_default_limits)

    def __post_init__(self) -> None:
        """Name all wrong values at once."""
        problems = [*self._number_problems(), *self._type_problems()]
        if problems:
            listed = "\n".join(f"  - {problem}" for problem in problems)
            msg = f"identity settings are wrong:\n{listed}"
            raise ConfigurationError(msg)

    def _number_problems(self) -> list[str]:
        problems = []
        for name in ("link_probability", "review_probability"):
            value = getattr(self, name)
            if not 0.0 < value < 1.0:
                problems.append(f"{name} is {value}; it must lie between 0 and 1, ends excluded")
        if self.review_probability > self.link_probability:
            problems.append(
                f"review_probability {self.review_probability} is above link_probability "
                f"{self.link_probability}; it must not be"
            )
        for name in ("report_weight", "least_mean_weight"):
            weight = getattr(self, name)
            if not -_LARGEST_WEIGHT <= weight <= _LARGEST_WEIGHT:
                problems.append(f"{name} is {weight}; valid: -60 to 60")
        for name, low in (
            ("max_cluster_records", 2),
            ("max_pairs_per_rule", 1),
            ("min_training_pairs", 1),
            ("seed", 0),
        ):
            value = getattr(self, name)
            if value < low:
                problems.append(f"{name} is {value}; it must be at least {low}")
        return problems

    def _type_problems(self) -> list[str]:
        problems = []
        valid = ", ".join(IDENTIFIER_TYPES)
        for name in ("bad_value_people", "limits"):
            unknown = sorted(set(getattr(self, name)) - set(IDENTIFIER_TYPES))
            problems += [f"{name} names the type '{kind}'; valid: {valid}" for kind in unknown]
        problems += [
            f"bad_value_people for {kind} is {people}; it must be at least 1"
            for kind, people in sorted(self.bad_value_people.items())
            if people < 1
        ]
        for kind, limit in sorted(self.limits.items()):
            if limit.max_values < 1:
                problems.append(f"limits for {kind}: max_values must be at least 1")
            if limit.window_days < 0:
                problems.append(f"limits for {kind}: window_days must be 0 (ever) or more")
        return problems

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> LinkageSettings:
        """Settings from plain values (dbt config, JSON); unknown names are refused.

        ``limits`` may be given as ``{type: {max_values: 5, window_days: 365}}``; types left out
        keep their defaults, here and in ``bad_value_people`` (there one number serves all types).
        """
        known = {item.name for item in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            msg = (
                f"identity settings: unknown {', '.join(unknown)}; valid: "
                f"{', '.join(sorted(known))}"
            )
            raise ConfigurationError(msg)
        arguments: dict[str, Any] = {
            name: value for name, value in values.items() if value is not None
        }
        try:
            if "limits" in arguments:
                given = {
                    kind: IdentifierLimit(
                        int(limit["max_values"]), int(limit.get("window_days", 0))
                    )
                    for kind, limit in arguments["limits"].items()
                }
                arguments["limits"] = MappingProxyType({**_default_limits(), **given})
            if isinstance(arguments.get("bad_value_people"), int | float | str):
                everywhere = int(arguments["bad_value_people"])
                arguments["bad_value_people"] = dict.fromkeys(IDENTIFIER_TYPES, everywhere)
            if "bad_value_people" in arguments:
                people = {kind: int(count) for kind, count in arguments["bad_value_people"].items()}
                arguments["bad_value_people"] = MappingProxyType(
                    {**_default_bad_value_people(), **people}
                )
            for name in (
                "link_probability",
                "review_probability",
                "report_weight",
                "least_mean_weight",
            ):
                if name in arguments:
                    arguments[name] = float(arguments[name])
            for name in ("max_cluster_records", "max_pairs_per_rule", "min_training_pairs", "seed"):
                if name in arguments:
                    arguments[name] = int(arguments[name])
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            msg = (
                "identity settings: a value has the wrong kind (numbers for thresholds; "
                "limits as {type: {max_values: 5, window_days: 365}}; bad_value_people as "
                "{type: 6})"
            )
            raise ConfigurationError(msg) from error
        return cls(**arguments)
