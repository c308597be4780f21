"""The companies that buy from the retailer, and who of its customers buys for one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from warehouse_cdp.sample.chunk import base_36
from warehouse_cdp.sample.clock import AS_OF, WAVES
from warehouse_cdp.sample.dice import Dice

if TYPE_CHECKING:
    from warehouse_cdp.sample.chunk import Chunk
    from warehouse_cdp.sample.people import Person


class Employer(NamedTuple):
    """A business account: its name, city and postal code, and its country as a code and as typed.

    A tuple of texts, in the order in which the CRM lists them.
    """

    name: str
    city: str
    postal_code: str
    country: str
    country_as_typed: str


EMPLOYERS = (
    Employer("Harbour Hotels Ltd", "Bristol", "BS1 4QA", "GB", "United Kingdom"),
    Employer("Café Morgenrot GmbH", "Leipzig", "04109", "DE", "Deutschland"),
    Employer("Northern Offices plc", "Leeds", "LS1 2AB", "GB", "UK"),
    Employer("Bäckerei Lindner KG", "Nürnberg", "90402", "DE", "Germany"),
    Employer("Bistro Lyonnais SARL", "Lyon", "69002", "FR", "France"),
)
_BUYS_FOR_AN_EMPLOYER = 0.2
_CHANGES_EMPLOYER = 0.5


def account_id(chunk: Chunk, place: int) -> str:
    """Return the CRM key of the employer at a place in ``EMPLOYERS``, the same in every chunk."""
    return "001" + base_36(chunk.shared_key("crm/accounts", place + 1), 9)


def account_of(chunk: Chunk, person: Person, moment: int) -> str:
    """Return the account that a person buys for at a moment; empty for private people.

    Some change to another company of their country on the way, or leave it for none. The answer
    comes from dice of the person's own, so two CRM contacts of one person say the same.
    """
    dice = Dice(chunk.seed, "employer", person.person_id)
    places = [
        place for place, employer in enumerate(EMPLOYERS) if employer.country == person.country
    ]
    if not places or not dice.chance(_BUYS_FOR_AN_EMPLOYER):
        return ""
    first, *others = dice.shuffled(places)
    if dice.chance(_CHANGES_EMPLOYER):
        changes_at = person.joined_at + int((AS_OF[WAVES] - person.joined_at) * dice.random())
        if moment >= changes_at:
            return account_id(chunk, others[0]) if others else ""
    return account_id(chunk, first)
