"""Orders in the shops and receipts at the tills, with lines, refunds and returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.sample.catalogue import CURRENCY, SHOPS, Catalogue, Product
from warehouse_cdp.sample.chunk import Chunk, base_36
from warehouse_cdp.sample.clock import AS_OF, DAY, HOUR, WAVES, iso, local_iso, shop_time
from warehouse_cdp.sample.emit import (
    add,
    bad_time,
    known_value,
    landed,
    odd_time,
    truth_of_interaction,
    truth_of_record,
)  # fmt: skip
from warehouse_cdp.sample.people import CATEGORIES, Person
from warehouse_cdp.sample.profiles import SHOP_PHONES, Needs, Profile, draw, draw_phone
from warehouse_cdp.sample.truth import why_unresolvable

if TYPE_CHECKING:
    from warehouse_cdp.sample.dice import Dice
    from warehouse_cdp.sample.records import Record

_VAT = {"GB": 20, "DE": 19}


@dataclass(slots=True)
class Line:
    """One article in a basket, amounts in cents."""

    product: Product
    quantity: int
    discount: int

    @property
    def total(self) -> int:
        """Return what is paid for the line."""
        return self.product.cents * self.quantity - self.discount


@dataclass(frozen=True, slots=True)
class Purchase:
    """When and in which shop somebody buys: by an account or as a guest, led by a campaign or not.

    ``late_until`` is a moment before which the order is not loaded; ``with_main_email`` is for
    somebody who writes down the main e-mail on purpose.
    """

    at: int
    site: str
    account: Record | None
    campaign: str = ""
    late_until: int = 0
    with_main_email: bool = False


@dataclass(slots=True)
class Order:
    """An online order as its web session and its till receipt need it."""

    at: int
    site: str
    number: str
    total: int
    email: str
    reason: str
    lines: list[Line]
    record: Record | None
    campaign: str


def money(cents: int, site: str = "uk") -> str:
    """Return an amount as the site writes it: 1234.56 or 1.234,56."""
    sign, cents = ("-" if cents < 0 else ""), abs(cents)
    if site == "uk":
        return f"{sign}{cents // 100}.{cents % 100:02d}"
    return f"{sign}{cents // 100:,}".replace(",", ".") + f",{cents % 100:02d}"


def vat(cents: int, country: str) -> int:
    """Return the value-added tax contained in an amount."""
    return round(cents * _VAT[country] / (100 + _VAT[country]))


def basket(chunk: Chunk, dice: Dice, person: Person, goods: Catalogue) -> list[Line]:
    """Return what a person buys: mostly from the favourite category."""
    lines: dict[str, Line] = {}
    for _ in range(1 + dice.count(0.6, 4)):
        category = person.affinity
        if not chunk.happens("keeps_to_affinity", dice):
            category = dice.pick(CATEGORIES)
        product = dice.pick(goods.products[category])
        quantity = 1 if product.cents > 10_000 else dice.weighted(((1, 75.0), (2, 18.0), (4, 7.0)))
        discount = product.cents * quantity // 10 if dice.chance(0.15) else 0
        lines[product.sku] = Line(product, quantity, discount)
    return list(lines.values())


def order(chunk: Chunk, dice: Dice, person: Person, goods: Catalogue, purchase: Purchase) -> Order:
    """Emit an online order: by an account, or by a guest, which makes a person record."""
    when, site, account = purchase.at, purchase.site, purchase.account
    source, country = f"shop_{site}", "GB" if site == "uk" else "DE"
    key = str(5 * 10**12 + chunk.key(f"{source}/orders"))
    number = f"{site.upper()}{base_36(chunk.key(f'{source}/number'), 8).upper()}"
    needs = Needs(home=True, home_required=True, email_required=True, bare=True)
    profile = draw(chunk, dice, person, when, needs)
    if purchase.with_main_email:
        profile.email, profile.email_kind = person.email_at(when), "own"
    lines = basket(chunk, dice, person, goods)
    is_collected = person.country == country and chunk.happens("click_and_collect", dice)
    subtotal = sum(line.product.cents * line.quantity for line in lines)
    discounts = sum(line.discount for line in lines)
    shipping = 0 if is_collected or subtotal > 5_000 else 495
    total = subtotal - discounts + shipping
    status = dice.weighted((("paid", 93.0), ("pending", 2.0), ("voided", 1.5), ("refunded", 3.5)))
    loaded = max(landed(chunk, dice, when, source), purchase.late_until)
    home = profile.home
    seen_at = odd_time(chunk, dice, when)
    values = [
        key, number, account.key if account else "", profile.email, profile.phone, profile.name,
        home.line_1 if home else "", home.line_2 if home else "", home.city if home else "",
        home.postal_code if home else "", home.country if home else "", CURRENCY[site],
        money(subtotal, site), money(discounts, site), money(vat(total, country), site),
        money(shipping, site), money(total, site), known_value(chunk, dice, status),
        "click_and_collect" if is_collected else "ship", "false",
        bad_time(chunk, dice, shop_time(seen_at, site)), shop_time(seen_at, site),
        shop_time(when + 5 * HOUR, site) if status == "voided" else "",
    ]  # fmt: skip
    if status == "refunded":
        paid = [*values[:17], "paid", *values[18:]]
        add(chunk, dice, f"{source}/orders", loaded, paid)
        refunded_at = when + dice.whole(4, 25) * DAY
        values[21] = shop_time(refunded_at, site)
        _refund(chunk, dice, source, key, lines, refunded_at, loaded)
        chunk.sink.row(f"{source}/orders", loaded + (refunded_at - when) // DAY * DAY, values)
    else:
        add(chunk, dice, f"{source}/orders", loaded, values)
    _order_lines(chunk, source, site, country, key, lines, loaded)
    if account:
        reason = account.reason
    else:
        reason = why_unresolvable([profile])
        record = (source, "interaction", f"order/{key}")
        truth_of_record(chunk, loaded, record, person.person_id, reason)
    truth_of_interaction(chunk, loaded, (source, "order", key), person.person_id, reason)
    result = Order(
        when, site, number, total, profile.email, reason, lines, account, purchase.campaign
    )
    if is_collected:
        _collect(chunk, dice, person, result, country)
    return result


def _order_lines(
    chunk: Chunk, source: str, site: str, country: str, key: str, lines: list[Line], loaded: int
) -> None:
    for place, line in enumerate(lines, 1):
        chunk.sink.row(
            f"{source}/order_lines", loaded,
            (
                f"{key}{place:02d}", key, str(place), line.product.ids[site], line.product.sku,
                line.product.title, str(line.quantity), money(line.product.cents, site),
                money(line.discount, site), money(vat(line.total, country), site),
            ),
        )  # fmt: skip


def _refund(
    chunk: Chunk, dice: Dice, source: str, key: str, lines: list[Line], when: int, loaded: int
) -> None:
    site = source[-2:]
    for place, line in enumerate(lines, 1):
        refund_key = str(7 * 10**12 + chunk.key(f"{source}/refunds"))
        reason = dice.pick(("damaged", "changed_mind", "wrong_item", "late"))
        chunk.sink.row(
            f"{source}/refunds", max(loaded, loaded + (when - loaded) // DAY * DAY + DAY),
            (
                refund_key, key, f"{key}{place:02d}", str(line.quantity),
                money(line.total, site), reason, shop_time(when, site),
            ),
        )  # fmt: skip


def _collect(chunk: Chunk, dice: Dice, person: Person, online: Order, country: str) -> None:
    """Emit the till receipt that repeats an online order when it is collected."""
    when = online.at + dice.whole(1, 4) * DAY
    receipt(chunk, dice, person, when, country, online.lines, online=online)


def receipt(
    chunk: Chunk, dice: Dice, person: Person, when: int, country: str, lines: list[Line],
    *, card: Record | None = None, online: Order | None = None,
) -> str:  # fmt: skip
    """Emit a till receipt, by card, by phone, for an online order, or by nobody in particular."""
    number = f"{country}{base_36(chunk.key('pos/receipts'), 8).upper()}"
    phone, kind = "", ""
    if not card and not online and chunk.happens("receipt_phone", dice):
        if chunk.happens("receipt_shop_phone", dice):
            phone, kind = dice.pick(SHOP_PHONES[country]), "junk"
        else:
            phone, kind = draw_phone(chunk, dice, person, when)
    loaded = landed(chunk, dice, when, "pos")
    store, discounts = dice.pick(SHOPS[country]), sum(line.discount for line in lines)
    total = sum(line.total for line in lines)
    sold_at = bad_time(chunk, dice, local_iso(odd_time(chunk, dice, when), country))
    payment = known_value(chunk, dice, "web" if online else dice.pick(("card", "card", "cash")))
    add(
        chunk, dice, "pos/receipts", loaded,
        (
            number, "sale", "", store, country, f"{store}-{dice.whole(1, 4)}", sold_at,
            card.key if card else "", phone, online.number if online else "",
            "GBP" if country == "GB" else "EUR", money(total), money(discounts),
            money(vat(total, country)), payment,
        ),
    )  # fmt: skip
    _receipt_lines(chunk, number, country, lines, loaded)
    if phone:
        profile = Profile(phone=phone, phone_kind=kind)
        record = ("pos", "interaction", f"receipt/{number}")
        truth_of_record(chunk, loaded, record, person.person_id, why_unresolvable([profile]))
        reason = why_unresolvable([profile])
    elif card:
        reason = card.reason
    else:
        reason = online.reason if online else "no_identifier"
    truth_of_interaction(chunk, loaded, ("pos", "receipt", number), person.person_id, reason)
    if not online and dice.chance(0.04):
        _return(chunk, dice, person, when, country, lines[0], (number, store, card, reason))
    return number


def _receipt_lines(
    chunk: Chunk, number: str, country: str, lines: list[Line], loaded: int, sign: int = 1
) -> None:
    for place, line in enumerate(lines, 1):
        chunk.sink.row(
            "pos/receipt_lines", loaded,
            (
                number, str(place), line.product.sku, line.product.title,
                str(sign * line.quantity), money(line.product.cents),
                money(sign * line.discount), money(sign * vat(line.total, country)),
            ),
        )  # fmt: skip


def _return(
    chunk: Chunk, dice: Dice, person: Person, when: int, country: str, line: Line,
    sale: tuple[str, str, Record | None, str],
) -> None:  # fmt: skip
    """Emit a return of one line: a receipt with negative quantity, total and tax."""
    original, store, card, reason = sale
    number = f"{country}{base_36(chunk.key('pos/receipts'), 8).upper()}"
    moment = when + dice.whole(2, 27) * DAY
    loaded = landed(chunk, dice, moment, "pos")
    chunk.sink.row(
        "pos/receipts", loaded,
        (
            number, "return", original, store, country, f"{store}-1", local_iso(moment, country),
            card.key if card else "", "", "", "GBP" if country == "GB" else "EUR",
            money(-line.total), money(-line.discount), money(-vat(line.total, country)), "card",
        ),
    )  # fmt: skip
    _receipt_lines(chunk, number, country, [line], loaded, sign=-1)
    known = card.reason if card else reason or "no_identifier"
    if not card:
        known = "no_identifier"
    truth_of_interaction(chunk, loaded, ("pos", "receipt", number), person.person_id, known)


def points(chunk: Chunk, dice: Dice, card: Record, when: int, amount: int, receipt_no: str) -> None:
    """Emit a movement on a loyalty card: earned by a receipt, or redeemed, given or expired."""
    key = base_36(chunk.key("loyalty/points"), 9)
    reason = "purchase"
    if not receipt_no:
        reason = dice.pick(("redeemed", "bonus", "expired"))
    loaded = landed(chunk, dice, when, "loyalty")
    value = -amount if reason in {"redeemed", "expired"} else amount
    moment = bad_time(chunk, dice, iso(when))
    row = (key, card.key, str(value), known_value(chunk, dice, reason), receipt_no, moment)
    add(chunk, dice, "loyalty/points", loaded, row)
    known = ("loyalty", "event", key)
    truth_of_interaction(chunk, loaded, known, card.person.person_id, card.reason)


def till_purchase(
    chunk: Chunk, dice: Dice, person: Person, goods: Catalogue, when: int, card: Record | None
) -> None:
    """Emit a purchase in a shop of the person's country."""
    lines = basket(chunk, dice, person, goods)
    total = sum(line.total for line in lines)
    has_card = card is not None and when > card.created and chunk.happens("receipt_card", dice)
    used = card if has_card else None
    number = receipt(chunk, dice, person, when, person.country, lines, card=used)
    if used:
        points(chunk, dice, used, when, max(total // 100, 1), number)
        if dice.chance(0.08):
            points(chunk, dice, used, when + DAY, 100, "")


def purchase_times(dice: Dice, person: Person) -> list[int]:
    """Return when a person buys by own impulse, until they leave."""
    end = min(person.left_at, AS_OF[WAVES])
    moment = person.joined_at + dice.whole(0, 50) * DAY
    result = []
    gap = 365.0 / person.orders_a_year
    while moment < end:
        result.append(moment // DAY * DAY + dice.whole(6 * HOUR, 21 * HOUR))
        moment += int((0.3 + 1.4 * dice.random()) * gap * DAY) + DAY
    return [when for when in result if when < end]
