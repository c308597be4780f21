"""Web and app events: sessions of people on their devices, anonymous until they log in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warehouse_cdp.sample.catalogue import CURRENCY, Catalogue, Product
from warehouse_cdp.sample.clock import iso
from warehouse_cdp.sample.emit import add, landed, odd_time, truth_of_interaction
from warehouse_cdp.sample.people import CATEGORIES, Person
from warehouse_cdp.sample.truth import Seen, knowable_events

if TYPE_CHECKING:
    from warehouse_cdp.sample.chunk import Chunk
    from warehouse_cdp.sample.commerce import Order
    from warehouse_cdp.sample.dice import Dice
    from warehouse_cdp.sample.records import Record

Json = dict[str, object]
UTM = (
    ("google", "cpc", "brand"), ("google", "cpc", "coffee_generic"), ("meta", "social", "spring"),
    ("instagram", "social", "home_ideas"), ("bing", "cpc", "brand"),
)  # fmt: skip


@dataclass(slots=True)
class Browser:
    """A cookie or an app installation, and everything seen on it."""

    anonymous_id: str
    device_type: str
    source: str = "web"
    seen: list[tuple[Seen, int]] = field(default_factory=list)


def browser(chunk: Chunk, device_type: str, source: str = "web") -> Browser:
    """Return a new cookie or app installation."""
    return Browser(f"{chunk.key(f'{source}/device'):010x}", device_type, source)


class Session:
    """A visit: events in order, with the account once somebody logs in."""

    def __init__(
        self,
        chunk: Chunk,
        dice: Dice,
        device: Browser,
        start: int,
        person_id: str,
        site: str = "uk",
    ) -> None:
        self._chunk = chunk
        self._dice = dice
        self._device = device
        self._person_id = person_id
        self._site = site
        self._session_id = f"{chunk.key(f'{device.source}/session'):010x}"[-8:]
        self._account: Record | None = None
        self.now = start

    def log_in(self, account: Record, *, silently: bool = False) -> None:
        """Attach the account: this and later events carry it."""
        self._account = account
        if not silently:
            self.event("login")

    def event(
        self, name: str, properties: Json | None = None, url: str = "",
        utm: tuple[str, str, str] | None = None, *, known_by_order: bool = False,
    ) -> None:  # fmt: skip
        """Emit one event a few seconds to minutes after the one before."""
        chunk, dice, device = self._chunk, self._dice, self._device
        self.now += dice.whole(3, 150)
        source = device.source
        moment = odd_time(chunk, dice, self.now)
        payload = (self._web if source == "web" else self._app)(name, moment, properties, url, utm)
        text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
        is_broken = chunk.happens("broken_json", dice)
        if is_broken:
            text = text[: len(text) * 2 // 3]
        event_id = f"{chunk.key(f'{source}/events'):010x}"
        loaded = landed(chunk, dice, self.now, source)
        received = iso(self.now + dice.whole(0, 3))
        add(chunk, dice, f"{source}/events", loaded, (event_id, received, text))
        seen = Seen(source, event_id, self.now, self._person_id)
        if is_broken:
            reason, person = "broken_json", seen.person_id
            truth_of_interaction(chunk, loaded, (source, "event", event_id), person, reason)
            return
        if self._account:
            seen.login = self._account.person.person_id
            seen.login_is_resolvable = self._account.is_resolvable
        seen.email = "known" if known_by_order else ""
        device.seen.append((seen, loaded))

    def _web(
        self, name: str, moment: int, properties: Json | None, url: str,
        utm: tuple[str, str, str] | None,
    ) -> Json:  # fmt: skip
        payload: Json = {
            "type": name, "anonymousId": self._device.anonymous_id, "sessionId": self._session_id,
        }  # fmt: skip
        if self._account:
            payload["userId"] = self._account.key
        payload |= {"timestamp": iso(moment), "site": self._site}
        if url:
            page: Json = {"url": url}
            if utm:
                page["referrer"] = f"https://{utm[0]}.com/" if utm[1] != "email" else ""
            payload["page"] = page
        if utm:
            payload["utm"] = {"source": utm[0], "medium": utm[1], "campaign": utm[2]}
        if properties:
            payload["properties"] = properties
        payload["context"] = {"deviceType": self._device.device_type}
        return payload

    def _app(
        self, name: str, moment: int, properties: Json | None, _url: str,
        _utm: tuple[str, str, str] | None,
    ) -> Json:  # fmt: skip
        payload: Json = {
            "event": _APP_NAME[name], "device_id": self._device.anonymous_id,
            "session": self._session_id,
        }  # fmt: skip
        if self._account:
            payload["member_card"] = self._account.key
        payload |= {"ts": moment * 1000 + 137, "platform": self._device.device_type}
        if properties:
            payload["props"] = properties
        return payload


_APP_NAME = {
    "page_view": "screen", "product_view": "product", "search": "search",
    "add_to_cart": "cart_add", "checkout_started": "checkout_start",
    "checkout_abandoned": "checkout_abandon", "purchase": "purchase", "login": "login",
}  # fmt: skip


def _slug(product: Product) -> str:
    return "/p/" + product.title.lower().replace(" ", "-").replace("'", "")


def browse(
    dice: Dice, visit: Session, person: Person | None, goods: Catalogue,
    utm: tuple[str, str, str] | None = None,
) -> None:  # fmt: skip
    """Emit a visit without a purchase; some of these leave a cart or a checkout behind."""
    category = person.affinity if person and dice.chance(0.75) else dice.pick(CATEGORIES)
    visit.event("page_view", url=dice.pick(("/", f"/c/{category}")), utm=utm)
    if dice.chance(0.15):
        visit.event("search", {"query": dice.pick((category, "sale", "gift", "spare part"))})
    product = dice.pick(goods.products[category])
    if dice.chance(0.6):
        visit.event("product_view", {"sku": product.sku}, url=_slug(product))
    if dice.chance(0.2):
        visit.event("add_to_cart", {"sku": product.sku})
        if dice.chance(0.45):
            visit.event("checkout_started")
            if dice.chance(0.5):
                visit.event("checkout_abandoned")


def buy(
    dice: Dice, visit: Session, bought: Order, account: Record | None, *, is_logged_in: bool
) -> None:
    """Emit the visit that led to an online order."""
    product = bought.lines[0].product
    utm = dice.pick(UTM) if dice.chance(0.3) else None
    if bought.campaign:
        utm = ("newsletter", "email", bought.campaign)
    if account and is_logged_in:
        visit.log_in(account, silently=True)
    visit.event("page_view", url=_slug(product), utm=utm)
    visit.event("add_to_cart", {"sku": product.sku})
    if account and not is_logged_in:
        visit.log_in(account)
    properties: Json = {
        "order_number": bought.number, "value": bought.total / 100,
        "currency": CURRENCY[bought.site],
    }  # fmt: skip
    if not account:
        properties["email"] = bought.email
    visit.event("purchase", properties, known_by_order=not bought.reason)


def settle_truth(chunk: Chunk, device: Browser) -> None:
    """Write the truth about everything seen on a device by the time of this wave."""
    in_wave = [seen for seen, loaded in device.seen if chunk.sink.is_in(loaded)]
    for seen, is_knowable, why in knowable_events(in_wave):
        known = "true" if is_knowable else "false"
        chunk.sink.truth(
            "interactions", (seen.source, "event", seen.event_id, seen.person_id, known, why)
        )
