"""Rows that belong to the company, not to a customer: range, campaigns, ads, accounts, tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.sample import behaviour, commerce
from warehouse_cdp.sample.catalogue import CURRENCY, Catalogue, product_type
from warehouse_cdp.sample.chunk import Chunk, base_36
from warehouse_cdp.sample.clock import (
    AS_OF,
    DAY,
    HISTORY_START,
    WAVES,
    day_text,
    iso,
    load_after,
    shop_time,
)  # fmt: skip
from warehouse_cdp.sample.emit import truth_of_interaction, truth_of_record
from warehouse_cdp.sample.employers import EMPLOYERS, account_id

if TYPE_CHECKING:
    from warehouse_cdp.sample.dice import Dice


def company_rows(chunk: Chunk, dice: Dice, goods: Catalogue) -> None:
    """Emit products, campaigns, advertising and business accounts."""
    _products(chunk, dice, goods)
    _campaigns(chunk, goods)
    _advertising(chunk, dice)
    _accounts(chunk, dice)


def _products(chunk: Chunk, dice: Dice, goods: Catalogue) -> None:
    first = HISTORY_START - 40 * DAY
    for products in goods.products.values():
        for product in products:
            for site in CURRENCY:
                source = f"shop_{site}"
                row = [
                    product.ids[site], product.sku, product.title,
                    product_type(product.category, site), product.brand,
                    commerce.money(product.cents, site), "active", shop_time(first, site),
                    shop_time(first, site),
                ]  # fmt: skip
                chunk.sink.row(f"{source}/products", load_after(first, source), row)
                if dice.chance(0.12):
                    moment = HISTORY_START + dice.whole(200, 940) * DAY
                    row[6], row[8] = "archived", shop_time(moment, site)
                    chunk.sink.row(f"{source}/products", load_after(moment, source), row)


def _campaigns(chunk: Chunk, goods: Catalogue) -> None:
    for campaign in goods.campaigns:
        chunk.sink.row(
            "email/campaigns", load_after(campaign.sent_at, "email"),
            (
                campaign.campaign_id, campaign.name, campaign.subject, "email", campaign.utm,
                str(campaign.sent_at),
            ),
        )  # fmt: skip


def _advertising(chunk: Chunk, dice: Dice) -> None:
    platforms = {"google": "google", "meta": "meta", "instagram": "meta", "bing": "google"}
    for moment in range(AS_OF[1] - 180 * DAY, AS_OF[WAVES], 3 * DAY):
        for source, _, utm in behaviour.UTM:
            impressions = dice.whole(2_000, 20_000)
            clicks = impressions * dice.whole(5, 30) // 1_000
            chunk.sink.row(
                "ads/spend", load_after(moment, "ads"),
                (
                    day_text(moment), platforms[source], f"{source}-{utm}",
                    utm.replace("_", " ").title(), utm, str(impressions), str(clicks),
                    commerce.money(clicks * dice.whole(20, 90)),
                    "GBP" if utm == "brand" else "EUR",
                ),
            )  # fmt: skip


def _accounts(chunk: Chunk, dice: Dice) -> None:
    for place, employer in enumerate(EMPLOYERS):
        name = employer.name
        created = HISTORY_START + dice.whole(0, 300) * DAY
        website = "https://www." + name.split()[0].lower().replace("é", "e") + ".example"
        row = {
            "id": account_id(chunk, place), "name": name,
            "website": website.replace("ä", "ae"),
            "industry": dice.pick(("Hospitality", "Offices")),
            "employee_count": str(dice.whole(5, 400)), "billing_city": employer.city,
            "billing_postal_code": employer.postal_code,
            "billing_country": employer.country_as_typed,
            "created_date": iso(created), "last_modified_date": iso(created), "_deleted": "false",
        }  # fmt: skip
        chunk.sink.named("crm/accounts", load_after(created, "crm"), row)


def staff_rows(chunk: Chunk, dice: Dice, people: int) -> None:
    """Emit test accounts and test orders of staff."""
    for site in CURRENCY:
        for _ in range(people):
            if chunk.happens("test_account", dice):
                _test_account(chunk, dice, site)


def _test_account(chunk: Chunk, dice: Dice, site: str) -> None:
    source = f"shop_{site}"
    created = HISTORY_START + dice.whole(10, 900) * DAY
    key = str(10**12 + chunk.key(f"{source}/customers"))
    loaded = load_after(created, source)
    row = {
        "id": key, "email": dice.pick(("test@shop.example", f"qa+{key[-4:]}@shop.example")),
        "first_name": "Test", "last_name": dice.pick(("Test", "Tester", "Account")),
        "phone": "0000000000", "country_code": site.upper().replace("UK", "GB"),
        "tags": dice.pick(("test", "")), "accepts_marketing": "false",
        "created_at": shop_time(created, site), "updated_at": shop_time(created, site),
        "_deleted": "false",
    }  # fmt: skip
    chunk.sink.named(f"{source}/customers", loaded, row)
    truth_of_record(chunk, loaded, (source, "profile", key), "", "test_account")
    order_key = str(5 * 10**12 + chunk.key(f"{source}/orders"))
    number = f"{site.upper()}{base_36(chunk.key(f'{source}/number'), 8).upper()}"
    amount = commerce.money(100, site)
    zero = commerce.money(0, site)
    order = {
        "id": order_key, "order_number": number, "customer_id": key, "email": row["email"],
        "shipping_name": "Test Test", "currency": CURRENCY[site], "subtotal_price": amount,
        "total_discounts": zero, "total_tax": zero, "shipping_price": zero, "total_price": amount,
        "financial_status": "voided", "fulfillment_type": "ship", "is_test": "true",
        "created_at": shop_time(created, site), "updated_at": shop_time(created, site),
    }  # fmt: skip
    chunk.sink.named(f"{source}/orders", loaded, order)
    truth_of_interaction(chunk, loaded, (source, "order", order_key), "", "test_account")


def strangers(chunk: Chunk, dice: Dice, goods: Catalogue, people: int) -> None:
    """Emit visits of people who never give a name."""
    for _ in range(people * 3 // 20):
        device = behaviour.browser(chunk, dice.pick(("mobile", "desktop")))
        when = HISTORY_START + int((AS_OF[WAVES] - HISTORY_START) * dice.random())
        visit = behaviour.Session(chunk, dice, device, when, "", dice.pick(("uk", "de")))
        utm = dice.pick(behaviour.UTM) if dice.chance(0.6) else None
        behaviour.browse(dice, visit, None, goods, utm)
        behaviour.settle_truth(chunk, device)
