"""Business contacts name the account they buy for, and nothing else in the sample shows it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from sample_world import SEEDS, sample_of
from warehouse_cdp.sample.chunk import Chunk
from warehouse_cdp.sample.employers import EMPLOYERS, account_id, account_of
from warehouse_cdp.sample.people import households
from warehouse_cdp.sample.rates import Rates

if TYPE_CHECKING:
    import pandas as pd


def _contacts(seed: int) -> pd.DataFrame:
    return sample_of(seed).tables["crm/contacts"].fillna("")


@pytest.mark.parametrize("seed", SEEDS)
def test_every_account_named_is_an_account_and_each_has_contacts(seed: int) -> None:
    accounts = set(sample_of(seed).tables["crm/accounts"]["id"])
    named = set(_contacts(seed)["account_id"]) - {""}
    assert len(accounts) == len(EMPLOYERS)
    assert named == accounts


@pytest.mark.parametrize("seed", SEEDS)
def test_some_contacts_buy_for_a_company_and_a_few_change_it(seed: int) -> None:
    contacts = _contacts(seed)
    business = contacts[contacts["account_id"] != ""]
    assert 0.05 < business["id"].nunique() / contacts["id"].nunique() < 0.35
    accounts_named = business.groupby("id")["account_id"].nunique()
    assert 0 < (accounts_named > 1).sum() < 0.2 * len(accounts_named)


def test_a_person_buys_for_one_company_of_their_country_at_a_time_and_changes_at_most_once() -> (
    None
):
    chunk = Chunk(42, 0, 1, Rates())
    accounts = {account_id(chunk, place): one for place, one in enumerate(EMPLOYERS)}
    people = [person for home in households(chunk, 400) for person in home.members]
    changed = 0
    for person in people:
        moments = range(person.joined_at, person.joined_at + 1_200 * 86_400, 40 * 86_400)
        seen = [account_of(chunk, person, moment) for moment in moments]
        assert all(accounts[key].country == person.country for key in seen if key)
        changes = sum(before != after for before, after in itertools.pairwise(seen))
        assert changes <= 1
        changed += changes
    assert changed > 0


def test_chunks_share_the_accounts_of_the_first() -> None:
    later = Chunk(42, 3, 1, Rates())
    table = sample_of(42).tables["crm/accounts"]
    by_name = dict(table[["name", "id"]].itertuples(index=False, name=None))
    assert by_name == {one.name: account_id(later, n) for n, one in enumerate(EMPLOYERS)}
