"""Nothing that the matcher can say is left without words, in either form of evidence."""

from __future__ import annotations

import pytest

from explain_worlds import CLOCK, STRONG, evidence, link
from warehouse_cdp.errors import InputDataError
from warehouse_cdp.explain import Change, Exchange, Field, parse_evidence
from warehouse_cdp.explain.words import (
    GUARD_WORDS,
    LEVEL_WORDS,
    RULE_WORDS,
    chance_words,
    change_words,
    decision_words,
    guard_words,
    level_words,
)
from warehouse_cdp.linkage.deterministic import RULE_WEIGHTS
from warehouse_cdp.linkage.guards import GUARDS
from warehouse_cdp.matching.levels import LEVEL_NAMES


def test_both_forms_of_evidence_are_read() -> None:
    plain = parse_evidence(evidence(STRONG, weights=False))
    assert plain[0] == Field("given_name", "exact", None)
    weighed = parse_evidence(evidence(STRONG))
    assert [field.name for field in weighed] == ["prior", *STRONG]
    assert weighed[1] == Field("given_name", "exact", 7.6)
    assert parse_evidence('{"a": {"level": "exact"}}') == (Field("a", "exact", None),)
    assert parse_evidence(None) == ()


@pytest.mark.parametrize("text", ["[1]", "no json", '{"a": 1}', '{"a": {"weight": 1}}', '"a"'])
def test_other_evidence_is_told(text: str) -> None:
    with pytest.raises(InputDataError, match="Run `dbt build`"):
        parse_evidence(text)


def test_every_level_rule_and_guard_has_words() -> None:
    levels = {name for names in LEVEL_NAMES.values() for name in names}
    assert levels - LEVEL_WORDS.keys() == set()
    assert {"probabilistic", *RULE_WEIGHTS} - RULE_WORDS.keys() == set()
    assert set(GUARDS) - GUARD_WORDS.keys() == set()


def test_what_is_new_is_told_by_its_name() -> None:
    assert level_words(Field("shoe_size", "half_a_size", 1.0)) == "half a size"
    assert guard_words("too_many_identifiers:email").endswith("(e-mail)")
    assert guard_words("a_new_guard") == "a new guard"


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (1.0, "less than 1 in a billion wrong"),
        (0.99975, "about 1 in 4,000 wrong"),
        (0.999999945, "about 1 in 18 million wrong"),
        (0.999999998, "about 1 in 500 million wrong"),
        (0.9999997, "about 1 in 3.3 million wrong"),
        (0.95, "about 1 in 20 wrong"),
        (0.5, "about 1 in 2 wrong"),
        (0.25, "about 1 in 4 right"),
        (0.0, "less than 1 in a billion right"),
        (None, "certain"),
    ],
)
def test_a_probability_is_told_as_odds(probability: float | None, words: str) -> None:
    assert chance_words(probability) == words


def test_every_decision_says_why() -> None:
    assert decision_words(link("a", "b", rule="same_email")).startswith("linked: same e-mail")
    cut = link("a", "b", decision="cut", cut_by="two_birth_dates")
    assert "cut: most records on both sides have another birth date" in decision_words(cut)
    assert "ask a person" in decision_words(link("a", "b", 1.0, decision="review"))
    assert "two people than one" in decision_words(link("a", "b", -3.0, decision="rejected"))
    assert "household" in decision_words(link("a", "b", 9.0, decision="rejected"))


def test_what_a_rule_puts_on_top_is_told_apart_from_rounding() -> None:
    assert link("a", "b").beyond_fields == 0.0
    assert link("a", "b", 15.31).beyond_fields == 0.0
    assert link("a", "b", 20.0).beyond_fields == pytest.approx(4.7)
    assert link("a", "b", 20.0, weights=False).beyond_fields == 0.0


@pytest.mark.parametrize(
    ("change_type", "exchange", "words"),
    [
        ("created", Exchange(None, "cus_a", 3), "created; 3 records new; now 3 records"),
        ("created", Exchange("cus_b", "cus_a", 3), "created; 3 records from cus_b; now 3 records"),
        ("split", Exchange("cus_a", "cus_b", 1), "split; 1 record to cus_b; now 3 records"),
        ("shrank", Exchange("cus_a", None, 2), "shrank; 2 records gone; now 3 records"),
        ("grew", Exchange("cus_a", "cus_a", 1), "grew; 1 record back; now 3 records"),
    ],
)
def test_a_change_says_where_records_came_from_or_went(
    change_type: str, exchange: Exchange, words: str
) -> None:
    assert change_words(Change("cus_a", change_type, "run", CLOCK, 3, (exchange,))) == words
