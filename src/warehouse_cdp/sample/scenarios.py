"""What waves 2 and 3 stage on purpose, each with a small cast whose records are otherwise clean.

Everybody else changes at random; here it is known beforehand which records must merge, split or
stay, so that a test can compare exact sets. ``truth/scenarios.csv`` names the records.
``play`` has the cast that is there from the beginning, ``play_later`` those who enter in wave 2:
they are made after everybody else, so that wave 1 is the same with and without them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warehouse_cdp.sample import behaviour, commerce, records
from warehouse_cdp.sample.clock import AS_OF, DAY, HISTORY_START, HOUR, NEVER, load_after
from warehouse_cdp.sample.commerce import Order, Purchase
from warehouse_cdp.sample.consent import consent_event, privacy_request
from warehouse_cdp.sample.dice import Dice
from warehouse_cdp.sample.people import Person, plain_person
from warehouse_cdp.sample.profiles import Profile, Version
from warehouse_cdp.sample.records import Record, Story

if TYPE_CHECKING:
    from warehouse_cdp.sample.catalogue import Catalogue
    from warehouse_cdp.sample.chunk import Chunk

CAST_SIZE = 14
SMALLEST_WITH_CAST = 100
"""Samples of fewer people have no room for the cast."""
_EARLY = HISTORY_START + 400 * DAY


class _Stage:
    """Makes clean records of cast members."""

    def __init__(self, chunk: Chunk, goods: Catalogue, dice: Dice) -> None:
        self.chunk = chunk
        self.goods = goods
        self.dice = dice
        self.cast: list[Person] = []

    def person(
        self, given: str, family: str, gender: str = "F", country: str = "GB", city: str = "Leeds"
    ) -> Person:
        """Add a member to the cast."""
        person = plain_person(self.chunk, self.dice, (given, family), gender, country, city)
        self.cast.append(person)
        return person

    def full(self, person: Person) -> Profile:
        """Return a profile with every field right."""
        return Profile(
            given=person.given, family=person.family, birth=person.birth,
            email=person.emails[0][1], email_kind="own",
            phone=person.mobiles[0][1], phone_kind="own", home=person.homes[0][1],
        )  # fmt: skip

    def account(
        self, person: Person, states: list[Version], key: str = "", gone: int = NEVER
    ) -> Record:
        """Emit a customer of the British shop."""
        story = Story(key or self.shop_key(), states, gone)
        return records.shop_customer(self.chunk, self.dice, person, "uk", states[0].at, story=story)

    def contact(self, person: Person, states: list[Version]) -> Record:
        """Emit a CRM contact."""
        story = Story(records.contact_id(self.chunk), states)
        return records.crm_contact(self.chunk, self.dice, person, states[0].at, story=story)

    def requester(self, person: Person, states: list[Version]) -> Record:
        """Emit somebody who asked the support for help."""
        key = str(360_000_000_000 + self.chunk.key("support/requesters"))
        return records.requester(self.chunk, self.dice, person, states[0].at, Story(key, states))

    def shop_key(self) -> str:
        """Return a new key of the British shop."""
        return str(10**12 + self.chunk.key("shop_uk/customers"))

    def state(
        self, source: str, at: int, profile: Profile, *, is_deleted: bool = False, late: int = 0
    ) -> Version:
        """Return a version loaded the night after, or at ``late`` if that is later."""
        return Version(at, max(load_after(at, source), late), profile, is_deleted)

    def order(self, person: Person, purchase: Purchase) -> Order:
        """Emit an online order of a cast member."""
        return commerce.order(self.chunk, self.dice, person, self.goods, purchase)

    def note(self, scenario: str, wave: int, person: Person, *keys: str) -> None:
        """Say in the truth what is staged, once its wave has come."""
        if wave <= self.chunk.wave:
            row = (scenario, str(wave), person.person_id, " ".join(keys))
            self.chunk.sink.truth("scenarios", row)


def play(chunk: Chunk, goods: Catalogue) -> list[Person]:
    """Emit every scenario of people known in wave 1 and return the cast."""
    stage = _Stage(chunk, goods, Dice(chunk.seed, "scenarios"))
    for scene in (
        _login_reveals, _bridge, _corrected_email, _key_reused, _oldest_deleted,
        _consent_withdrawn, _erasure, _changed, _vanished, _late, _new,
    ):  # fmt: skip
        scene(stage)
    return stage.cast


def play_later(chunk: Chunk, goods: Catalogue) -> list[Person]:
    """Emit the scenarios of people who enter in wave 2 and return them."""
    stage = _Stage(chunk, goods, Dice(chunk.seed, "later scenarios"))
    for scene in (_email_splits, _member_merged):
        scene(stage)
    for person in stage.cast:
        person.joined_at = AS_OF[1] + DAY
    return stage.cast


def _login_reveals(stage: _Stage) -> None:
    """Months of anonymous visits; a login in wave 2 says whose they were."""
    person = stage.person("Harriet", "Lockwood")
    account = stage.account(person, [stage.state("shop_uk", _EARLY, stage.full(person))])
    device = behaviour.browser(stage.chunk, "desktop")
    for number in range(9):
        when = AS_OF[1] - (10 + number * 17) * DAY
        visit = behaviour.Session(stage.chunk, stage.dice, device, when, person.person_id)
        behaviour.browse(stage.dice, visit, person, stage.goods)
    visit = behaviour.Session(
        stage.chunk, stage.dice, device, AS_OF[1] + 10 * DAY, person.person_id
    )
    visit.log_in(account)
    behaviour.settle_truth(stage.chunk, device)
    keys = (f"shop_uk:{account.key}", f"anonymous:{device.anonymous_id}")
    stage.note("login_reveals_past", 2, person, *keys)


def _bridge(stage: _Stage) -> None:
    """Two records with nothing but a given name in common; a third one shows they are one.

    In wave 3 the third one is deleted: what it had joined comes apart again.
    """
    person = stage.person("Elizabeth", "Marchbanks", city="Bristol")
    full = stage.full(person)
    online = replace(full, given="Liz", birth=None, home=None, phone="", phone_kind="")
    account = stage.account(person, [stage.state("shop_uk", _EARLY, online)])
    called = replace(full, family="Penhaligon", birth=None, email="", email_kind="")
    contact = stage.contact(person, [stage.state("crm", _EARLY, called)])
    # The name of the one with the e-mail of the other: a family name alone keeps records apart.
    joined, left = AS_OF[1] + 8 * DAY, AS_OF[2] + 11 * DAY
    both = replace(full, family="Penhaligon")
    states = [
        stage.state("loyalty", joined, both),
        stage.state("loyalty", left, both, is_deleted=True),
    ]
    member = records.loyalty_member(
        stage.chunk, stage.dice, person, joined, Story(records.card_number(stage.chunk), states)
    )
    keys = (f"shop_uk:{account.key}", f"crm:{contact.key}", f"loyalty:{member.key}")
    stage.note("record_bridges_two", 2, person, *keys)
    stage.note("bridge_deleted", 3, person, *keys)


def _corrected_email(stage: _Stage) -> None:
    """A record carries the e-mail of somebody of nearly the same name until it is corrected."""
    right = stage.person("Annette", "Fairbairn", city="Glasgow")
    other = stage.person("Annette", "Fairburn", city="Glasgow")
    owner = stage.account(other, [stage.state("shop_uk", _EARLY, stage.full(other))])
    full = stage.full(right)
    account = stage.account(right, [stage.state("shop_uk", _EARLY, full)])
    wrong = replace(
        full, email=other.emails[0][1], email_kind="broken", phone="", phone_kind="",
    )  # fmt: skip
    fixed = replace(wrong, email=full.email, email_kind="own")
    corrected = AS_OF[1] + 6 * DAY
    asker = stage.requester(
        right, [stage.state("support", _EARLY, wrong), stage.state("support", corrected, fixed)]
    )
    stage.note("corrected_email", 2, right, f"support:{asker.key}", f"shop_uk:{account.key}")
    stage.note("corrected_email", 2, other, f"shop_uk:{owner.key}")


def _key_reused(stage: _Stage) -> None:
    """A loyalty card is given up in wave 2 and the same number issued to another in wave 3."""
    first = stage.person("Malcolm", "Trevithick", "M", city="Cardiff")
    second = stage.person("Yasmin", "Bertrand", city="Norwich")
    account = stage.account(first, [stage.state("shop_uk", _EARLY, stage.full(first))])
    key = records.card_number(stage.chunk)
    given_up, issued = AS_OF[1] + 5 * DAY, AS_OF[2] + 9 * DAY
    left = stage.state("loyalty", given_up, stage.full(first), is_deleted=True)
    until = load_after(issued, "loyalty")
    dice = stage.dice
    # Old versions stay in the extract; the truth about the key changes hands.
    states = [stage.state("loyalty", _EARLY, stage.full(first)), left]
    old = records.loyalty_member(
        stage.chunk, dice, first, _EARLY, Story(key, states), truth_until=until
    )
    commerce.points(stage.chunk, dice, old, _EARLY + 30 * DAY, 45, "")
    new = [stage.state("loyalty", issued, stage.full(second))]
    records.loyalty_member(stage.chunk, dice, second, issued, Story(key, new))
    stage.note("key_reused", 3, first, f"loyalty:{key}", f"shop_uk:{account.key}")
    stage.note("key_reused", 3, second, f"loyalty:{key}")


def _oldest_deleted(stage: _Stage) -> None:
    """The oldest record, of the smallest key, is deleted; one smaller and older arrives late."""
    person = stage.person("Winifred", "Oakenshaw", city="Sheffield")
    full = stage.full(person)
    late_key, oldest_key, newer_key = sorted(stage.shop_key() for _ in range(3))
    deleted = AS_OF[1] + 4 * DAY
    stage.account(
        person,
        [
            stage.state("shop_uk", _EARLY, full),
            stage.state("shop_uk", deleted, full, is_deleted=True),
        ],
        oldest_key,
    )
    stage.account(person, [stage.state("shop_uk", _EARLY + 200 * DAY, full)], newer_key)
    arrival = load_after(AS_OF[1] + 7 * DAY, "shop_uk")
    stage.account(person, [stage.state("shop_uk", _EARLY - 90 * DAY, full, late=arrival)], late_key)
    keys = (f"shop_uk:{oldest_key}", f"shop_uk:{newer_key}", f"shop_uk:{late_key}")
    stage.note("oldest_deleted_smaller_late", 2, person, *keys)


def _consent_withdrawn(stage: _Stage) -> None:
    """E-mail marketing is granted before wave 1 and withdrawn in wave 2."""
    person = stage.person("Beatrice", "Holloway")
    account = stage.account(person, [stage.state("shop_uk", _EARLY, stage.full(person))])
    point, when = ("email", person.emails[0][1]), AS_OF[1] + 12 * DAY
    consent_event(
        stage.chunk, stage.dice, point, "marketing", "email", "granted", _EARLY, is_clean=True
    )
    consent_event(
        stage.chunk, stage.dice, point, "marketing", "email", "withdrawn", when, is_clean=True
    )
    stage.order(person, Purchase(AS_OF[1] - 30 * DAY, "uk", account))
    stage.note("consent_withdrawn", 2, person, f"shop_uk:{account.key}")


def _erasure(stage: _Stage) -> None:
    """An erasure is asked for in wave 3; the sources keep sending the rows."""
    person = stage.person("Cornelius", "Abernathy", "M", city="Edinburgh")
    full = stage.full(person)
    account = stage.account(person, [stage.state("shop_uk", _EARLY, full)])
    contact = stage.contact(person, [stage.state("crm", _EARLY, full)])
    stage.order(person, Purchase(_EARLY + 60 * DAY, "uk", account))
    received = AS_OF[2] + 5 * DAY
    privacy_request(stage.chunk, stage.dice, person, "erasure", received, "verified", is_clean=True)
    stage.note("erasure_requested", 3, person, f"shop_uk:{account.key}", f"crm:{contact.key}")


def _changed(stage: _Stage) -> None:
    """A customer moves: a new version of the record, the same person."""
    person = stage.person("Florence", "Dunmore", city="Manchester")
    mover = stage.person("Florence", "Dunmore", city="London")
    stage.account(mover, [stage.state("shop_uk", _EARLY, stage.full(mover))])
    old, when = stage.full(person), AS_OF[1] + 15 * DAY
    new_home = replace(person.homes[0][1], line_1="7 Station Road")
    person.homes.append((when, new_home))
    account = stage.account(
        person,
        [
            stage.state("shop_uk", _EARLY, old),
            stage.state("shop_uk", when, replace(old, home=new_home)),
        ],
    )
    stage.note("record_changed", 2, person, f"shop_uk:{account.key}")


def _vanished(stage: _Stage) -> None:
    """A record is gone from wave 2 on, without a deletion; in wave 3 the other is deleted."""
    person = stage.person("Rosalind", "Merriweather", city="Birmingham")
    gone = AS_OF[1] + DAY
    vanishing = stage.account(
        person, [stage.state("shop_uk", _EARLY, stage.full(person))], gone=gone
    )
    full, closed = stage.full(person), AS_OF[2] + 6 * DAY
    states = [
        stage.state("shop_uk", _EARLY + 90 * DAY, full),
        stage.state("shop_uk", closed, full, is_deleted=True),
    ]
    staying = stage.account(person, states)
    keys = (f"shop_uk:{vanishing.key}", f"shop_uk:{staying.key}")
    stage.note("record_vanished", 2, person, *keys)
    stage.note("last_record_deleted", 3, person, *keys)


def _late(stage: _Stage) -> None:
    """An order of months ago is loaded in wave 2 only."""
    person = stage.person("Sylvester", "Kingsnorth", "M", city="Norwich")
    account = stage.account(person, [stage.state("shop_uk", _EARLY, stage.full(person))])
    when, arrival = AS_OF[1] - 80 * DAY + 9 * HOUR, AS_OF[1] + 8 * DAY
    late = stage.order(person, Purchase(when, "uk", account, late_until=arrival))
    stage.note("late_order", 2, person, f"shop_uk:{account.key}", f"order_number:{late.number}")


def _new(stage: _Stage) -> None:
    """A known person appears in another source in wave 2: the customer grows, nothing merges."""
    person = stage.person("Philippa", "Ravenscroft", city="Leeds")
    full = stage.full(person)
    account = stage.account(person, [stage.state("shop_uk", _EARLY, full)])
    created = AS_OF[1] + 9 * DAY
    contact = stage.contact(person, [stage.state("crm", created, full)])
    stage.note("record_added", 2, person, f"shop_uk:{account.key}", f"crm:{contact.key}")


def _email_splits(stage: _Stage) -> None:
    """All there is of one person carries another's e-mail; corrected, it splits off."""
    owner = stage.person("Rosamund", "Thackeray", city="Norwich")
    right = stage.person("Rosamund", "Thackerey", city="Cardiff")
    joined, corrected = AS_OF[1] + 3 * DAY, AS_OF[2] + 8 * DAY
    full = stage.full(owner)
    account = stage.account(owner, [stage.state("shop_uk", joined, full)])
    contact = stage.contact(owner, [stage.state("crm", joined + DAY, full)])
    fixed = replace(stage.full(right), phone="", phone_kind="")
    wrong = replace(fixed, email=full.email, email_kind="broken")
    asked = AS_OF[1] + 7 * DAY
    asker = stage.requester(
        right, [stage.state("support", asked, wrong), stage.state("support", corrected, fixed)]
    )
    keys = (f"shop_uk:{account.key}", f"crm:{contact.key}")
    stage.note("email_splits", 3, owner, *keys)
    stage.note("email_splits", 3, right, f"support:{asker.key}")


def _member_merged(stage: _Stage) -> None:
    """Somebody with a full basket turns out to be the owner of two other records."""
    person = stage.person("Leonora", "Castellane", city="Edinburgh")
    full, joined = stage.full(person), AS_OF[1] + 2 * DAY
    online = replace(full, birth=None, home=None, phone="", phone_kind="")
    account = stage.account(person, [stage.state("shop_uk", joined, online)])
    called = replace(full, email="", email_kind="")
    contact = stage.contact(person, [stage.state("crm", joined, called)])
    member = records.loyalty_member(
        stage.chunk, stage.dice, person, joined,
        Story(records.card_number(stage.chunk), [stage.state("loyalty", joined, called)]),
    )  # fmt: skip
    asker = stage.requester(person, [stage.state("support", AS_OF[2] + 9 * DAY, full)])
    device = behaviour.browser(stage.chunk, "mobile")
    for wave in (2, 3):
        # Some rows are broken or late; a visit each on three days leaves a basket for certain.
        for days in (6, 10, 14):
            when = AS_OF[wave] - days * DAY
            visit = behaviour.Session(stage.chunk, stage.dice, device, when, person.person_id)
            visit.log_in(account, silently=True)
            product = stage.dice.pick(stage.goods.products[person.affinity])
            visit.event("add_to_cart", {"sku": product.sku})
    behaviour.settle_truth(stage.chunk, device)
    keys = (f"shop_uk:{account.key}", f"crm:{contact.key}", f"loyalty:{member.key}")
    stage.note("member_merged", 3, person, *keys, f"support:{asker.key}")
