"""Write the reference seeds that come from published data: calling codes, country names, rates.

A maintainer runs this once in a while and commits what it writes; no build needs it::

    pip install phonenumbers babel
    python tools/build_reference_seeds.py seeds/reference

* ``calling_codes.csv``: numbering plans from the metadata of ``phonenumbers`` (Apache-2.0,
  https://github.com/daviddrysdale/python-phonenumbers, itself from Google's libphonenumber).
* ``country_names.csv``: names from the Unicode CLDR through ``babel`` (Unicode-3.0 licence), with
  the everyday spellings listed below.
* ``currency_rates.csv``: made-up values that look like rates, for the sample and for tests.

The other seeds of the folder are written by hand.
"""

from __future__ import annotations

import csv
import math
import re
import sys
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.languages import get_official_languages
from phonenumbers.phonemetadata import PhoneMetadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NOT_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}

LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "sk", "hu"),
    *("ro", "hr", "sl", "el", "tr", "bg", "et", "lv", "lt", "ga", "ru", "uk"),
)

EVERYDAY_NAMES = {
    "AE": "uae, emirates, dubai, abu dhabi",
    "BA": "bosnia, bosnia and herzegovina, bosnia-herzegovina, bosnien",
    "BE": "belgie",
    "BR": "brasil",
    "CD": "drc, dr congo, democratic republic of congo, democratic republic of the congo",
    "CG": "republic of the congo, republic of congo",
    "CH": "swiss, suisse, schweiz, svizzera, ch-schweiz",
    "CI": "ivory coast, cote d'ivoire, cote divoire",
    "CN": "people's republic of china, prc, mainland china, vr china",
    "CZ": "czech republic, czech rep, tschechische republik, ceska republika, cesko",
    "DE": "brd, bundesrepublik deutschland, federal republic of germany, ger, deutchland, germay",
    "ES": "espana",
    "FR": "république française, republique francaise, france metropolitaine",
    "GB": (
        "uk, great britain, britain, england, scotland, wales, northern ireland, gb-eng, gb-sct, "
        "gb-wls, gb-nir, united kindom, the united kingdom, united kingdom of great britain, "
        "united kingdom of great britain and northern ireland, großbritannien, grossbritannien, "
        "vereinigtes konigreich, vereinigtes koenigreich, grande-bretagne, schottland, "
        "wielka brytania"
    ),
    "GR": "hellas",
    "HK": "hong kong, hongkong, hong kong sar",
    "HU": "magyarorszag",
    "IE": "eire, republic of ireland, southern ireland, irish republic",
    "IR": "islamic republic of iran",
    "KR": "south korea, republic of korea, korea, rok, südkorea",
    "KP": "north korea, dprk",
    "LA": "lao, lao pdr",
    "MD": "republic of moldova",
    "MK": "macedonia, fyrom, north macedonia",
    "MM": "burma, myanmar",
    "MO": "macau, macao",
    "NL": "holland, the netherlands, nederlands, die niederlande",
    "PH": "the philippines",
    "PS": "palestine, state of palestine",
    "RU": "russian federation, russische föderation",
    "SE": "sverige",
    "SK": "slovak republic, slowakische republik",
    "SY": "syrian arab republic",
    "SZ": "swaziland",
    "TR": "turkey, turkei, turkiye, türkei",
    "TW": "taiwan, republic of china, roc",
    "TZ": "united republic of tanzania",
    "US": (
        "usa, us, united states of america, the united states, united states, america, "
        "u s a, u s, estados unidos de america, vereinigte staaten von amerika, "
        "états-unis d'amérique"
    ),
    "VA": "vatican, holy see",
    "VE": "bolivarian republic of venezuela",
    "VN": "viet nam",
    "AT": "osterreich, oesterreich, republik österreich",
    "XK": "kosovo, kosova",
}

# Units per euro at the start of 2020, and how far and how slowly the made-up rate swings.
RATE_SHAPES = {
    "CHF": (1.05, 0.06, 41),
    "EUR": (1.0, 0.0, 1),
    "GBP": (0.86, 0.025, 29),
    "PLN": (4.45, 0.2, 37),
    "SEK": (10.9, 0.6, 47),
    "USD": (1.11, 0.07, 33),
}
RATE_YEARS = range(2020, 2028)


class UnreadablePatternError(ValueError):
    """The metadata has no pattern, or one whose first digits this tool cannot tell."""


def portable(pattern: str) -> str:
    """Return a metadata pattern in the syntax that RE2 and Postgres share."""
    return pattern.replace(r"\d", "[0-9]")


def alternatives(pattern: str) -> list[str]:
    """Split a pattern at its top-level ``|``."""
    parts, depth, in_class = [""], 0, False
    for character in pattern:
        if character == "[":
            in_class = True
        elif character == "]":
            in_class = False
        elif not in_class:
            depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0 and not in_class:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def trunk_rules(pattern: str | None, transform: str | None) -> tuple[str, str, str]:
    """Return (rewrite pattern, its replacement, strip pattern), each empty when there is none.

    The metadata says both in one pattern: "when this group took part, rewrite by the rule, else
    drop what matched". SQL cannot ask which group took part, so the two cases become two patterns.
    """
    if not pattern:
        return "", "", ""
    captures = re.compile(r"\((?!\?)")
    if not transform:
        return "", "", f"^(?:{captures.sub('(?:', portable(pattern))})"
    rewrites, strips = [], []
    for part in alternatives(portable(pattern)):
        if not captures.search(part):
            strips.append(part)
        elif part.endswith(")?"):
            head = part[: part.index("(?:", 1 if part.startswith("(?:") else 0)]
            rewrites.append(part[:-1])
            if head:
                strips.append(head.removesuffix("?"))
        else:
            rewrites.append(part)
    strip = f"^(?:{'|'.join(strips)})" if strips else ""
    return f"^(?:{'|'.join(rewrites)})", transform, strip


def first_digits(pattern: str) -> str:
    """Return the digits with which a text of the pattern can begin."""
    found = set()
    for part in alternatives(pattern):
        if part.startswith("(?:"):
            depth = list(accumulate((c == "(") - (c == ")") for c in part))
            closing = depth.index(0)
            if part[closing + 1 : closing + 2] in {"?", "*"}:
                raise UnreadablePatternError(pattern)
            found |= set(first_digits(part[3:closing]))
        else:
            opening = re.match(r"\[[^]]*\]|\\d|[0-9]", part)
            if opening is None or part[opening.end() : opening.end() + 1] in {"?", "*"}:
                raise UnreadablePatternError(pattern)
            found |= {digit for digit in "0123456789" if re.match(opening[0], digit)}
    return "".join(sorted(found))


def calling_code_rows() -> Iterator[dict[str, object]]:
    """Yield one row per country (and per calling code that belongs to none, named 001-<code>)."""
    regions = [(region, region) for region in sorted(phonenumbers.SUPPORTED_REGIONS)]
    shared = sorted(
        code
        for code, owners in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
        if owners == ("001",)
    )
    regions += [(f"001-{code}", str(code)) for code in shared]
    for name, region in regions:
        is_shared = name.startswith("001-")
        metadata = (
            PhoneMetadata.metadata_for_nongeo_region(int(region), None)
            if is_shared
            else PhoneMetadata.metadata_for_region(region, None)
        )
        numbers = metadata.general_desc if metadata else None
        if metadata is None or numbers is None or numbers.national_number_pattern is None:
            raise UnreadablePatternError(name)
        owner = phonenumbers.region_code_for_country_code(metadata.country_code or 0)
        rewrite, replacement, strip = trunk_rules(
            metadata.national_prefix_for_parsing, metadata.national_prefix_transform_rule
        )
        lengths = numbers.possible_length
        yield {
            "country_code": name,
            "calling_code": metadata.country_code,
            "international_pattern": (
                f"^(?:{portable(metadata.international_prefix)})"
                if metadata.international_prefix
                else ""
            ),
            "trunk_pattern": strip,
            "trunk_rewrite_pattern": rewrite,
            "trunk_rewrite_replacement": replacement,
            "national_pattern": f"^(?:{portable(numbers.national_number_pattern)})$",
            "national_first_digits": first_digits(numbers.national_number_pattern),
            "national_lengths": ";" + ";".join(str(length) for length in lengths) + ";",
            "longest_national_length": max(lengths),
            "is_main_country": "true" if is_shared or owner == region else "false",
        }


def alias(name: str) -> str:
    """Return a name as the macro ``country_alias`` writes it: one character for one."""
    lowered = "".join(character.lower()[0] for character in name.replace(".", ""))
    return " ".join(lowered.split())


def territory_name(language: str, country: str) -> str:
    """Return a country's name in a language, or its code where CLDR lacks either."""
    try:
        return str(Locale(language).territories.get(country, country))
    except UnknownLocaleError:
        return country


def claimed_names(countries: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Yield (rank, name, country); a smaller rank has the better claim to the name."""
    for country in countries:
        yield 1, country, country
        yield 3, territory_name("en", country), country
        for language in get_official_languages(country):
            yield 4, territory_name(language.partition("_")[0], country), country
        for language in LANGUAGES:
            yield 5, territory_name(language, country), country
    for country, names in EVERYDAY_NAMES.items():
        for name in names.split(", "):
            yield 0, name, country
    for three_letters, targets in get_global("territory_aliases").items():
        if re.fullmatch("[A-Z]{3}", three_letters) and len(targets) == 1:
            yield 2, three_letters, targets[0]


def country_name_rows() -> Iterator[dict[str, object]]:
    """Yield one row per alias; the best claim wins and an undecided alias is left out."""
    english = Locale("en").territories
    countries = {
        code
        for code in map(str, english)
        if re.fullmatch("[A-Z]{2}", code) and code not in NOT_COUNTRIES
    }
    claims: dict[str, dict[int, set[str]]] = {}
    for rank, name, country in claimed_names(countries):
        if country in countries:
            claims.setdefault(alias(name), {}).setdefault(rank, set()).add(country)
    for name in sorted(claims):
        best = claims[name][min(claims[name])]
        if len(best) == 1:
            country = next(iter(best))
            yield {
                "country_alias": name,
                "country_code": country,
                "country_name": english[country],
            }


def currency_rate_rows() -> Iterator[dict[str, object]]:
    """Yield one row per currency and month: valid from its first day until before the next."""
    for currency, (base, swing, period) in RATE_SHAPES.items():
        for step, (year, month) in enumerate((y, m) for y in RATE_YEARS for m in range(1, 13)):
            following = date(year + month // 12, month % 12 + 1, 1)
            rate = base + swing * math.sin(2 * math.pi * step / period)
            yield {
                "currency_code": currency,
                "units_per_eur": f"{rate:.6f}",
                "valid_from_date": date(year, month, 1).isoformat(),
                "valid_before_date": following.isoformat(),
            }


def write(path: Path, rows: Iterable[dict[str, object]]) -> None:
    """Write rows as CSV with line feeds, and say on standard output how many."""
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)
    sys.stdout.write(f"{path}: {len(listed)} rows\n")


def main(folder: Path) -> None:
    """Write every generated seed into the folder."""
    write(folder / "calling_codes.csv", calling_code_rows())
    write(folder / "country_names.csv", country_name_rows())
    write(folder / "currency_rates.csv", currency_rate_rows())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
