"""Cities, streets, postcodes and phone numbering of the countries the retailer sells to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse_cdp.sample.dice import Dice


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody lives."""

    line_1: str
    line_2: str
    city: str
    region: str
    postal_code: str
    country: str


COUNTRY_WEIGHTS: tuple[tuple[str, float], ...] = (
    ("GB", 47), ("DE", 32), ("FR", 3), ("NL", 3), ("PL", 2.5), ("SE", 2), ("ES", 2.5),
    ("IT", 2.5), ("IE", 3), ("AT", 2.5),
)  # fmt: skip
COUNTRY_NAMES = {
    "GB": ("United Kingdom", "UK", "GB", "Great Britain", "England"),
    "DE": ("Germany", "Deutschland", "DE"),
    "FR": ("France", "FR"), "NL": ("Netherlands", "Nederland", "The Netherlands", "NL"),
    "PL": ("Poland", "Polska", "PL"), "SE": ("Sweden", "Sverige", "SE"),
    "ES": ("Spain", "España", "ES"), "IT": ("Italy", "Italia", "IT"),
    "IE": ("Ireland", "IE", "Republic of Ireland"), "AT": ("Austria", "Österreich", "AT"),
}  # fmt: skip
# Postcode patterns: 9 a digit, 1 a digit but not zero, A a letter.
_CITIES = {
    "GB": "London=SW1 9AA|London=E1 9AA|London=N1 9AA|Manchester=M1 9AA|Birmingham=B1 9AA"
    "|Leeds=LS1 9AA|Glasgow=G1 9AA|Bristol=BS1 9AA|Edinburgh=EH1 9AA|Cardiff=CF1 9AA"
    "|Norwich=NR1 9AA|Sheffield=S1 9AA|Stoke-on-Trent=ST1 9AA",
    "DE": "Berlin=10199|Berlin=12199|Hamburg=20199|München=80199|Köln=50199|Frankfurt am Main=60199"
    "|Stuttgart=70199|Düsseldorf=40199|Leipzig=04199|Nürnberg=90199|Bremen=28199|Münster=48199",
    "FR": "Paris=75019|Lyon=69001|Marseille=13019|Toulouse=31199|Saint-Étienne=42199",
    "NL": "Amsterdam=1019 AA|Rotterdam=3019 AA|Utrecht=3519 AA|'s-Hertogenbosch=5219 AA",
    "PL": "Warszawa=01-199|Kraków=31-199|Łódź=91-199|Gdańsk=80-199",
    "SE": "Stockholm=111 19|Göteborg=411 19|Malmö=211 19",
    "ES": "Madrid=28019|Barcelona=08019|Sevilla=41019|A Coruña=15019",
    "IT": "Roma=00199|Milano=20199|Torino=10199|Forlì=47199",
    "IE": "Dublin=D19 A9A9|Cork=T12 A9A9|Galway=H91 A9A9",
    "AT": "Wien=1190|Graz=8019|Linz=4019|Salzburg=5020",
}
CITIES: dict[str, tuple[tuple[str, str], ...]] = {
    country: tuple((pair.split("=")[0], pair.split("=")[1]) for pair in text.split("|"))
    for country, text in _CITIES.items()
}
_STREETS = {
    "GB": "High Street|Station Road|Church Lane|Victoria Road|Green Lane|Manor Road|Kings Road"
    "|Queens Avenue|Park Road|Mill Lane|The Crescent|Albert Street|Elm Grove|Oak Drive|York Road"
    "|St John's Road|Windsor Close|Grange Avenue|Chapel Street|London Road|Springfield Gardens"
    "|Highfield Terrace|Richmond Way|Canterbury Place",
    "DE": "Hauptstraße|Schulstraße|Gartenstraße|Bahnhofstraße|Dorfstraße|Bergstraße|Lindenstraße"
    "|Goethestraße|Schillerstraße|Mühlenweg|Kirchgasse|Am Markt|Rosenweg|Ringstraße|Waldweg"
    "|Straße des 17. Juni|Königsallee|Birkenallee|Friedrichstraße|An der Alten Mühle",
    "FR": "rue de la République|avenue Victor Hugo|boulevard Voltaire|rue du Général de Gaulle"
    "|place de l'Église|rue des Écoles|chemin des Vignes",
    "NL": "Kerkstraat|Dorpsstraat|Molenweg|Prinsengracht|Stationsplein|Wilhelminalaan",
    "PL": "ul. Polna|ul. Leśna|ul. Słoneczna|ul. Krótka|al. Jana Pawła II|ul. Żeromskiego",
    "SE": "Storgatan|Kungsgatan|Drottninggatan|Björkvägen|Östra Ågatan|Skolgatan",
    "ES": "Calle Mayor|Avenida de la Constitución|Calle del Príncipe|Plaza España|Calle Nuñez",
    "IT": "Via Roma|Via Garibaldi|Corso Vittorio Emanuele II|Via Dante|Piazza della Libertà",
    "IE": "Main Street|O'Connell Street|Patrick Street|Church Road|Seaview Terrace|Castle Park",
    "AT": "Hauptstraße|Mariahilfer Straße|Wiener Straße|Kirchengasse|Feldgasse|Ringstraße",
}
STREETS = {country: tuple(text.split("|")) for country, text in _STREETS.items()}
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"

CALLING_CODE = {
    "GB": "44", "DE": "49", "FR": "33", "NL": "31", "PL": "48", "SE": "46", "ES": "34",
    "IT": "39", "IE": "353", "AT": "43",
}  # fmt: skip
NO_TRUNK = frozenset({"PL", "ES", "IT"})
"""Countries that write no zero before the national number of a mobile."""
# Eight unique digits, the first at most 6, follow these.
_MOBILE = {
    "GB": ("74", "75", "78", "79"), "DE": ("151", "160", "170", "176"), "FR": ("6",), "NL": ("6",),
    "PL": ("5",), "SE": ("7",), "ES": ("6",), "IT": ("34",), "IE": ("8",), "AT": ("66", "67"),
}  # fmt: skip
_LANDLINE = {
    "GB": ("20", "16", "12", "11"), "DE": ("30", "40", "89", "69"), "FR": ("1", "4"), "NL": ("2",),
    "PL": ("2",), "SE": ("8",), "ES": ("9",), "IT": ("02",), "IE": ("1",), "AT": ("1",),
}  # fmt: skip


def postcode(pattern: str, dice: Dice) -> str:
    """Return a postcode by a pattern (9 and 1 digits, A a letter, the first two kept)."""
    head = 2 if len(pattern) > 4 else 1
    result = pattern[:head]
    for sign in pattern[head:]:
        if sign == "9":
            result += str(dice.whole(0, 9))
        elif sign == "1":
            result += str(dice.whole(1, 9))
        else:
            result += dice.pick(_LETTERS) if sign == "A" else sign
    return result


def address(country: str, dice: Dice, city: str | None = None) -> Address:
    """Return a random address in a country, in ``city`` if it is given."""
    options = [pair for pair in CITIES[country] if city in (None, pair[0])]
    name, pattern = dice.pick(options)
    street, number = dice.pick(STREETS[country]), dice.whole(1, 180)
    line_2 = ""
    if country in {"GB", "IE"}:
        line_1 = f"{number} {street}"
        line_2 = f"Flat {dice.whole(1, 30)}" if dice.chance(0.2) else ""
    elif country == "FR":
        line_1 = f"{number} {street}"
    else:
        line_1 = f"{street} {number}" + (dice.pick("abc") if dice.chance(0.08) else "")
        line_2 = "c/o Büro" if country == "DE" and dice.chance(0.01) else ""
    return Address(line_1, line_2, name, "", postcode(pattern, dice), country)


def mobile(country: str, digits: int, dice: Dice) -> str:
    """Return a mobile as +<code><national number>, from eight unique digits."""
    return f"+{CALLING_CODE[country]}{dice.pick(_MOBILE[country])}{digits:08d}"


def landline(country: str, digits: int, dice: Dice) -> str:
    """Return a landline as +<code><national number>, from eight unique digits."""
    return f"+{CALLING_CODE[country]}{dice.pick(_LANDLINE[country])}{digits:08d}"


def phone_as_typed(number: str, country: str, dice: Dice) -> str:
    """Return a +<code> number in one of the ways people of a country write it."""
    code = CALLING_CODE[country]
    if not number.startswith("+" + code):
        return number
    national = number[len(code) + 1 :]
    trunk = "" if country in NO_TRUNK else "0"
    spaced = f"{national[:3]} {national[3:6]} {national[6:]}"
    bracketed = f"({trunk}{national[:3]}) {national[3:6]}-{national[6:]}"
    slashed = f"{trunk}{national[:4]}/{national[4:]}"
    return dice.weighted(
        (
            (number, 30),
            (trunk + national, 25),
            (trunk + spaced, 20),
            (f"+{code} {national[:3]} {national[3:]}", 10),
            (f"00{code}{national}", 6),
            (f"+{code} (0){national[:3]} {national[3:]}" if trunk else bracketed, 5),
            (slashed if country in {"DE", "AT"} else bracketed, 4),
        )
    )
