"""People's decisions: which hold, which are reported."""

from __future__ import annotations

import pandas as pd

from linkage_worlds import CLOCK, override
from warehouse_cdp.linkage import active_overrides

RECORDS = pd.Series(["a", "b", "c"])


def test_instructions_that_no_longer_hold_are_reported_not_applied() -> None:
    instructions = pd.concat(
        [
            override("cannot_link", "a", "b", override_id="old", valid_until=CLOCK),
            override("cannot_link", "a", "gone", override_id="stale"),
            override("cannot_link", "a", "a", override_id="same"),
            override("marry", "a", "b", override_id="odd"),
            override("block_value", "", "", override_id="kind", identifier_type="telex"),
        ]
    )
    active = active_overrides(instructions, RECORDS, CLOCK)
    assert active.cannot_links.empty
    assert dict(zip(active.issues["override_id"], active.issues["issue"], strict=True)) == {
        "old": "expired",
        "stale": "stale",
        "same": "incomplete",
        "odd": "unknown_instruction",
        "kind": "incomplete",
    }


def test_of_two_instructions_on_one_pair_the_newest_holds() -> None:
    instructions = pd.concat(
        [
            override("must_link", "a", "b", override_id="o1"),
            override(
                "cannot_link", "b", "a", override_id="o2", created_at=pd.Timestamp("2026-02-01")
            ),
        ]
    )
    active = active_overrides(instructions, RECORDS, CLOCK)
    assert active.must_links.empty
    assert active.cannot_links["override_id"].tolist() == ["o2"]
    assert active.issues["issue"].tolist() == ["contradicted"]


def test_must_links_around_a_cannot_link_are_reported() -> None:
    instructions = pd.concat(
        [
            override("must_link", "a", "b", override_id="o1"),
            override("must_link", "b", "c", override_id="o2"),
            override("cannot_link", "a", "c", override_id="o3"),
        ]
    )
    assert active_overrides(instructions, RECORDS, CLOCK).issues["issue"].tolist() == [
        "contradictory"
    ]


def test_a_blocked_value_is_kept_by_its_match_key() -> None:
    rule = override(
        "block_value", "", "", identifier_type="email", identifier_value="Shop+1@Example.org"
    )
    blocked = active_overrides(rule, RECORDS, CLOCK).blocked
    assert blocked.to_numpy().tolist() == [["email", "shop@example.org"]]
