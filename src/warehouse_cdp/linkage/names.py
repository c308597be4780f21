"""Names as the matcher sees them: folded, split, and when two cannot be one person's.

Display forms live elsewhere; nothing here is ever shown to a customer.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import jellyfish
from rapidfuzz.distance import OSA, JaroWinkler

if TYPE_CHECKING:
    from collections.abc import Mapping

# Letters that Unicode decomposition leaves whole.
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)
# Umlauts are typed as the bare vowel, with an e behind it, or properly: all three meet here.
_UMLAUT_SPELLING = re.compile(r"([aou])e")
_APOSTROPHE = re.compile(r"(?<=[a-z])['\u2019`\u00b4](?=[a-z])")
_NOT_LETTER = re.compile(r"[^a-z]+")
_PREFIXES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "prof",
        "sir",
        "dame",
        "lord",
        "lady",
        "rev",
        "herr",
        "frau",
        "fr",
        "hr",
        "dipl",
        "ing",
        "monsieur",
        "madame",
        "mademoiselle",
        "mme",
        "mlle",
        "m",
        "sr",
        "sra",
        "srta",
        "don",
        "dona",
        "dott",
        "sig",
        "signor",
        "signora",
    ]
)
_SUFFIXES: Mapping[str, str] = {
    "jr": "2",
    "jnr": "2",
    "junior": "2",
    "jun": "2",
    "ii": "2",
    "sr": "1",
    "snr": "1",
    "senior": "1",
    "sen": "1",
    "iii": "3",
    "iv": "4",
}
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "de",
        "der",
        "den",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "das",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
        "mac",
        "mc",
        "zu",
        "zur",
        "ter",
        "ten",
    ]
)
_FEMALE_ENDINGS = frozenset(["a", "e", "in", "ina", "ine", "ette", "la", "le", "lla", "lle", "na"])
_LONG_NAME = 8
MOST_GIVEN_NAME_ERRORS = 2
_CLOSE_GIVEN_NAME = 0.92
_SHORTEST_MISSPELT = 5
_SHORTEST_FORM = 3
_SHORTEST_PART = 4
FAMILY_NAME_SIMILARITY = 0.88


def fold(text: str) -> str:
    """Lower case without accents, umlaut spellings united, other signs as single blanks."""
    return _UMLAUT_SPELLING.sub(r"\1", fold_plain(text))


def fold_plain(text: str) -> str:
    """As ``fold`` but keeps ``ae``, ``oe``, ``ue`` as written."""
    bare = text.lower()
    if not bare.isascii():
        signs = unicodedata.normalize("NFKD", bare.translate(_LETTERS))
        bare = "".join(sign for sign in signs if not unicodedata.combining(sign))
    # An apostrophe joins (O'Brien and OBrien are one name); other signs part.
    bare = _APOSTROPHE.sub("", bare)
    return _NOT_LETTER.sub(" ", bare).strip()


def suffix_code(text: str) -> str | None:
    """``1`` for senior, ``2`` for junior or II, ``3``, ``4``; None when it is no such suffix."""
    for token in fold_plain(text).split():
        if token in _SUFFIXES:
            return _SUFFIXES[token]
    return None


def split_full_name(text: str) -> tuple[str | None, str | None]:
    """Given and family name out of one field; ``Family, Given`` is understood."""
    if "," in text:
        family_part, given_part = text.split(",", 1)
        given, family = _name_tokens(given_part), _name_tokens(family_part)
        if given and family:
            return given[0], " ".join(family)
    tokens = _name_tokens(text)
    if not tokens:
        return None, None
    if len(tokens) == 1:
        return tokens[0], None
    first_of_family = len(tokens) - 1
    while first_of_family > 1 and tokens[first_of_family - 1] in _PARTICLES:
        first_of_family -= 1
    return tokens[0], " ".join(tokens[first_of_family:])


def _name_tokens(text: str) -> list[str]:
    tokens = fold_plain(text).split()
    while len(tokens) > 1 and tokens[0] in _PREFIXES:
        tokens = tokens[1:]
    while len(tokens) > 1 and tokens[-1] in _SUFFIXES:
        tokens = tokens[:-1]
    return tokens


def family_key(text: str) -> str | None:
    """Folded family name without blanks, particles and suffixes; None when nothing is left."""
    tokens = fold(text).split()
    while len(tokens) > 1 and tokens[-1] in _SUFFIXES:
        tokens = tokens[:-1]
    while len(tokens) > 1 and tokens[0] in _PARTICLES:
        tokens = tokens[1:]
    return "".join(tokens) or None


def given_key(text: str) -> str | None:
    """Folded given names, blank between them; titles in front are dropped."""
    tokens = fold(text).split()
    while len(tokens) > 1 and tokens[0] in _PREFIXES:
        tokens = tokens[1:]
    return " ".join(tokens) or None


def phonetic(text: str) -> str | None:
    """Metaphone code of a folded name; the name's first letters when it has no code."""
    if not text:
        return None
    return jellyfish.metaphone(text.replace(" ", "")) or text[:3]


@lru_cache(maxsize=1_000_000)
def given_names_alike(left: str, right: str) -> bool:
    """Whether two given names are one name, written differently.

    Each is ``name|variant|variant``: the folded name and its nicknames' canonical forms. They
    are alike when a form is shared, when one is the other's initial or short form, or when they,
    or the one and a full form of the other, are some typing errors apart. Names that differ in a
    woman's ending only (Martin, Martina) are two names.
    """
    left_forms, right_forms = left.split("|"), right.split("|")
    if not set(left_forms).isdisjoint(right_forms):
        return True
    one, other = sorted((left_forms[0].split()[0], right_forms[0].split()[0]), key=len)
    if len(one) == 1:
        return one[0] == other[0]
    if other.startswith(one) and other[len(one) :] in _FEMALE_ENDINGS:
        return False
    if len(one) >= _SHORTEST_FORM and other.startswith(one):
        return True
    return _misspelt(one, other) or any(
        _misspelt(form, name)
        for forms, name in ((left_forms[1:], right_forms[0]), (right_forms[1:], left_forms[0]))
        for form in forms
        if min(len(form), len(name)) >= _SHORTEST_MISSPELT
    )


def _misspelt(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    errors = 1 if len(shorter) < _LONG_NAME else MOST_GIVEN_NAME_ERRORS
    if OSA.distance(shorter, longer) <= errors:
        return True
    return JaroWinkler.similarity(shorter, longer) >= _CLOSE_GIVEN_NAME


@lru_cache(maxsize=1_000_000)
def given_names_agree(left: str, right: str) -> bool:
    """Whether two given names may be one person's: alike, or one is a second name of the other."""
    left_names, right_names = (
        left.split("|", maxsplit=1)[0].split(),
        right.split("|", maxsplit=1)[0].split(),
    )
    return not set(left_names).isdisjoint(right_names) or given_names_alike(left, right)


@lru_cache(maxsize=1_000_000)
def family_names_agree(left: str, right: str) -> bool:
    """Whether two family names may be one: equal, close, or one is half of the other's double."""
    if left == right:
        return True
    shorter, longer = sorted((left, right), key=len)
    if len(shorter) >= _SHORTEST_PART and (longer.startswith(shorter) or longer.endswith(shorter)):
        return True
    return JaroWinkler.similarity(left, right) >= FAMILY_NAME_SIMILARITY


@lru_cache(maxsize=1_000_000)
def names_contradict(
    left_given: str, left_family: str, right_given: str, right_family: str
) -> bool:
    """Two given names that cannot be one person's, unless given and family are swapped.

    An empty text is an unknown name and contradicts nothing. A family name may be followed by the
    forms that it would have as a given name (``name|form``).
    """
    if not left_given or not right_given or given_names_agree(left_given, right_given):
        return False
    if not left_family or not right_family:
        return True
    return not (_crosswise(left_given, right_family) and _crosswise(right_given, left_family))


def _crosswise(given: str, family: str) -> bool:
    """Whether a given name and the other record's family name may be one, put in wrong fields."""
    whole = given.split("|", maxsplit=1)[0].replace(" ", "")
    return given_names_agree(given, family) or family_names_agree(
        whole, family.split("|", maxsplit=1)[0]
    )
