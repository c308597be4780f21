"""Instructions that would be wrong are refused before they are written."""

from __future__ import annotations

import pandas as pd
import pytest

from linkage_worlds import CLOCK, override
from warehouse_cdp.errors import CdpError, InputDataError, StateRefusedError
from warehouse_cdp.linkage import no_overrides
from warehouse_cdp.linkage.instructions import Instruction, check_instructions, nearest

RECORDS = pd.Series(["crm:0035", "crm:0036", "crm:01", "shop:7001", "shop:7002"])
MAIL = {"identifier_type": "email", "identifier_value": "info@shop.example"}


def pair(instruction: str, left: str, right: str, until: str | None = None) -> Instruction:
    end = pd.Timestamp(until) if until else None
    return Instruction(instruction, left, right, valid_until=end)


def blocked(kind: str, value: str) -> Instruction:
    return Instruction("block_value", identifier_type=kind, identifier_value=value)


def refused(
    *new: Instruction, held: pd.DataFrame | None = None, kind: type[CdpError] = InputDataError
) -> str:
    with pytest.raises(kind) as caught:
        check_instructions(new, no_overrides() if held is None else held, RECORDS, CLOCK)
    return str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (pair("marry", "crm:01", "shop:7001"), "valid are must_link, cannot_link, block_value"),
        (pair("must_link", "crm:01", "crm:01"), "both records are crm:01"),
        (pair("must_link", "crm:01", ""), "must_link needs two records"),
        (pair("must_link", "crm:01", "crm:0037"), "nearest: crm:0035, crm:0036"),
        (pair("must_link", "crm:01", "till:1"), "nearest: none begins like it"),
        (pair("must_link", "crm:01", "shop:7001", "2026-03-01"), "name a later day"),
        (blocked("telex", "1"), "valid are email, phone, loyalty_card"),
        (blocked("email", "no mail"), "the value is empty or no email"),
        (blocked("phone", ""), "the value is empty or no phone"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(wrong: Instruction, said: str) -> None:
    assert said in refused(wrong)


def test_all_that_is_wrong_is_said_at_once_and_no_value_is() -> None:
    told = refused(
        pair("must_link", "crm:1", "shop:7001"),
        pair("cannot_link", "crm:01", "shop:7001"),
        blocked("email", "somebody at example"),
    )
    assert "because of 2 problems" in told
    assert "instruction 1: no record 'crm:1'" in told
    assert "instruction 3: the value" in told
    assert "somebody" not in told


def test_what_holds_already_is_found_in_any_order_and_spelling() -> None:
    held = pd.concat(
        [
            override("must_link", "crm:01", "shop:7001", override_id="o1"),
            override("block_value", "", "", override_id="o2", **MAIL),
        ]
    )
    new = [
        pair("must_link", "shop:7001", "crm:01"),
        blocked("email", "Info@Shop.example"),
        pair("cannot_link", "crm:0035", "crm:0036"),
        pair("cannot_link", "crm:0036", "crm:0035"),
    ]
    found = check_instructions(new, held, RECORDS, CLOCK)
    assert found == ["o1", "o2", None, "new instruction 3"]


@pytest.mark.parametrize("ended", [{"withdrawn_at": CLOCK}, {"valid_until": CLOCK}])
def test_what_is_withdrawn_or_over_is_in_nobodys_way(ended: dict[str, object]) -> None:
    held = pd.concat(
        [
            override("must_link", "crm:01", "shop:7001", override_id="o1", **ended),
            override("block_value", "", "", override_id="o2", **MAIL, **ended),
        ]
    )
    new = [pair("cannot_link", "crm:01", "shop:7001"), blocked("email", "info@shop.example")]
    assert check_instructions(new, held, RECORDS, CLOCK) == [None, None]


def test_the_opposite_of_what_holds_is_refused() -> None:
    held = override("must_link", "crm:01", "shop:7001", override_id="o1")
    opposite = pair("cannot_link", "shop:7001", "crm:01")
    told = refused(opposite, held=held, kind=StateRefusedError)
    assert "o1 says must_link of the same records: withdraw o1 first" in told
    both = (opposite, pair("must_link", "crm:01", "shop:7001"))
    told = refused(*both, kind=StateRefusedError)
    assert "instruction 2: new instruction 1 says cannot_link of the same records" in told
    later = pair("must_link", "crm:01", "shop:7001", "2027-01-01")
    assert "o1 says the same, without an end" in refused(later, held=held, kind=StateRefusedError)


def test_must_links_that_go_around_a_cannot_link_are_refused() -> None:
    held = override("cannot_link", "crm:01", "shop:7002", override_id="o1")
    chain = (pair("must_link", "crm:01", "shop:7001"), pair("must_link", "shop:7001", "shop:7002"))
    told = refused(*chain, held=held, kind=StateRefusedError)
    assert "together would join what o1 (cannot_link) keeps apart" in told
    assert check_instructions(chain[:1], held, RECORDS, CLOCK) == [None]
    told = refused(*chain, pair("cannot_link", "crm:01", "shop:7002"), kind=StateRefusedError)
    assert "what new instruction 3 (cannot_link) keeps apart" in told


def test_the_nearest_share_the_longest_beginning() -> None:
    known = ["a:1", "a:12", "a:13", "a:14", "a:15", "b:1"]
    assert nearest("a:16", known) == ["a:13", "a:14", "a:15"]
    assert nearest("a:122", known) == ["a:12"]
    assert nearest("c", known) == []
    assert nearest("c", []) == []
