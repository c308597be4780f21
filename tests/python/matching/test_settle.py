"""What EM cannot tell of single columns: contradictions, and e-mails that names explain."""

from __future__ import annotations

from random import Random

import numpy as np
import pandas as pd
import pytest

from made_up_people import Stock
from matching_worlds import CITIES, STREETS, misspelt, people
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import prepare, resolve
from warehouse_cdp.matching.weighing import Evidence, gather


def fathers_and_sons(homes: int, *, mailbox: bool, seed: int = 8) -> pd.DataFrame:
    """Two people in each home, in every third of one name; two records each.

    They differ in birth date and mailbox, and mailboxes are made of the names.
    """
    draw, dice = np.random.default_rng(seed), Random(seed)  # noqa: S311 - a made-up world
    given_names, family_names = Stock(dice, 200, 3), Stock(dice, 800, 3)
    rows: list[dict[str, object]] = []
    for home in range(homes):
        father, family = given_names.draw(dice), family_names.draw(dice)
        shared = {
            "family_name": family,
            "address_line": f"{draw.integers(1, 200)} {draw.choice(STREETS)}",
            "city": draw.choice(CITIES),
        }
        for person, years in enumerate(((1940, 1965), (1975, 2000))):
            given = father if person == 0 or home % 3 == 0 else given_names.draw(dice)
            row = {
                **shared,
                "given_name": given,
                "birth_date": f"{draw.integers(*years)}-{draw.integers(1, 13):02d}-"
                f"{draw.integers(1, 29):02d}",
                "email": f"{given}.{family}{draw.integers(1000, 9999)}@x.org" if mailbox else None,
                "truth": f"{home}-{person}",
            }
            for copy in range(2):
                spoilt: dict[str, object] = {"city": None} if draw.random() < 0.2 else {}
                for name in ("given_name", "family_name", "birth_date"):
                    if draw.random() < 0.15:
                        spoilt[name] = misspelt(str(row[name]), dice)
                rows.append({"record_id": f"{home:04d}-{person}-{copy}", **row, **spoilt})
    return pd.DataFrame(rows)


def evidence_of(frame: pd.DataFrame) -> Evidence:
    rows = prepare(frame.drop(columns="truth"), MatchOptions())
    assert rows.records is not None
    return gather(rows.records, rows.sources, MatchOptions(), lambda _step, _share: None)


def share_whole(frame: pd.DataFrame) -> float:
    """Share of people whose records are exactly one customer's."""
    found = resolve(frame.drop(columns="truth")).customer_id
    of_customer = frame["truth"].groupby(found.to_numpy()).agg(["nunique", "size"])
    of_person = found.groupby(frame["truth"].to_numpy()).nunique()
    pure = set(frame["truth"][found.isin(of_customer.index[of_customer["nunique"] == 1])])
    return float(np.mean([person in pure for person in of_person.index[of_person == 1]])) * float(
        (of_person == 1).mean()
    )


def test_father_and_son_of_one_name_are_two_where_mailboxes_tell() -> None:
    frame = fathers_and_sons(250, mailbox=True)
    evidence = evidence_of(frame)
    settled = evidence.weigh.settled
    found = {what: reason for what, _, reason in settled.findings}
    assert "birth_date different" in found
    born = settled.model.names.index("birth_date")
    assert settled.model.classes.m[born][0] < 0.03
    assert share_whole(frame) > 0.85


def test_without_a_column_that_confirms_nothing_is_settled_by_it() -> None:
    settled = evidence_of(fathers_and_sons(250, mailbox=False)).weigh.settled
    assert settled.findings == ()


@pytest.mark.parametrize("world", [people(200), fathers_and_sons(100, mailbox=True)])
def test_shares_stay_shares(world: pd.DataFrame) -> None:
    classes = evidence_of(world).weigh.settled.model.classes
    for kind in (classes.m, classes.u, classes.household):
        for shares in kind:
            assert shares.sum() == pytest.approx(1.0)
            assert (shares > 0.0).all()


def couples(homes: int, *, one_birth_date: bool = False) -> pd.DataFrame:
    """Two people in each home, two records each, who share all but the given name.

    With ``one_birth_date`` they share that too: it is one person who goes by two names.
    """
    dice = Random(1)  # noqa: S311 - a made-up world
    given_names, family_names = Stock(dice, 300, 3), Stock(dice, 900, 3)
    rows: list[dict[str, object]] = []
    for home in range(homes):
        family = family_names.draw(dice)
        shared: dict[str, object] = {
            "family_name": family,
            "email": f"{family}{home}@x.test",
            "phone": str(dice.randrange(10**8, 10**9)),
            "address_line": f"{dice.randrange(200)} {given_names.draw(dice)} street",
        }
        if one_birth_date:
            shared["birth_date"] = f"{dice.randrange(1930, 2005)}-{dice.randrange(1, 13):02d}-11"
        for person, given in enumerate(dice.sample(given_names.words, 2)):
            for copy in range(2):
                row = {"record_id": f"{home}-{person}-{copy}", **shared, "given_name": given}
                if dice.random() < 0.2:
                    row["phone"] = None
                rows.append(row | {"truth": home if one_birth_date else f"{home}-{person}"})
    return pd.DataFrame(rows)


def test_couples_with_one_mailbox_phone_and_address_are_two() -> None:
    frame = couples(200)
    findings = {what: reason for what, _, reason in evidence_of(frame).weigh.settled.findings}
    assert "taken for such" in findings["given_name different"]
    assert share_whole(frame) > 0.9


def test_who_shares_the_birth_date_too_is_one_person_of_two_names() -> None:
    frame = couples(200, one_birth_date=True)
    findings = [reason for _, _, reason in evidence_of(frame).weigh.settled.findings]
    assert not any("taken for such" in reason for reason in findings)
    assert share_whole(frame) > 0.9


def test_a_few_fathers_and_sons_among_many_are_no_wrong_birth_dates() -> None:
    """Most homes have one person; a mailbox is not always there to tell who is who."""
    dice = Random(5)  # noqa: S311 - a made-up world
    given_names, family_names = Stock(dice, 60, 3), Stock(dice, 600, 3)
    rows: list[dict[str, object]] = []
    for home in range(500):
        given, family = given_names.draw(dice), family_names.draw(dice)
        shared = {
            "given_name": given,
            "family_name": family,
            "phone": f"0151{dice.randrange(10**7):07d}",
            "address_line": f"{dice.randrange(1, 90)} {dice.choice(STREETS)}",
            "city": dice.choice(CITIES),
        }
        for person in range(2 if home < 20 else 1):
            born = f"{1940 + 30 * person + dice.randrange(25)}-{dice.randrange(10, 13)}-"
            born += f"{dice.randrange(10, 29)}"
            mailbox = f"{given}.{family}{dice.randrange(1000, 9999)}@x.org"
            rows += [
                {
                    **shared,
                    "record_id": f"{home:04d}-{person}-{copy}",
                    "birth_date": born,
                    "email": mailbox if dice.random() < 0.6 else None,
                    "city": shared["city"] if copy else None,
                    "truth": f"{home}-{person}",
                }
                for copy in range(2)
            ]
    frame = pd.DataFrame(rows)
    assert share_whole(frame) > 0.99
