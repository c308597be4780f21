"""Plain words for rules, fields, levels, guards and probabilities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from warehouse_cdp.explain.facts import CUT, LINKED, PRIOR, REVIEW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.explain.facts import Change, Exchange, Field, Link

FIELD_WORDS: Final[Mapping[str, str]] = {
    PRIOR: "before looking",
    "birth_date": "birth date",
    "email": "e-mail",
    "address": "street and number",
    "address_line": "street and number",
    "place": "postcode and town",
    "city": "town",
    "postal_code": "postcode",
}
"""Fields whose name says it less well than these words; the others are named as they are."""

LEVEL_WORDS: Final[Mapping[str, str]] = {
    "exact": "the same",
    "different": "different",
    "similar": "similar",
    "close": "nearly the same",
    "missing": "unknown",
    "nickname": "a short form of the other",
    "initial": "an initial of the other",
    "part": "a part of the other",
    "swapped": "given and family name swapped",
    "one_error": "one typing error apart",
    "two_errors": "two typing errors apart",
    "same_year": "only the year is the same",
    "two_parts": "two of day, month and year are the same",
    "same_local_part": "the same before the @",
    "same_street": "the same street, another number",
    "same_area": "the same area",
    "near": "a few years apart",
}
SPECIAL_WORDS: Final[Mapping[tuple[str, str], str]] = {
    ("birth_date", "swapped"): "day and month swapped",
    ("birth_date", "close"): "nearly the same, or day and month swapped",
    ("email", "similar"): "similar, or the same before the @",
    ("place", "similar"): "the same town, or nearly the same postcode",
    (PRIOR, "match"): "how rarely two records are one person",
    ("household", "correction"): "people of one household would agree in this too",
}

RULE_WORDS: Final[Mapping[str, str]] = {
    "probabilistic": "weighed field by field",
    "override_must_link": "a person said that they are one (must_link)",
    "source_merge": "the source itself merged them",
    "identical_record": "both records say exactly the same",
    "same_national_id": "same national id, and the given names agree",
    "same_loyalty_card": "same loyalty card, and the given names agree",
    "same_email": "same e-mail, and the given names agree",
    "same_phone": "same phone, and the names agree",
    "nameless_same_loyalty_card": "same loyalty card; one of the two has no given name",
    "nameless_same_email": "same e-mail; one of the two has no given name",
    "nameless_same_phone": "same phone; one of the two has no given name",
}

GUARD_WORDS: Final[Mapping[str, str]] = {
    "cannot_link_override": "a person said that they are two (cannot_link)",
    "two_national_ids": "most records on both sides have another national id",
    "two_birth_dates": "most records on both sides have another birth date",
    "two_name_suffixes": "one is the senior, the other the junior",
    "two_given_names": "most records on both sides have another given name",
    "too_many_identifiers": "together they would have too many new values of one type",
    "cluster_size_limit": "together they would have too many records",
    "ambiguous_namesakes": (
        "two people of this name live at this address, and nothing in the record tells which"
    ),
    "ambiguous_identifier": "the shared value leads to several customers",
    "weakest_evidence": (
        "the customer would hold a contradiction, and all pairs of records across this cut "
        "together speak against one person"
    ),
}

DECISION_WORDS: Final[Mapping[str, str]] = {
    LINKED: "linked",
    REVIEW: "waits for a person to decide",
    CUT: "cut",
    "rejected": "rejected",
}

OVERRULE: Final = (
    "To overrule a decision write must_link or cannot_link into identity_overrides "
    "(docs/guides/identity.md)."
)

_SURE = 1e-9
_EVEN = 0.5
_SIGNIFICANT = 2
_MILLION = 1_000_000


def plain(name: str) -> str:
    """A name of code as words."""
    return name.replace("_", " ")


def field_words(name: str) -> str:
    """What a field is called."""
    return FIELD_WORDS.get(name, plain(name))


def level_words(field: Field) -> str:
    """What a field's level means."""
    special = SPECIAL_WORDS.get((field.name, field.level))
    return special or LEVEL_WORDS.get(field.level, plain(field.level))


def rule_words(rule: str) -> str:
    """What proposed a link."""
    return RULE_WORDS.get(rule, plain(rule))


def guard_words(guard: str) -> str:
    """Why a guard cut a link; ``too_many_identifiers`` is followed by ``:<type>``."""
    name, _, kind = guard.partition(":")
    words = GUARD_WORDS.get(name, plain(name))
    return f"{words} ({field_words(kind)})" if kind else words


def weight_words(weight: float | None) -> str:
    """A weight with its sign, in bits."""
    return "certain" if weight is None else f"{weight:+.1f}"


def chance_words(probability: float | None) -> str:
    """A probability as odds that people can picture."""
    if probability is None:
        return "certain"
    if probability < _SURE:
        return "less than 1 in a billion right"
    if probability < _EVEN:
        return f"about 1 in {_count(1 / probability)} right"
    wrong = 1.0 - probability
    if wrong < _SURE:
        return "less than 1 in a billion wrong"
    return f"about 1 in {_count(1 / wrong)} wrong"


def _count(number: float) -> str:
    digits = _SIGNIFICANT - 1 - math.floor(math.log10(number))
    rounded = round(number, digits)
    if rounded >= _MILLION:
        return f"{rounded / _MILLION:,.1f}".removesuffix(".0") + " million"
    return f"{rounded:,.0f}"


def decision_words(link: Link) -> str:
    """What was decided of a pair, and why."""
    if link.decision == LINKED:
        return f"linked: {rule_words(link.rule)}"
    if link.decision == CUT:
        return (
            f"proposed ({rule_words(link.rule)}) and cut: {guard_words(link.cut_by or 'a guard')}"
        )
    if link.decision == REVIEW:
        return f"in review ({rule_words(link.rule)}): good enough to ask a person, not to link"
    return f"rejected: {_rejection(link)}"


def _rejection(link: Link) -> str:
    if link.probability is not None and link.probability < _EVEN:
        return "more likely two people than one"
    return (
        "likely by its weight, but what agrees may be a household's or a namesake's, or the two "
        "contradict each other"
    )


_CHANGE_WORDS: Final[Mapping[str, str]] = {
    "created": "created",
    "merged": "merged into another customer",
    "retired": "retired: all records left it",
    "restored": "restored",
    "split": "split",
    "grew": "grew",
    "shrank": "shrank",
}


def change_words(change: Change) -> str:
    """What a run did to a customer, and where records came from or went."""
    what = _CHANGE_WORDS.get(change.change_type, plain(change.change_type))
    moved = [_exchange_words(change.customer_id, one) for one in change.exchanges]
    held = f"now {records(change.record_count)}"
    return "; ".join([what, *moved, held])


def _exchange_words(customer_id: str, exchange: Exchange) -> str:
    count = records(exchange.record_count)
    if exchange.to_customer == customer_id:
        origin = exchange.from_customer
        if origin is None:
            return f"{count} new"
        return f"{count} back" if origin == customer_id else f"{count} from {origin}"
    goal = exchange.to_customer
    return f"{count} gone" if goal is None else f"{count} to {goal}"


def records(count: int) -> str:
    """How many records."""
    return "1 record" if count == 1 else f"{count:,} records"


def links(count: int) -> str:
    """How many links."""
    return "1 link" if count == 1 else f"{count:,} links"
