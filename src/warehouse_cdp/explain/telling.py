"""An explanation as lines of text: levels and weights, and values only if they were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.explain.chains import strength
from warehouse_cdp.explain.stories import customer_story, pair_story
from warehouse_cdp.explain.words import (
    OVERRULE,
    chance_words,
    change_words,
    decision_words,
    field_words,
    guard_words,
    level_words,
    links,
    plain,
    records,
    rule_words,
    weight_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from warehouse_cdp.explain.facts import Facts, Link
    from warehouse_cdp.explain.stories import CustomerStory, HeldApart, PairStory

    Values = Mapping[str, Mapping[str, tuple[str, ...]]]

SHOWN_LINKS = 20
SHOWN_NEAR_MISSES = 10
UNIT = "Weights are in bits: +1 doubles the odds that two records are one person, -1 halves them."
WEAKEST = "  <- weakest link"
_NOT_LISTED = (
    "The two were never compared, or the pair weighed less than var identity_report_weight and is "
    "not listed (identity_pair_counts counts such pairs by rule)."
)


def lines(facts: Facts) -> list[str]:
    """The explanation of what was asked for: two records, or a customer."""
    if len(facts.asked) > 1:
        told = pair_lines(pair_story(facts), facts.values)
    else:
        told = [*naming_lines(facts), *customer_lines(customer_story(facts), facts.values)]
    return [*told, "", *([UNIT] if facts.links else []), OVERRULE]


def naming_lines(facts: Facts) -> list[str]:
    """How a customer was named, where not by the id that it has now."""
    (asked,) = facts.asked
    if asked.record_id is not None:
        return [f"{asked.record_id} is a record of customer {asked.customer_id}", ""]
    if asked.is_retired_id:
        return [f"{asked.given} is retired; it means customer {asked.customer_id} now", ""]
    return []


def pair_lines(story: PairStory, values: Values) -> list[str]:
    """Why two records are one customer, or why not."""
    left, right = story.left.record_id, story.right.record_id
    if left == right:
        return [f"{left} is one record, of customer {story.left.customer_id}"]
    if story.is_one_customer:
        head = f"{left} and {right} are one customer: {story.left.customer_id}"
    else:
        head = f"{left} and {right} are two customers"
    lines = [head]
    if not story.is_one_customer:
        lines += [f"  {one.record_id}: {one.customer_id}" for one in (story.left, story.right)]
    return [*lines, *chain_lines(story, values), *_direct_lines(story, values), *_across(story)]


def chain_lines(story: PairStory, values: Values) -> list[str]:
    """The chain between two records, link by link."""
    if story.steps is None:
        if story.is_one_customer:
            return ["", *_no_chain()]
        return []
    count = len(story.steps)
    if count == 1:
        lines = ["", "One link joins them:"]
    else:
        lines = ["", f"{links(count)} lead from one to the other, each the strongest there is:"]
    for number, step in enumerate(story.steps, 1):
        weakest = WEAKEST if step.is_weakest and count > 1 else ""
        lines += ["", f"{number}. {step.start} and {step.end}{weakest}"]
        lines += _indented(link_lines(step.link, values), 3)
    return lines


def _no_chain() -> list[str]:
    return [
        "No chain of links joins its records now: an earlier run made them one customer.",
        "(After `cdp identity rollback` this lasts until the next build.)",
    ]


def _direct_lines(story: PairStory, values: Values) -> list[str]:
    is_told = story.steps is not None and len(story.steps) == 1
    if is_told:
        return []
    if story.direct is None:
        if story.is_one_customer:
            return ["", "The two themselves are no listed pair: only the chain joins them."]
        return ["", _NOT_LISTED]
    lines = ["", "Compared directly, the two were"]
    lines += _indented(link_lines(story.direct, values), 3)
    return lines


def _across(story: PairStory) -> list[str]:
    if not story.across:
        return []
    lines = ["", "Other pairs of the two customers:"]
    lines += [f"  {_one_line(link)}" for link in story.across[:SHOWN_NEAR_MISSES]]
    return lines + _more(len(story.across), SHOWN_NEAR_MISSES)


def link_lines(link: Link, values: Values) -> list[str]:
    """One link: what decided it, each field's level and weight, the sum, and how sure that is."""
    lines = [decision_words(link)]
    rows: list[tuple[str, str, str]] = [
        (
            field_words(field.name),
            level_words(field),
            "" if field.weight is None else weight_words(field.weight),
        )
        for field in link.fields
    ]
    if link.beyond_fields:
        rows.append(("the rule", beyond_words(link), weight_words(link.beyond_fields)))
    rows.append(("sum" if link.has_weights else "match weight", "", weight_words(link.weight)))
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for row, seen in zip(rows, [*_seen(link, values), *[""] * len(rows)], strict=False):
        cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].rjust(widths[2])]
        lines.append(("  " + "  ".join(cells) + seen).rstrip())
    return [*lines, f"  by its weight {chance_words(link.probability)}"]


def beyond_words(link: Link) -> str:
    """What stands between the sum of the fields and the match weight."""
    if link.weight is None or link.beyond_fields < 0:
        return "what no single field tells"
    return f"counts for at least {link.weight:.1f}"


def _seen(link: Link, values: Values) -> list[str]:
    """What the matcher saw of each field on both sides, where values were asked for."""
    if not values:
        return []
    sides = (values.get(link.left, {}), values.get(link.right, {}))
    told = []
    for field in link.fields:
        one, other = (", ".join(side.get(field.name, ())) for side in sides)
        told.append(f"  {one or '-'} | {other or '-'}" if one or other else "")
    return told


def customer_lines(story: CustomerStory, values: Values) -> list[str]:
    """What holds a customer together, what was kept away, and what happened to it."""
    sources = len({record.source for record in story.records})
    origin = "1 source" if sources == 1 else f"{sources} sources"
    lines = [
        f"customer {story.customer_id}: {records(len(story.records))} from {origin}",
        "",
        "Records",
    ]
    lines += _columns(
        (record.record_id, f"since {record.assigned_at:%Y-%m-%d}" if record.assigned_at else "")
        for record in story.records
    )
    lines += _record_values(story, values)
    lines += _holding(story, values)
    lines += ["", "Kept apart (near misses)"]
    lines += near_lines(story.held_apart) or ["  none"]
    if story.rejected_count:
        lines.append(f"  {story.rejected_count:,} more were weighed and rejected (identity_links)")
    lines += ["", "History"]
    lines += [
        f"  {change.recorded_at:%Y-%m-%d}  {change_words(change)} (run {change.run_id})"
        for change in story.changes
    ] or ["  none is recorded"]
    return lines


def _record_values(story: CustomerStory, values: Values) -> list[str]:
    """What the matcher saw of each record, where values were asked for."""
    lines = []
    for record in story.records if values else ():
        lines.append(f"  {record.record_id}")
        lines += [
            f"    {field_words(field)}: {', '.join(held)}"
            for field, held in values.get(record.record_id, {}).items()
        ]
    return ["", "What the matcher saw of them (personal data)", *lines] if lines else []


def _holding(story: CustomerStory, values: Values) -> list[str]:
    lines = ["", "What holds it together"]
    if len(story.records) == 1:
        return [*lines, "  it is one record: nothing else was linked to it"]
    if story.weakest is None:
        return [*lines, *_indented(_no_chain(), 2)]
    count = len(story.tree)
    more = f", and {len(story.more_links):,} more" if story.more_links else ""
    lines.append(f"  {links(count)} that it cannot do without{more}")
    lines += _columns(link_cells(link) for link in story.tree[:SHOWN_LINKS])
    lines += _more(count, SHOWN_LINKS)
    if story.loose:
        lines.append(f"  {records(len(story.loose))} no link joins to the rest now")
    weakest = story.weakest
    equal = sum(strength(link) == strength(weakest) for link in story.tree) - 1
    also = f" ({equal:,} more as weak)" if equal else ""
    lines += ["", f"The weakest of them: {weakest.left} and {weakest.right}{also}"]
    return lines + _indented(link_lines(weakest, values), 2)


def link_cells(link: Link) -> tuple[str, ...]:
    """A link in one row: both records, rule, weight, how sure."""
    return (
        link.left,
        link.right,
        rule_words(link.rule),
        weight_words(link.weight),
        chance_words(link.probability),
    )


def near_lines(held_apart: Sequence[HeldApart]) -> list[str]:
    """Pairs that might have been linked, the strongest first."""
    lines = []
    for one in held_apart[:SHOWN_NEAR_MISSES]:
        lines.append(
            f"  {one.inside} and {one.outside} (customer {one.other_customer or 'unknown'}), "
            f"weight {weight_words(one.link.weight)}"
        )
        lines.append(f"    {decision_words(one.link)}")
    return lines + _more(len(held_apart), SHOWN_NEAR_MISSES)


def _one_line(link: Link) -> str:
    why = f": {guard_words(link.cut_by)}" if link.cut_by else ""
    return (
        f"{link.left} and {link.right}: {plain(link.decision)}{why}, weight "
        f"{weight_words(link.weight)}"
    )


def _more(count: int, shown: int) -> list[str]:
    return [f"  … and {count - shown:,} more (identity_links lists them)"] if count > shown else []


def _indented(lines: Iterable[str], indent: int) -> list[str]:
    return [" " * indent + line for line in lines]


def _columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    told = list(rows)
    if not told:
        return []
    widths = [max(len(row[place]) for row in told) for place in range(len(told[0]))]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in told
    ]
