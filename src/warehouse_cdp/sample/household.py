"""Tells one household's whole story: records in the sources, purchases, visits, words, consent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warehouse_cdp.sample import behaviour, commerce, records, service
from warehouse_cdp.sample.clock import AS_OF, DAY, HOUR, NEVER, WAVES
from warehouse_cdp.sample.consent import consents
from warehouse_cdp.sample.dice import Dice
from warehouse_cdp.sample.email_channel import campaign_events, unsubscribe

if TYPE_CHECKING:
    from warehouse_cdp.sample.catalogue import Catalogue
    from warehouse_cdp.sample.chunk import Chunk
    from warehouse_cdp.sample.people import Household, Person
    from warehouse_cdp.sample.records import Record

END = AS_OF[WAVES]


@dataclass(slots=True)
class Presence:
    """Where a person is on record, and the devices they use."""

    person: Person
    site: str
    account: Record | None = None
    contact: Record | None = None
    card: Record | None = None
    asker: Record | None = None
    subscriber: Record | None = None
    clicks: list[tuple[int, str]] = field(default_factory=list)
    browsers: list[behaviour.Browser] = field(default_factory=list)
    app: behaviour.Browser | None = None
    kept: str = ""
    """Source of the record that the person keeps right; "order": no account, so by orders."""

    @property
    def shop(self) -> str:
        """Return the source of the shop that the person buys in."""
        return f"shop_{self.site}"

    def keep(self, source: str, created: int) -> None:
        """Note a new record as the one that is kept right, if it is of that source."""
        if source == self.kept:
            self.person.current_in = (source, created)


def _site(dice: Dice, person: Person) -> str:
    if person.country in {"GB", "IE"}:
        return "uk"
    if person.country in {"DE", "AT"}:
        return "de"
    return "uk" if dice.chance(0.45) else "de"


def _soon(dice: Dice, person: Person, days: int = 120) -> int:
    """Return a moment within some days of joining, never after the last wave."""
    latest = min(days * DAY, max(END - person.joined_at - DAY, HOUR))
    return person.joined_at + int(latest * dice.random())


def _twice(chunk: Chunk, dice: Dice, first: int) -> int | None:
    """Return when a second record of the person is made in the same source, if one is."""
    if not chunk.happens("duplicate_record", dice):
        return None
    return first + dice.whole(10, 300) * DAY


def _kept_right(chunk: Chunk, person: Person, records_in: tuple[tuple[str, bool], ...]) -> str:
    """Return in which source a person keeps e-mail and address right, if anywhere.

    The account first, then card and contact; a support requester has no address, so that
    somebody who is nothing else gives it with an order.
    """
    if not chunk.happens("keeps_current", Dice(chunk.seed, "keeps current", person.person_id)):
        return ""
    present = [source for source, is_there in records_in if is_there]
    return present[0] if present else "order"


def _register(chunk: Chunk, dice: Dice, here: Presence, goods: Catalogue) -> None:
    person = here.person
    has_account = dice.chance(0.62)
    has_contact = dice.chance(0.40)
    has_card = dice.chance(0.44 if person.country in {"GB", "DE"} else 0.08)
    has_newsletter = dice.chance(0.40)
    asks = person.complains_at < NEVER or dice.chance(0.13)
    if not (has_account or has_contact or has_card or has_newsletter or asks):
        has_account = True
    has_account = has_account or person.has_namesake
    here.kept = _kept_right(
        chunk, person,
        ((here.shop, has_account), ("loyalty", has_card), ("crm", has_contact), ("support", asks)),
    )  # fmt: skip
    if has_account:
        created = _soon(dice, person)
        here.keep(here.shop, created)
        here.account = records.shop_customer(chunk, dice, person, here.site, created)
        again = _twice(chunk, dice, created)
        if again:
            records.shop_customer(chunk, dice, person, here.site, again)
    if has_contact:
        created = _soon(dice, person)
        here.keep("crm", created)
        here.contact = records.crm_contact(chunk, dice, person, created)
        again = _twice(chunk, dice, created)
        if again:
            is_merged = chunk.happens("crm_merge", dice)
            master = here.contact.key if is_merged else ""
            records.crm_contact(chunk, dice, person, again, master=master)
    if has_card:
        created = _soon(dice, person)
        here.keep("loyalty", created)
        here.card = records.loyalty_member(chunk, dice, person, created)
        again = _twice(chunk, dice, created)
        if again:
            records.loyalty_member(chunk, dice, person, again)
    if has_newsletter:
        _subscribe(chunk, dice, here, goods)
    if asks:
        first = min(person.complains_at - DAY, _soon(dice, person, 500))
        created = max(first, person.joined_at)
        here.keep("support", created)
        here.asker = records.requester(chunk, dice, person, created)


def _subscribe(chunk: Chunk, dice: Dice, here: Presence, goods: Catalogue) -> None:
    person = here.person
    created = _soon(dice, person, 200)
    email = person.email_at(created)
    if person.other_emails and dice.chance(0.12):
        email = dice.pick(person.other_emails)
    if dice.chance(0.1):
        email = email.upper() if dice.chance(0.3) else email.capitalize()
    until = created + dice.whole(60, 700) * DAY if dice.chance(0.16) else NEVER
    until = until if until < END else NEVER
    who = records.subscriber(chunk, dice, person, email, "own", created, until)
    here.subscriber = who
    here.clicks = [
        (when, campaign.utm) for when, campaign in campaign_events(chunk, dice, who, goods, until)
    ]
    if until < NEVER:
        unsubscribe(chunk, dice, who, goods, until)


def _purchases(chunk: Chunk, dice: Dice, here: Presence, goods: Catalogue) -> None:
    person = here.person
    buys_at_till = person.country in {"GB", "DE"}
    for when in commerce.purchase_times(dice, person):
        if buys_at_till and dice.chance(0.45):
            commerce.till_purchase(chunk, dice, person, goods, when, here.card)
        else:
            _online_purchase(chunk, dice, here, goods, when, "")
    if here.kept in {"order", "support"}:
        _orders_to_new_home(chunk, here, goods)
    for when, campaign in here.clicks:
        if when < person.left_at and chunk.happens("buys_after_click", dice):
            _online_purchase(chunk, dice, here, goods, when + 15 * 60, campaign)
        else:
            device = dice.pick(here.browsers)
            visit = behaviour.Session(chunk, dice, device, when, person.person_id, here.site)
            visit.event("page_view", url="/c/new", utm=("newsletter", "email", campaign))


def _orders_to_new_home(chunk: Chunk, here: Presence, goods: Catalogue) -> None:
    """Emit the orders by which somebody without an account leaves e-mail and address.

    One soon after joining and one after each change, as long as the person buys at all.
    """
    person = here.person
    dice = Dice(chunk.seed, "orders to new home", person.person_id)
    for moment in [person.joined_at, *person.changes()]:
        when = moment // DAY * DAY + dice.whole(2, 30) * DAY + dice.whole(6 * HOUR, 21 * HOUR)
        if person.joined_at <= moment and when < min(person.left_at, END):
            purchase = commerce.Purchase(when, here.site, None, with_main_email=True)
            commerce.order(chunk, dice, person, goods, purchase)


def _online_purchase(
    chunk: Chunk, dice: Dice, here: Presence, goods: Catalogue, when: int, campaign: str
) -> None:
    person = here.person
    account = here.account if here.account and here.account.created < when else None
    if account and not person.has_namesake and chunk.happens("guest_order", dice):
        account = None
    purchase = commerce.Purchase(when, here.site, account, campaign)
    bought = commerce.order(chunk, dice, person, goods, purchase)
    if dice.chance(0.8):
        device = dice.pick(here.browsers)
        start = when - 5 * 60
        visit = behaviour.Session(chunk, dice, device, start, person.person_id, here.site)
        behaviour.buy(dice, visit, bought, account, is_logged_in=dice.chance(0.5))


def _visits(chunk: Chunk, dice: Dice, here: Presence, goods: Catalogue) -> None:
    """Emit visits without a purchase; who announced to leave often comes back to look."""
    person = here.person
    times = []
    for _ in range(dice.count(1.1, 8)):
        moment = person.joined_at + int((END - person.joined_at) * dice.random())
        if moment < person.left_at or dice.chance(0.2):
            times.append(moment)
    if dice.chance(0.10):
        lately = AS_OF[dice.whole(1, WAVES)] - dice.whole(DAY, 7 * DAY)
        times += [lately] if lately > person.joined_at else []
    if person.says_so and dice.chance(0.6):
        times.append(min(person.left_at + dice.whole(2, 40) * DAY, END - DAY))
    for when in times:
        device = dice.pick(here.browsers)
        visit = behaviour.Session(chunk, dice, device, when, person.person_id, here.site)
        if here.account and here.account.created < when and dice.chance(0.4):
            visit.log_in(here.account)
        utm = dice.pick(behaviour.UTM) if dice.chance(0.35) else None
        behaviour.browse(dice, visit, person, goods, utm)
    if here.app and here.card:
        installed = here.card.created + dice.whole(1, 60) * DAY
        for number in range(1 + dice.count(2.0, 10)):
            when = installed + int(max(END - installed, DAY) * dice.random() * 0.98)
            visit = behaviour.Session(chunk, dice, here.app, when, person.person_id)
            if number == 0 or dice.chance(0.7):
                visit.log_in(here.card, silently=number > 0)
            behaviour.browse(dice, visit, person, goods)


def _words(chunk: Chunk, dice: Dice, here: Presence) -> None:
    person = here.person
    complains = person.complains_at < END
    if here.asker:
        if complains:
            when = person.complains_at
            writes = person.says_so and (here.contact is None or dice.chance(0.7))
            service.ticket(chunk, dice, here.asker, when, complains=True, leaves=writes)
        for _ in range(dice.count(0.7, 4) + (0 if complains else 1)):
            when = here.asker.created + int((END - here.asker.created) * dice.random())
            service.ticket(chunk, dice, here.asker, when, complains=False, leaves=False)
    if here.contact and (dice.chance(0.25) or person.says_so):
        when = here.contact.created + int((END - here.contact.created) * dice.random())
        says_now = person.says_so and dice.chance(0.8)
        when = max(person.complains_at + DAY, here.contact.created) if says_now else when
        service.call_note(chunk, dice, here.contact, when, leaves=says_now)
    if dice.chance(0.1):
        when = _soon(dice, person, 700)
        referral = records.referral_code(here.card.key) if here.card and dice.chance(0.2) else ""
        is_unhappy = complains and when > person.complains_at
        service.survey(chunk, dice, person, when, referral, is_unhappy=is_unhappy)
    if dice.chance(0.09):
        created = _soon(dice, person, 300)
        profile, network = records.social_profile(chunk, dice, person, created)
        for _ in range(1 + dice.count(0.8, 5)):
            when = created + int((END - created) * dice.random())
            is_unhappy = complains and when > person.complains_at
            service.social(chunk, dice, profile, network, when, is_unhappy=is_unhappy)
    if dice.chance(0.3 if person.affinity == "coffee" else 0.05):
        machine = records.device(chunk, dice, person, _soon(dice, person, 400))
        service.telemetry(chunk, dice, machine)


def _tablet(chunk: Chunk, dice: Dice, pair: list[Presence], goods: Catalogue) -> None:
    """Emit visits of two people on one tablet, on which both log in."""
    tablet = behaviour.browser(chunk, "tablet")
    start = max(here.person.joined_at for here in pair) + 120 * DAY
    for number in range(dice.whole(4, 9)):
        here = pair[number % 2] if number < 2 else dice.pick(pair)
        when = start + int(max(END - start, DAY) * dice.random())
        visit = behaviour.Session(chunk, dice, tablet, when, here.person.person_id, here.site)
        account = here.account
        if account and account.created < when and (number < 2 or dice.chance(0.6)):
            visit.log_in(account)
        behaviour.browse(dice, visit, here.person, goods)
    behaviour.settle_truth(chunk, tablet)


def live(chunk: Chunk, number: int, household: Household, goods: Catalogue) -> None:
    """Emit everything about one household."""
    dice = Dice(chunk.seed, chunk.index, "household", number)
    present = []
    for person in household.members:
        here = Presence(person, _site(dice, person))
        devices = dice.weighted(((("mobile",), 55.0), (("mobile", "desktop"), 35.0),
                                 (("mobile", "desktop", "mobile"), 10.0)))  # fmt: skip
        here.browsers = [behaviour.browser(chunk, kind) for kind in devices]
        _register(chunk, dice, here, goods)
        if here.card and dice.chance(0.35):
            here.app = behaviour.browser(chunk, dice.pick(("ios", "android")), "app")
        _purchases(chunk, dice, here, goods)
        _visits(chunk, dice, here, goods)
        _words(chunk, dice, here)
        consents(chunk, dice, person)
        for device in [*here.browsers, *([here.app] if here.app else [])]:
            behaviour.settle_truth(chunk, device)
        present.append(here)
    if household.has_tablet and present[0].account and present[1].account:
        _tablet(chunk, dice, present[:2], goods)
