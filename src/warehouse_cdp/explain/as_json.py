"""An explanation as plain values for JSON: the same as the text says, uncut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse_cdp.explain.stories import customer_story, pair_story

if TYPE_CHECKING:
    from warehouse_cdp.explain.facts import Change, Facts, Link, Record
    from warehouse_cdp.explain.stories import CustomerStory, PairStory


def as_dictionary(facts: Facts) -> dict[str, Any]:
    """The story of what was asked for; ``values`` only if they were."""
    is_pair = len(facts.asked) > 1
    told = _pair(pair_story(facts)) if is_pair else _customer(customer_story(facts))
    if facts.values:
        told["values"] = {
            record: {field: list(values) for field, values in fields.items()}
            for record, fields in sorted(facts.values.items())
        }
    return told


def _pair(story: PairStory) -> dict[str, Any]:
    path = None
    if story.steps is not None:
        path = [
            {
                "step": number,
                "from_record_id": step.start,
                "to_record_id": step.end,
                **_link(step.link),
                "is_weakest": step.is_weakest,
            }
            for number, step in enumerate(story.steps, 1)
        ]
    return {
        "records": [_record(story.left), _record(story.right)],
        "is_one_customer": story.is_one_customer,
        "path": path,
        "direct": None if story.direct is None else _link(story.direct),
        "other_pairs": [_link(link) for link in story.across],
    }


def _customer(story: CustomerStory) -> dict[str, Any]:
    return {
        "customer_id": story.customer_id,
        "named_by": story.named_by,
        "records": [_record(record) for record in story.records],
        "links": [{**_link(link), "is_weakest": link is story.weakest} for link in story.tree],
        "more_links": [_link(link) for link in story.more_links],
        "near_misses": [
            {**_link(one.link), "outside": one.outside, "other_customer_id": one.other_customer}
            for one in story.held_apart
        ],
        "rejected_count": story.rejected_count,
        "unjoined_record_ids": list(story.loose),
        "changes": [_change(change) for change in story.changes],
    }


def _record(record: Record) -> dict[str, Any]:
    return {
        "record_id": record.record_id,
        "source": record.source,
        "customer_id": record.customer_id,
        "assigned_at": record.assigned_at,
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "left_record_id": link.left,
        "right_record_id": link.right,
        "rule": link.rule,
        "decision": link.decision,
        "cut_by": link.cut_by,
        "match_weight": link.weight,
        "match_probability": link.probability,
        "fields": [
            {"field": field.name, "level": field.level, "weight": field.weight}
            for field in link.fields
        ],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "change_type": change.change_type,
        "run_id": change.run_id,
        "recorded_at": change.recorded_at,
        "record_count": change.record_count,
        "exchanges": [
            {
                "from_customer_id": one.from_customer,
                "to_customer_id": one.to_customer,
                "record_count": one.record_count,
            }
            for one in change.exchanges
        ],
    }
