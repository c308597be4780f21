"""How alike two records are, field by field, in named levels.

Each comparison extends recordlinkage's ``BaseCompareFeature`` and so also works inside a plain
``recordlinkage.Compare``. A level is a small integer: 0 unknown (one side is missing), 1
different, then rising agreement; ``LEVELS`` names them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler
from recordlinkage import Compare
from recordlinkage.base import BaseCompareFeature

from warehouse_cdp.linkage import names
from warehouse_cdp.linkage.pairs import find, positions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Levels = npt.NDArray[np.int8]

DIFFERENT = 1
CLOSE = 2
EXACT = 3
"""Codes of levels (``given_name`` has one more between close and exact)."""
SAME_STREET_SIMILARITY = 0.85
TELLING_DIGITS = 2
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


def distinct_pair_scores(
    left: pd.Series, right: pd.Series, scorer: Callable[..., float]
) -> npt.NDArray[np.float64]:
    """``scorer`` of each pair of texts, reckoned once per distinct pair; nothing may be null."""
    if not len(left):
        return np.zeros(0)
    codes, values = pd.factorize(pd.concat([left, right], ignore_index=True))
    one, other = codes[: len(left)].astype(np.int64), codes[len(left) :].astype(np.int64)
    united, inverse = np.unique(
        np.minimum(one, other) * len(values) + np.maximum(one, other), return_inverse=True
    )
    texts = values.to_numpy(dtype=object)
    scores = process.cpdist(
        texts[united // len(values)], texts[united % len(values)], scorer=scorer, dtype=np.float64
    )
    return np.asarray(scores, dtype=np.float64)[inverse]


class _LevelFeature(BaseCompareFeature):  # type: ignore[misc]
    """A comparison that yields levels."""

    def __init__(self, columns: tuple[str, ...], label: str) -> None:
        super().__init__(list(columns), list(columns), label=label)
        self.width = len(columns)

    def _compute_vectorized(self, *columns: pd.Series) -> Levels:
        plain = [column.reset_index(drop=True) for column in columns]
        return self.levels(plain[: self.width], plain[self.width :])

    def levels(self, left: list[pd.Series], right: list[pd.Series]) -> Levels:
        """Level of each pair from the columns of its left and its right record."""
        raise NotImplementedError


class ExactOrClose(_LevelFeature):
    """Equal (3), at most ``edits`` typing errors apart (2), different (1)."""

    def __init__(self, column: str, label: str, edits: int) -> None:
        super().__init__((column,), label)
        self.edits = edits

    def levels(self, left: list[pd.Series], right: list[pd.Series]) -> Levels:
        """Level of each pair; see the class."""
        result, unequal = _exact_levels(left[0], right[0], exact=3)
        distance = distinct_pair_scores(left[0][unequal], right[0][unequal], OSA.distance)
        result[np.flatnonzero(unequal)[distance <= self.edits]] = 2
        return result


class BirthDates(_LevelFeature):
    """Equal (3), day and month swapped or one typing error (2), different (1)."""

    def levels(self, left: list[pd.Series], right: list[pd.Series]) -> Levels:
        """Level of each pair; see the class."""
        result, unequal = _exact_levels(left[0], right[0], exact=3)
        one, other = left[0][unequal], right[0][unequal]
        distance = distinct_pair_scores(one, other, OSA.distance)
        swapped = (one.str[:4] + one.str[6:8] + one.str[4:6]) == other
        result[np.flatnonzero(unequal)[(distance <= 1) | swapped.to_numpy(dtype=bool)]] = 2
        return result


class GivenNames(_LevelFeature):
    """Equal (4), forms of one name (3), close or initial or swapped with the family name (2)."""

    def levels(self, left: list[pd.Series], right: list[pd.Series]) -> Levels:
        """Level of each pair; see the class."""
        result, unequal = _exact_levels(left[0], right[0], exact=4)
        where = np.flatnonzero(unequal)
        found = _distinct_pair_levels(left[0][unequal], right[0][unequal], _given_name_level)
        result[where] = found
        result[_swapped(left, right, result)] = 2
        return result


class FamilyNames(_LevelFeature):
    """Equal (3), close or half of a double name or swapped with the given name (2)."""

    def levels(self, left: list[pd.Series], right: list[pd.Series]) -> Levels:
        """Level of each pair; see the class."""
        result, unequal = _exact_levels(left[1], right[1], exact=3)
        where = np.flatnonzero(unequal)
        found = _distinct_pair_levels(left[1][unequal], right[1][unequal], _family_name_level)
        result[where] = found
        result[_swapped(left, right, result)] = 2
        return result


class Emails(_LevelFeature):
    """Equal or shared (3); one typing error, or a telling local part at two providers (2).

    A local part made of the person's name tells no more than the name did: such a pair counts as
    unknown (0) rather than as agreement or disagreement.
    """

    def levels(self, left: list[pd.Series], right: list[pd.Series]) -> Levels:
        """Level of each pair; see the class."""
        result, unequal = _exact_levels(left[0], right[0], exact=3)
        where = np.flatnonzero(unequal)
        distance = distinct_pair_scores(left[0][unequal], right[0][unequal], OSA.distance)
        digits = _digits(left[0][unequal]) == _digits(right[0][unequal])
        result[where[(distance <= 1) & digits.to_numpy(dtype=bool)]] = 2
        same_local = (left[1] == right[1]).to_numpy(dtype=bool) & unequal
        telling = left[1].fillna("").str.count(r"\d").to_numpy() >= TELLING_DIGITS
        named = np.array(
            [
                any(name in local for name in parts if name and len(name) >= SHORTEST_NAME)
                for local, *parts in zip(
                    left[1].fillna(""),
                    *(column.fillna("") for column in (*left[2:], *right[2:])),
                    strict=True,
                )
            ],
            dtype=bool,
        )
        result[same_local] = 0
        result[same_local & (telling | ~named)] = 2
        return result


def _digits(texts: pd.Series) -> pd.Series:
    return texts.str.replace(r"\D", "", regex=True)


class Addresses(_LevelFeature):
    """Street and number equal (3); street close and number not contradicting (2)."""

    def levels(self, left: list[pd.Series], right: list[pd.Series]) -> Levels:
        """Level of each pair; see the class."""
        result, unequal = _exact_levels(left[0], right[0], exact=3)
        score = distinct_pair_scores(left[0][unequal], right[0][unequal], JaroWinkler.similarity)
        where = np.flatnonzero(unequal)
        result[where[score >= SAME_STREET_SIMILARITY]] = 2
        numbers_known = (left[1].notna() & right[1].notna()).to_numpy(dtype=bool)
        numbers_equal = (left[1] == right[1]).to_numpy(dtype=bool)
        result[(result == EXACT) & ~numbers_known] = 2
        # A street with another number is the neighbourhood, no address.
        result[(result >= CLOSE) & numbers_known & ~numbers_equal] = 1
        return result


class Places(_LevelFeature):
    """Postcode equal (3); postcode one error apart or the same town (2)."""

    def levels(self, left: list[pd.Series], right: list[pd.Series]) -> Levels:
        """Level of each pair; see the class."""
        result, unequal = _exact_levels(left[0], right[0], exact=3)
        distance = distinct_pair_scores(left[0][unequal], right[0][unequal], OSA.distance)
        result[np.flatnonzero(unequal)[distance <= 1]] = 2
        town_known = (left[1].notna() & right[1].notna()).to_numpy(dtype=bool)
        town_equal = (left[1] == right[1]).to_numpy(dtype=bool)
        result[(result <= 1) & town_known & town_equal] = 2
        result[(result == 0) & town_known & ~town_equal] = 1
        return result


def _exact_levels(
    left: pd.Series, right: pd.Series, exact: int
) -> tuple[Levels, npt.NDArray[np.bool_]]:
    known = (left.notna() & right.notna()).to_numpy(dtype=bool)
    equal = known & (left == right).to_numpy(dtype=bool)
    result = np.where(equal, exact, np.where(known, 1, 0)).astype(np.int8)
    return result, known & ~equal


def _distinct_pair_levels(
    left: pd.Series, right: pd.Series, level: Callable[[str, str], int]
) -> Levels:
    if not len(left):
        return np.zeros(0, dtype=np.int8)
    codes, values = pd.factorize(pd.concat([left, right], ignore_index=True))
    one, other = codes[: len(left)].astype(np.int64), codes[len(left) :].astype(np.int64)
    united, inverse = np.unique(one * len(values) + other, return_inverse=True)
    texts = values.to_numpy(dtype=object)
    found = [
        level(texts[first], texts[second])
        for first, second in zip(united // len(values), united % len(values), strict=True)
    ]
    return np.asarray(found, dtype=np.int8)[inverse]


def _given_name_level(left: str, right: str) -> int:
    left_forms, right_forms = left.split("|"), right.split("|")
    if left_forms[0] == right_forms[0]:
        return 4
    if not set(left_forms).isdisjoint(right_forms):
        return 3
    return CLOSE if names.given_names_alike(left, right) else DIFFERENT


def _family_name_level(left: str, right: str) -> int:
    return CLOSE if names.family_names_agree(left, right) else DIFFERENT


def _swapped(left: list[pd.Series], right: list[pd.Series], levels: Levels) -> npt.NDArray[np.intp]:
    """Where given and family names agree crosswise (columns: given forms, family, given key).

    Blanks and a typing error aside, since who swaps two fields does not spell better for it.
    """
    known = left[1].notna() & left[2].notna() & right[1].notna() & right[2].notna()
    crossed = np.flatnonzero((levels == DIFFERENT) & known.to_numpy(dtype=bool))
    for given, family in ((left[2], right[1]), (right[2], left[1])):
        codes, distinct = pd.factorize(given.iloc[crossed])
        whole = pd.Series([name.replace(" ", "") for name in distinct], dtype=object)
        alike = distinct_pair_scores(
            whole.iloc[codes], family.iloc[crossed], JaroWinkler.similarity
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
    levels: pd.DataFrame = Compare(features()).compute(pairs, records)
    levels = levels.reset_index(drop=True).astype(np.int8)
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
