"""How alike two records are, field by field, in named levels.

Each comparison extends recordlinkage's ``BaseCompareFeature`` and so also works inside a plain
``recordlinkage.Compare``. A level is a small integer: 0 unknown (one side is missing), 1
different, then rising agreement; ``LEVELS`` names them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler
from recordlinkage.base import BaseCompareFeature

from warehouse_cdp.linkage import names
from warehouse_cdp.linkage.pairs import find, positions
from warehouse_cdp.linkage.texts import Texts, pair_scores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.linkage.pairs import Positions

Levels = npt.NDArray[np.int8]

DIFFERENT = 1
CLOSE = 2
EXACT = 3
"""Codes of levels (``given_name`` has one more between close and exact)."""
SAME_STREET_SIMILARITY = 0.85
TELLING_DIGITS = 2
_NO_DIGIT = re.compile(r"\D")
SHORTEST_NAME = 3
"""An e-mail's local part with at least so many digits tells more than the name in it."""

LEVELS: Mapping[str, tuple[str, ...]] = {
    "given_name": ("missing", "different", "similar", "nickname", "exact"),
    "family_name": ("missing", "different", "similar", "exact"),
    "birth_date": ("missing", "different", "close", "exact"),
    "email": ("missing", "different", "similar", "exact"),
    "phone": ("missing", "different", "close", "exact"),
    "address": ("missing", "different", "similar", "exact"),
    "place": ("missing", "different", "similar", "exact"),
    "national_id": ("missing", "different", "close", "exact"),
}
"""Names of the levels of each comparison, by code."""


class _LevelFeature(BaseCompareFeature):  # type: ignore[misc]
    """A comparison that yields levels."""

    def __init__(self, columns: tuple[str, ...], label: str) -> None:
        super().__init__(list(columns), list(columns), label=label)
        self.columns = columns

    def _compute_vectorized(self, *columns: pd.Series) -> Levels:
        width = len(self.columns)
        count = len(columns[0])
        here, there = np.arange(count), np.arange(count, 2 * count)
        return self.levels(
            [
                Texts.of(pd.concat(sides, ignore_index=True).astype(object), here, there)
                for sides in zip(columns[:width], columns[width:], strict=True)
            ]
        )

    def levels(self, columns: list[Texts]) -> Levels:
        """Level of each pair from the columns of its left and its right record."""
        raise NotImplementedError


class ExactOrClose(_LevelFeature):
    """Equal (3), at most ``edits`` typing errors apart (2), different (1)."""

    def __init__(self, column: str, label: str, edits: int) -> None:
        super().__init__((column,), label)
        self.edits = edits

    def levels(self, columns: list[Texts]) -> Levels:
        """Level of each pair; see the class."""
        result, unequal = _exact_levels(columns[0], exact=3)
        distance = columns[0].scores(unequal, OSA.distance)
        result[np.flatnonzero(unequal)[distance <= self.edits]] = 2
        return result


class BirthDates(_LevelFeature):
    """Equal (3), day and month swapped or one typing error (2), different (1)."""

    def levels(self, columns: list[Texts]) -> Levels:
        """Level of each pair; see the class."""
        (dates,) = columns
        result, unequal = _exact_levels(dates, exact=3)
        distance = dates.scores(unequal, OSA.distance)
        place = {date: code for code, date in enumerate(dates.distinct)}
        swapped = np.array(
            [place.get(date[:4] + date[6:8] + date[4:6], -1) for date in dates.distinct.tolist()],
            dtype=np.int64,
        )
        is_swapped = swapped[dates.left[unequal]] == dates.right[unequal]
        result[np.flatnonzero(unequal)[(distance <= 1) | is_swapped]] = 2
        return result


class GivenNames(_LevelFeature):
    """Equal (4), forms of one name (3), close or initial or swapped with the family name (2)."""

    def levels(self, columns: list[Texts]) -> Levels:
        """Level of each pair; see the class."""
        result, unequal = _exact_levels(columns[0], exact=4)
        result[unequal] = _given_name_levels(columns[0], unequal)
        result[_swapped(columns, result)] = 2
        return result


class FamilyNames(_LevelFeature):
    """Equal (3), close or half of a double name or swapped with the given name (2)."""

    def levels(self, columns: list[Texts]) -> Levels:
        """Level of each pair; see the class."""
        result, unequal = _exact_levels(columns[1], exact=3)
        result[unequal] = _family_name_levels(columns[1], unequal)
        result[_swapped(columns, result)] = 2
        return result


class Emails(_LevelFeature):
    """Equal or shared (3); one typing error, or a telling local part at two providers (2).

    A local part made of the person's name tells no more than the name did: such a pair counts as
    unknown (0) rather than as agreement or disagreement.
    """

    def levels(self, columns: list[Texts]) -> Levels:
        """Level of each pair; see the class."""
        emails, locals_, *names_ = columns
        result, unequal = _exact_levels(emails, exact=3)
        where = np.flatnonzero(unequal)
        distance = emails.scores(unequal, OSA.distance)
        digits = np.asarray(pd.factorize(np.array(emails.each(_digits), dtype=object))[0])
        same_digits = digits[emails.left[where]] == digits[emails.right[where]]
        result[where[(distance <= 1) & same_digits]] = 2
        for position in np.flatnonzero(locals_.equal & unequal).tolist():
            local = locals_.distinct[locals_.left[position]]
            own = (
                column.distinct[side[position]]
                for column in names_
                for side in (column.left, column.right)
                if side[position] >= 0
            )
            telling = len(_digits(local)) >= TELLING_DIGITS
            named = any(len(name) >= SHORTEST_NAME and name in local for name in own)
            result[position] = 2 if telling or not named else 0
        return result


def _digits(text: str) -> str:
    return _NO_DIGIT.sub("", text)


class Addresses(_LevelFeature):
    """Street and number equal (3); street close and number not contradicting (2)."""

    def levels(self, columns: list[Texts]) -> Levels:
        """Level of each pair; see the class."""
        streets, numbers = columns
        result, unequal = _exact_levels(streets, exact=3)
        score = streets.scores(unequal, JaroWinkler.similarity)
        result[np.flatnonzero(unequal)[score >= SAME_STREET_SIMILARITY]] = 2
        result[(result == EXACT) & ~numbers.known] = 2
        # A street with another number is the neighbourhood, no address.
        result[(result >= CLOSE) & numbers.known & ~numbers.equal] = 1
        return result


class Places(_LevelFeature):
    """Postcode equal (3); postcode one error apart or the same town (2)."""

    def levels(self, columns: list[Texts]) -> Levels:
        """Level of each pair; see the class."""
        postcodes, towns = columns
        result, unequal = _exact_levels(postcodes, exact=3)
        distance = postcodes.scores(unequal, OSA.distance)
        result[np.flatnonzero(unequal)[distance <= 1]] = 2
        result[(result <= 1) & towns.equal] = 2
        result[(result == 0) & towns.known & ~towns.equal] = 1
        return result


def _exact_levels(texts: Texts, exact: int) -> tuple[Levels, npt.NDArray[np.bool_]]:
    known, equal = texts.known, texts.equal
    result = np.where(equal, exact, np.where(known, 1, 0)).astype(np.int8)
    return result, known & ~equal


def _distinct_pairs(
    texts: Texts, where: npt.NDArray[np.bool_]
) -> tuple[Positions, Positions, Positions]:
    """Left and right text of the distinct pairs in ``where``, and which of them each pair is."""
    count = max(len(texts.distinct), 1)
    united, inverse = np.unique(texts.left[where] * count + texts.right[where], return_inverse=True)
    return united // count, united % count, inverse


def _given_name_levels(texts: Texts, where: npt.NDArray[np.bool_]) -> Levels:
    one, other, inverse = _distinct_pairs(texts, where)
    forms = [text.split("|") for text in texts.distinct]
    sets = [frozenset(known) for known in forms]
    first = np.array([known[0].split(maxsplit=1)[0] for known in forms], dtype=object)
    initials = np.array([name[0] for name in first.tolist()], dtype=object)
    shared = np.array(
        [
            not sets[a].isdisjoint(sets[b])
            for a, b in zip(one.tolist(), other.tolist(), strict=True)
        ],
        dtype=bool,
    )
    # What shares neither a form nor the first letter is alike by typing errors only.
    errors = process.cpdist(first[one], first[other], scorer=OSA.distance, dtype=np.int64)
    likely = shared | (initials[one] == initials[other]) | (errors <= names.MOST_GIVEN_NAME_ERRORS)
    found = np.full(len(one), DIFFERENT, dtype=np.int8)
    for position in np.flatnonzero(likely).tolist():
        a, b = int(one[position]), int(other[position])
        if forms[a][0] == forms[b][0]:
            found[position] = 4
        elif shared[position]:
            found[position] = 3
        elif names.given_names_alike(texts.distinct[a], texts.distinct[b]):
            found[position] = CLOSE
    return found[inverse]


def _family_name_levels(texts: Texts, where: npt.NDArray[np.bool_]) -> Levels:
    one, other, inverse = _distinct_pairs(texts, where)
    found = [
        CLOSE if names.family_names_agree(left, right) else DIFFERENT
        for left, right in zip(texts.distinct[one], texts.distinct[other], strict=True)
    ]
    return np.asarray(found, dtype=np.int8)[inverse]


def _swapped(columns: list[Texts], levels: Levels) -> Positions:
    """Where given and family names agree crosswise (columns: given forms, family, given key).

    Blanks and a typing error aside, since who swaps two fields does not spell better for it.
    """
    _, family, given = columns
    whole = np.array([name.replace(" ", "") for name in given.distinct], dtype=object)
    crossed = np.flatnonzero((levels == DIFFERENT) & family.known & given.known)
    for ours, theirs in ((given.left, family.right), (given.right, family.left)):
        alike = pair_scores(
            whole, family.distinct, ours[crossed], theirs[crossed], JaroWinkler.similarity
        )
        crossed = crossed[alike >= names.FAMILY_NAME_SIMILARITY]
    return crossed


_NAME_COLUMNS = ("given_name_forms", "family_name_key", "given_name_key")


def features() -> list[_LevelFeature]:
    """One comparison per entry of ``LEVELS``, in that order."""
    return [
        GivenNames(_NAME_COLUMNS, "given_name"),
        FamilyNames(_NAME_COLUMNS, "family_name"),
        BirthDates(("birth_date_key",), "birth_date"),
        Emails(("email_key", "email_local_key", "family_name_key", "given_name_key"), "email"),
        ExactOrClose("phone_key", "phone", edits=1),
        Addresses(("street_key", "house_number_key"), "address"),
        Places(("postal_code_key", "city_key"), "place"),
        ExactOrClose("national_id_key", "national_id", edits=1),
    ]


def compare_pairs(
    pairs: pd.MultiIndex, records: pd.DataFrame, identifiers: pd.DataFrame
) -> pd.DataFrame:
    """Levels of each pair: one int8 column per entry of ``LEVELS``, in the order of ``pairs``.

    ``records`` is indexed by ``record_id``; ``identifiers`` holds unblocked ones only: a value
    shared anywhere among several lifts e-mail, phone and national id to exact.
    """
    if not len(pairs):
        return pd.DataFrame({name: np.zeros(0, dtype=np.int8) for name in LEVELS})
    left, right = positions(pairs)
    # recordlinkage's Compare() does the same pair by pair, on texts, and takes five times as long.
    comparisons = features()
    texts = {
        name: Texts.of(records[name], left, right)
        for name in dict.fromkeys(name for feature in comparisons for name in feature.columns)
    }
    levels = pd.DataFrame(
        {
            feature.label: feature.levels([texts[name] for name in feature.columns])
            for feature in comparisons
        }
    )
    for kind in ("email", "phone", "national_id"):
        levels.loc[shares_identifier(pairs, records.index, identifiers, kind), kind] = EXACT
    return levels


def shares_identifier(
    pairs: pd.MultiIndex, record_ids: pd.Index[Any], identifiers: pd.DataFrame, kind: str
) -> npt.NDArray[np.bool_]:
    """Which pairs hold one value of an identifier type in common."""
    held = identifiers.loc[identifiers["identifier_type"] == kind, ["record_id", "identifier_key"]]
    holder = find(record_ids, held["record_id"])
    by_key = pd.DataFrame({"holder": holder, "key": held["identifier_key"].to_numpy()})
    by_key = by_key[by_key["holder"] >= 0]
    # Keys of one holder say nothing about pairs; most are dropped before the join.
    by_key = by_key[by_key["key"].duplicated(keep=False)]
    keys, lists = _key_lists(by_key)
    left, right = positions(pairs)
    both = np.flatnonzero(np.isin(left, keys) & np.isin(right, keys))
    shared = np.zeros(len(pairs), dtype=bool)
    shared[both] = [
        not lists[one].isdisjoint(lists[other])
        for one, other in zip(left[both].tolist(), right[both].tolist(), strict=True)
    ]
    return shared


def _key_lists(by_key: pd.DataFrame) -> tuple[npt.NDArray[np.int64], dict[int, set[str]]]:
    lists: dict[int, set[str]] = {}
    for holder, key in zip(by_key["holder"].tolist(), by_key["key"].tolist(), strict=True):
        lists.setdefault(int(holder), set()).add(str(key))
    return np.fromiter(sorted(lists), dtype=np.int64, count=len(lists)), lists
