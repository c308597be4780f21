"""What the retailer sells, where its shops are, and which campaigns it ran."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse_cdp.sample.clock import AS_OF, DAY, HISTORY_START, WAVES, day_text
from warehouse_cdp.sample.dice import Dice, Permutation

_NAMES = {
    "coffee": ("Espresso Machine Barista One", "Milk Frother", "Coffee Grinder", "Filter Set",
               "Espresso Beans 1 kg", "Descaler", "Cappuccino Cups", "Travel Mug"),
    "kitchen": ("Cast Iron Pan", "Chef's Knife", "Chopping Board", "Mixing Bowl", "Kettle",
                "Storage Jars", "Baking Tin", "Pepper Mill"),
    "textiles": ("Linen Duvet Set", "Wool Blanket", "Bath Towel", "Cushion Cover", "Tablecloth",
                 "Cotton Rug"),
    "lighting": ("Desk Lamp", "Pendant Light", "Floor Lamp", "LED Bulb", "Candle Holder",
                 "Garden Lantern"),
    "decoration": ("Ceramic Vase", "Picture Frame", "Wall Mirror", "Scented Candle", "Plant Pot",
                   "Wall Clock"),
}  # fmt: skip
_PRICES = (399, 59, 129, 9, 24, 12, 35, 22)
_GERMAN = {"coffee": "Kaffee", "kitchen": "Küche", "textiles": "Textilien", "lighting": "Licht",
           "decoration": "Dekoration"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Product:
    """An article: one SKU over shops and tills, a product id per shop."""

    sku: str
    title: str
    category: str
    brand: str
    cents: int
    ids: dict[str, str]


@dataclass(frozen=True, slots=True)
class Campaign:
    """An e-mail campaign."""

    campaign_id: str
    name: str
    subject: str
    utm: str
    sent_at: int
    category: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All articles, and the campaigns in order of sending."""

    products: dict[str, list[Product]]
    campaigns: list[Campaign]


SHOPS = {"GB": ("S010", "S011", "S012"), "DE": ("S050", "S051")}
CURRENCY = {"uk": "GBP", "de": "EUR"}


def catalogue(seed: int) -> Catalogue:
    """Return the catalogue of a sample; the seed changes keys and prices, not the range."""
    dice = Dice(seed, "catalogue")
    number = Permutation(20, seed, "sku")
    products: dict[str, list[Product]] = {}
    counter = 0
    for category, names in _NAMES.items():
        products[category] = []
        for place, name in enumerate(names):
            counter += 1
            scramble = number(counter)
            cents = _PRICES[place] * 100 + dice.pick((0, -1, 50, 95)) if place else 39_900
            price = cents if category == "coffee" else max(cents // 3, 490)
            ids = {"uk": str(8 * 10**9 + scramble), "de": str(9 * 10**9 + number(counter + 500))}
            brand = dice.pick(("Harbour & Pine", "Nordhaus", "Bellacasa", "Crema"))
            sku = f"{category[:3].upper()}-{scramble % 100_000:05d}{counter:02d}"
            products[category].append(Product(sku, name, category, brand, price, ids))
    campaigns = []
    themes = list(_NAMES)
    moment, place = HISTORY_START + 20 * DAY, 0
    while moment < AS_OF[WAVES]:
        category = themes[place % len(themes)]
        month = day_text(moment)[:7]
        campaigns.append(
            Campaign(
                f"C{number(900 + place):06d}", f"{category.title()} {month}",
                f"New in {category}: ideas for your home", f"{category}_{month.replace('-', '')}",
                moment + 9 * 3_600, category,
            )
        )  # fmt: skip
        moment += 30 * DAY
        place += 1
    return Catalogue(products, campaigns)


def product_type(category: str, site: str) -> str:
    """Return a category as the shop instance names it."""
    return category.title() if site == "uk" else _GERMAN[category]
