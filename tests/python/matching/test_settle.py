"""What EM cannot tell of single columns: contradictions, and e-mails that names explain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matching_worlds import CITIES, FAMILY, GIVEN, STREETS, people
from warehouse_cdp.matching.evidence import Evidence, gather
from warehouse_cdp.matching.options import MatchOptions
from warehouse_cdp.matching.pipeline import prepare, resolve


def fathers_and_sons(homes: int, *, mailbox: bool, seed: int = 8) -> pd.DataFrame:
    """Two people of one name in each home, who differ in birth date and mailbox; two records each.

    Mailboxes are made of the names.
    """
    draw = np.random.default_rng(seed)
    rows = []
    for home in range(homes):
        given, family = (
            draw.choice(GIVEN),
            f"{draw.choice(FAMILY)}{draw.choice(['', 'son', 'ley'])}",
        )
        line = f"{draw.integers(1, 200)} {draw.choice(STREETS)}"
        city = draw.choice(CITIES)
        for person, year in enumerate((draw.integers(1940, 1965), draw.integers(1975, 2000))):
            born = f"{year}-{draw.integers(1, 13):02d}-{draw.integers(1, 29):02d}"
            email = f"{given}.{family}{draw.integers(10, 99)}@example.org" if mailbox else None
            for copy in range(2):
                row = {
                    "record_id": f"{home:04d}-{person}-{copy}", "given_name": given,
                    "family_name": family, "address_line": line, "city": city,
                    "birth_date": born, "email": email, "truth": f"{home}-{person}",
                }  # fmt: skip
                if copy and draw.random() < 0.3:
                    row["city"] = None
                rows.append(row)
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
    assert share_whole(frame) > 0.97


def test_without_a_column_that_confirms_nothing_is_settled_by_it() -> None:
    settled = evidence_of(fathers_and_sons(250, mailbox=False)).weigh.settled
    assert settled.findings == ()
    assert settled.email_of_alike is None


def test_e_mails_alike_add_little_where_names_are() -> None:
    settled = evidence_of(fathers_and_sons(250, mailbox=True)).weigh.settled
    email = settled.model.names.index("email")
    weights = settled.model.weights()[email]
    assert settled.email_of_alike is not None
    assert settled.email_of_alike[3] < weights[3] - 3.0
    assert (np.diff(settled.email_of_alike[1:]) >= 0.0).all()
    np.testing.assert_array_equal(settled.email_of_alike[[0, 1, -1]], weights[[0, 1, -1]])


@pytest.mark.parametrize("world", [people(200), fathers_and_sons(100, mailbox=True)])
def test_shares_stay_shares(world: pd.DataFrame) -> None:
    classes = evidence_of(world).weigh.settled.model.classes
    for kind in (classes.m, classes.u, classes.household):
        for shares in kind:
            assert shares.sum() == pytest.approx(1.0)
            assert (shares > 0.0).all()
