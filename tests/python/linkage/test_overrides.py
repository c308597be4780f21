"""People's decisions: which hold, which are reported."""

from __future__ import annotations

import pandas as pd

from linkage_worlds import CLOCK, World, override, person
from warehouse_cdp.linkage import active_overrides, current_map

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


def test_what_is_withdrawn_is_as_if_it_had_not_been() -> None:
    instructions = pd.concat(
        [
            override("must_link", "a", "b", override_id="o1"),
            override("cannot_link", "a", "b", override_id="o2", withdrawn_at=CLOCK),
            override("marry", "a", "b", override_id="o3", withdrawn_at=CLOCK),
            override(
                "block_value", "", "", identifier_type="phone", identifier_value="+49301234567",
                withdrawn_at=CLOCK,
            ),
        ]
    )  # fmt: skip
    active = active_overrides(instructions, RECORDS, CLOCK)
    assert active.must_links["override_id"].tolist() == ["o1"]
    assert active.cannot_links.empty
    assert active.blocked.empty
    assert active.issues.empty


def test_a_blocked_value_parts_whom_it_linked_and_withdrawing_it_gives_the_id_back() -> None:
    mail = "ada@example.org"
    people = [person(record, name="Ada Lovelace", email=mail) for record in ("crm:1", "shop:1")]
    held = pd.DataFrame(
        [(record, "email", mail) for record in ("crm:1", "shop:1")],
        columns=["record_id", "identifier_type", "identifier_value"],
    )
    world = World(people, held)
    block = override("block_value", "", "", identifier_type="email", identifier_value=mail)

    def ids(log: pd.DataFrame) -> dict[str, str]:
        now = current_map(log)
        return dict(zip(now["record_id"], now["customer_id"], strict=True))

    first = world.run()
    before = ids(first)
    assert len(set(before.values())) == 1
    second = world.run(first, block, "blocked")
    assert len(set(ids(second).values())) == 2
    assert set(before.values()) < set(ids(second).values())
    third = world.run(second, block.assign(withdrawn_at=CLOCK), "withdrawn")
    assert ids(third) == before
