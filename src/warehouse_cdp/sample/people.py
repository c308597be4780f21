"""The people behind the records: who they are, where they live, what changes for them.

This is the truth from which the sources' imperfect views are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from warehouse_cdp.sample.clock import AS_OF, DAY, FIRST_AS_OF, HISTORY_START, NEVER, WAVES
from warehouse_cdp.sample.dice import Dice
from warehouse_cdp.sample.names import (
    FAMILY,
    GIVEN_FEMALE,
    GIVEN_MALE,
    MIDDLE,
    fold,
)  # fmt: skip
from warehouse_cdp.sample.places import (
    COUNTRY_WEIGHTS,
    Address,
    address,
    landline,
    mobile,
)  # fmt: skip

if TYPE_CHECKING:
    from warehouse_cdp.sample.chunk import Chunk

CATEGORIES = ("coffee", "kitchen", "textiles", "lighting", "decoration")
_PROVIDERS = {
    "GB": (
        "gmail.com",
        "gmail.com",
        "outlook.com",
        "hotmail.co.uk",
        "btinternet.com",
        "icloud.com",
    ),
    "DE": ("gmail.com", "gmx.de", "web.de", "t-online.de", "outlook.de", "posteo.de"),
}
_OTHER_PROVIDERS = ("gmail.com", "gmail.com", "outlook.com", "yahoo.com", "icloud.com")


@dataclass(slots=True)
class Person:
    """One person, with everything that changes about them and when."""

    slot: int
    person_id: str
    country: str
    gender: str
    given: str
    middle: str
    family: str
    birth: date
    homes: list[tuple[int, Address]]
    joined_at: int
    emails: list[tuple[int, str]] = field(default_factory=list)
    other_emails: list[str] = field(default_factory=list)
    mobiles: list[tuple[int, str]] = field(default_factory=list)
    landline: str = ""
    mailbox: str = ""
    married_at: int = NEVER
    married_name: str = ""
    suffix: str = ""
    has_namesake: bool = False
    current_in: tuple[str, int] = ("", 0)
    """Source and creation of the record that the person keeps right; empty: none."""
    affinity: str = ""
    orders_a_year: float = 1.0
    complains_at: int = NEVER
    left_at: int = NEVER
    says_so: bool = False

    def email_at(self, moment: int) -> str:
        """Return the main e-mail at a moment."""
        return _latest(self.emails, moment)

    def mobile_at(self, moment: int) -> str:
        """Return the mobile number at a moment."""
        return _latest(self.mobiles, moment)

    def home_at(self, moment: int) -> Address:
        """Return the address at a moment."""
        result = self.homes[0][1]
        for since, home in self.homes:
            if since <= moment:
                result = home
        return result

    def family_at(self, moment: int) -> str:
        """Return the family name at a moment."""
        return self.married_name if moment >= self.married_at else self.family

    def gave_up(self, email: str, moment: int) -> bool:
        """Return whether an e-mail was the person's main one and by a moment is so no more."""
        known = email.strip().lower()
        return known != self.email_at(moment) and known in {value for _, value in self.emails}

    def changes(self) -> list[int]:
        """Return the moments at which name, e-mail, phone or address changed."""
        moments = {since for since, _ in self.homes[1:]}
        moments |= {since for since, _ in self.emails[1:] + self.mobiles[1:]}
        return sorted(moments | ({self.married_at} - {NEVER}))


def _latest(values: list[tuple[int, str]], moment: int) -> str:
    result = values[0][1]
    for since, value in values:
        if since <= moment:
            result = value
    return result


@dataclass(slots=True)
class Household:
    """People at one address."""

    household_id: str
    members: list[Person]
    has_tablet: bool = False


def _email(chunk: Chunk, dice: Dice, person: Person, provider: str = "") -> str:
    """Return a new e-mail address that nobody else has."""
    given = fold(person.given).lower().replace("'", "").replace(" ", "")
    family = fold(person.family).lower().replace("'", "").replace(" ", "").replace("-", "")
    bare = given.replace("-", "")
    local = dice.weighted(
        (
            (f"{bare}.{family}", 34), (f"{bare}{family}", 14), (f"{bare[0]}.{family}", 14),
            (f"{family}.{bare}", 8), (f"{bare}_{family[:1]}", 8), (f"{bare}", 8),
            (dice.pick(("sunny", "tiger", "coffeefan", "lemon", "star", "der.chef")), 6),
        )
    )  # fmt: skip
    domain = provider or dice.pick(_PROVIDERS.get(person.country, _OTHER_PROVIDERS))
    return chunk.unique_email(dice, local, domain, person.birth.year)


def plain_person(
    chunk: Chunk, dice: Dice, name: tuple[str, str], gender: str, country: str, city: str
) -> Person:
    """Return a person to whom nothing happens by itself, for staged scenarios."""
    home = address(country, dice, city)
    person = _new_person(chunk, dice, country, home, HISTORY_START + 200 * DAY)
    person.given, person.family, person.gender, person.middle = *name, gender, ""
    person.emails = [(HISTORY_START, _email(chunk, dice, person))]
    person.mobiles = [(HISTORY_START, mobile(country, chunk.digits(person.slot, 0), dice))]
    person.affinity = dice.pick(CATEGORIES)
    return person


def _birth(dice: Dice, oldest: int = 1938, youngest: int = 2006) -> date:
    return date(oldest, 1, 1) + timedelta(days=dice.whole(0, (youngest - oldest) * 365))


def _new_person(chunk: Chunk, dice: Dice, country: str, home: Address, joined_at: int) -> Person:
    gender = "M" if dice.chance(0.48) else "F"
    given = dice.pick((GIVEN_MALE if gender == "M" else GIVEN_FEMALE)[country])
    slot = chunk.next_slot()
    return Person(
        slot=slot,
        person_id=f"P{chunk.key('person'):010x}",
        country=country,
        gender=gender,
        given=given,
        middle=dice.pick(MIDDLE) if dice.chance(0.25) else "",
        family=dice.pick(FAMILY[country]),
        birth=_birth(dice),
        homes=[(HISTORY_START, home)],
        joined_at=joined_at,
    )


def _settle(chunk: Chunk, dice: Dice, person: Person) -> None:
    """Give a person contact points, tastes and a fate, once name and birth date are final."""
    horizon = AS_OF[WAVES]
    person.emails = [(HISTORY_START, _email(chunk, dice, person))]
    if chunk.happens("email_changed", dice):
        since = dice.whole(person.joined_at + 30 * DAY, max(horizon, person.joined_at + 40 * DAY))
        person.emails.append((since, _email(chunk, dice, person)))
    if chunk.happens("three_emails", dice):
        company = fold(person.family).lower().replace("'", "").replace(" ", "")
        person.other_emails = [
            _email(chunk, dice, person, f"{company}-{dice.pick(('group', 'works'))}.com"),
            _email(chunk, dice, person),
        ]
    person.mobiles = [(HISTORY_START, mobile(person.country, chunk.digits(person.slot, 0), dice))]
    if chunk.happens("phone_changed", dice):
        since = dice.whole(HISTORY_START + 90 * DAY, horizon)
        number = mobile(person.country, chunk.digits(person.slot, 1), dice)
        person.mobiles.append((since, number))
    if dice.chance(0.3):
        person.landline = landline(person.country, chunk.digits(person.slot, 2), dice)
    person.affinity = dice.pick(CATEGORIES)
    person.orders_a_year = 0.25 + 1.9 * dice.random() ** 2.2
    span = max(horizon - person.joined_at, 60 * DAY)
    if chunk.happens("complains", dice):
        person.complains_at = person.joined_at + int(span * (0.2 + 0.75 * dice.random()))
        if chunk.happens("leaves_after_complaint", dice):
            person.left_at = person.complains_at
            person.says_so = chunk.happens("announces_leaving", dice)
    elif chunk.happens("leaves_silently", dice):
        person.left_at = person.joined_at + int(span * dice.random())


def _join_families(chunk: Chunk, dice: Dice, household: Household) -> None:
    """Make the members of a household a family or leave them flatmates."""
    members = household.members
    first, second = members[0], members[1]
    if chunk.happens("father_and_son", dice):
        first.gender = second.gender = "M"
        first.given = second.given = dice.pick(GIVEN_MALE[first.country])
        second.family, second.middle = first.family, first.middle
        first.has_namesake = second.has_namesake = True
        first.birth = _birth(dice, 1945, 1972)
        second.birth = first.birth + timedelta(days=dice.whole(24 * 365, 32 * 365))
        if first.country in {"GB", "IE"} and dice.chance(0.4):
            first.suffix, second.suffix = "Sr", "Jr"
    elif dice.chance(0.75):
        first.gender, second.gender = "M", "F"
        first.given = dice.pick(GIVEN_MALE[first.country])
        second.given = dice.pick(GIVEN_FEMALE[second.country])
        second.birth = first.birth + timedelta(days=dice.whole(-1500, 2200))
        if chunk.happens("maiden_name", dice):
            second.married_at = dice.whole(HISTORY_START + 120 * DAY, AS_OF[WAVES] - 20 * DAY)
            second.married_name = first.family
        elif dice.chance(0.7):
            second.family = first.family
        for child in members[2:]:
            child.family = first.family
            child.birth = first.birth + timedelta(days=dice.whole(23 * 365, 33 * 365))


def _tell_apart(dice: Dice, household: Household) -> None:
    """Give members of a household different given names, but for father and son."""
    taken: set[str] = set()
    for person in household.members:
        options = (GIVEN_MALE if person.gender == "M" else GIVEN_FEMALE)[person.country]
        while person.given in taken and not person.has_namesake:
            person.given = dice.pick(options)
        taken.add(person.given)


def _share(chunk: Chunk, dice: Dice, household: Household) -> None:
    """Give a household what its members share: landline, mailbox, tablet."""
    first = household.members[0]
    if chunk.happens("shared_landline", dice):
        shared = landline(first.country, chunk.digits(first.slot, 3), dice)
        for person in household.members:
            person.landline = shared
    if chunk.happens("shared_mailbox", dice):
        family = fold(first.family).lower().replace("'", "").replace(" ", "")
        mailbox = chunk.unique_email(dice, f"family.{family}", "gmail.com", 2010)
        for person in household.members[:2]:
            person.mailbox = mailbox
    household.has_tablet = chunk.happens("shared_tablet", dice)


def _household(chunk: Chunk, dice: Dice, size: int, *, is_newcomer: bool) -> Household:
    country = dice.weighted(COUNTRY_WEIGHTS)
    home = address(country, dice)
    joined = (
        dice.whole(AS_OF[1] + DAY, AS_OF[WAVES] - 4 * DAY)
        if is_newcomer
        else HISTORY_START + int((FIRST_AS_OF - 40 * DAY - HISTORY_START) * dice.random())
    )
    household = Household(f"H{chunk.key('household'):010x}", [])
    for _ in range(size):
        household.members.append(_new_person(chunk, dice, country, home, joined))
        if not is_newcomer:
            joined = HISTORY_START + int((FIRST_AS_OF - 40 * DAY - HISTORY_START) * dice.random())
    if size > 1:
        _join_families(chunk, dice, household)
        _tell_apart(dice, household)
    for person in household.members:
        _settle(chunk, dice, person)
    if chunk.happens("moved", dice):
        since = dice.whole(HISTORY_START + 60 * DAY, AS_OF[WAVES])
        new_home = address(country, dice, home.city if dice.chance(0.6) else None)
        movers = household.members if dice.chance(0.7) else household.members[-1:]
        for person in movers:
            person.homes.append((since, new_home))
    if size > 1:
        _share(chunk, dice, household)
    return household


def households(chunk: Chunk, count: int) -> list[Household]:
    """Return households of exactly ``count`` people in all, and a few newcomers after wave 1."""
    dice = Dice(chunk.seed, chunk.index, "people")
    result: list[Household] = []
    left = count
    while left:
        size = 1
        if chunk.happens("household_shared", dice):
            size = dice.weighted(((2, 70.0), (3, 18.0), (4, 12.0)))
        size = min(size, left)
        result.append(_household(chunk, dice, size, is_newcomer=False))
        left -= size
    newcomers = max(1, count // 70)
    result.extend(_household(chunk, dice, 1, is_newcomer=True) for _ in range(newcomers))
    _make_alike(chunk, dice, result)
    _reuse_numbers(chunk, dice, result)
    return result


def _make_alike(chunk: Chunk, dice: Dice, all_households: list[Household]) -> None:
    """Turn some single people into near doubles of somebody else: same name, same city."""
    singles = [home.members[0] for home in all_households if len(home.members) == 1]
    for person in singles:
        if chunk.happens("alike", dice):
            model = dice.pick(singles)
            if model is person or model.country != person.country:
                continue
            person.given, person.family, person.gender = model.given, model.family, model.gender
            person.birth = model.birth + timedelta(days=dice.pick((-31, -10, -2, 3, 9, 30, 365)))
            since, _ = person.homes[0]
            city = model.homes[0][1].city
            person.homes[0] = (since, address(person.country, dice, city))
            person.emails[0] = (person.emails[0][0], _email(chunk, dice, person))


def _reuse_numbers(chunk: Chunk, dice: Dice, all_households: list[Household]) -> None:
    """Hand given-up mobile numbers to other people of the country, months later."""
    everybody = [person for home in all_households for person in home.members]
    for person in everybody:
        if len(person.mobiles) > 1 and chunk.happens("phone_reused", dice):
            given_up, number = person.mobiles[1][0], person.mobiles[0][1]
            heirs = [
                other
                for other in (dice.pick(everybody) for _ in range(30))
                if other.country == person.country
                and len(other.mobiles) == 1
                and other.joined_at > given_up + 60 * DAY
            ]
            if heirs:
                heirs[0].mobiles = [(HISTORY_START, number)]
