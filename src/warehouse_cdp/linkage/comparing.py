"""Levels of agreement of pairs, and the coarser agreement that rules and guards ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from warehouse_cdp.linkage import names
from warehouse_cdp.matching.compare import Comparer, Levels
from warehouse_cdp.matching.compiling import compiled
from warehouse_cdp.matching.levels import LEVEL_NAMES, exact_level, level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.linkage.encoding import EncodedWorld, Holders
    from warehouse_cdp.matching.places import PlaceRules

Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

UNKNOWN, DIFFERENT, CLOSE, EXACT = 0, 1, 2, 3
"""Agreement of a field: not known of both, or contradicting, or nearly equal, or equal."""
FIELDS: Final = (
    "given_name",
    "family_name",
    "birth_date",
    "email",
    "phone",
    "address",
    "place",
    "national_id",
)
_LIFTED: Final = ("email", "phone", "national_id")
# Levels of the engine in the words of rules; the last is exact, what is not named is different.
_AGREEMENT: Final[Mapping[str, Mapping[str, int]]] = {
    "given_name": dict.fromkeys(("initial", "nickname", "close", "swapped"), CLOSE),
    "family_name": dict.fromkeys(("part", "close"), CLOSE),
    "birth_date": dict.fromkeys(("one_error", "swapped"), CLOSE),
    "email": dict.fromkeys(("same_local_part", "close"), CLOSE),
    "phone": {"one_error": CLOSE},
    "address_line": {"close": CLOSE},
    "city": {"close": CLOSE},
    "postal_code": {"one_error": CLOSE},
    "national_id": dict.fromkeys(("one_error", "two_errors"), CLOSE),
}


class WorldComparer(Comparer):
    """The engine's comparisons, where records may hold several values and names short forms.

    An e-mail, phone or national id that both records hold anywhere is full agreement. Two given
    names that are forms of one name (``given_name_forms``) agree at the level "nickname".
    """

    def __init__(
        self, world: EncodedWorld, places: PlaceRules | None = None, threads: int = 2
    ) -> None:
        """Prepare the distinct records of a world; ``places`` as in ``Comparer``."""
        super().__init__(world.encoded, short_names(world.records), threads, places)
        self._names = [column.name for column in world.encoded.columns]
        self._holders = world.holders

    def levels(self, left: Codes, right: Codes) -> Levels:
        """Levels of each pair (rows) in each column of the records (columns)."""
        found = super().levels(left, right)
        for name in _LIFTED:
            number = self._names.index(name)
            shared = self.shares(name, left, right)
            found[shared, number] = exact_level(self.records.columns[number].kind)
        return found

    def shares(self, kind: str, left: Codes, right: Codes) -> Flags:
        """Which pairs hold a value of an identifier type in common."""
        return shares_value(self._holders[kind], left, right)


def shares_value(held: Holders, left: Codes, right: Codes) -> Flags:
    """Which pairs of records have a held value in common."""
    shared = np.zeros(len(left), dtype=np.bool_)
    _find_shared(held.starts, held.value, left, right, len(left), shared)
    return shared


@compiled("i8[] i4[] i4[] i4[] i8 b1[w]")
def _find_shared(
    starts: Array, value: Array, left: Array, right: Array, count: int, shared: Array
) -> None:
    """Mark pairs whose ordered lists of values meet."""
    for pair in range(count):
        i, end_i = starts[left[pair]], starts[left[pair] + 1]
        j, end_j = starts[right[pair]], starts[right[pair] + 1]
        while i < end_i and j < end_j:
            one, other = value[i], value[j]
            if one == other:
                shared[pair] = True
                break
            if one < other:
                i += 1
            else:
                j += 1


def short_names(records: pd.DataFrame) -> dict[str, set[str]]:
    """Full names that each short given name may stand for, as the records' forms have it."""
    known = records[["given_name_key", "given_name_forms"]].dropna().drop_duplicates()
    full: dict[str, set[str]] = {}
    for name, forms in zip(known["given_name_key"], known["given_name_forms"], strict=True):
        word = name.split(" ", maxsplit=1)[0]
        others = set(forms.split("|")) - {name, word}
        if others:
            full.setdefault(word, set()).update(others)
    return full


def agreement(world: EncodedWorld, left: Codes, right: Codes, levels: Levels) -> pd.DataFrame:
    """Agreement of each pair in ``FIELDS``, from its levels; ``left`` and ``right`` are distinct.

    Coarser than levels and in the terms of the guards: names agree as ``names`` says, an
    address without number or with another one is no address, a place is a postcode or a town.
    """
    level_of, coarse = {}, {}
    for number, column in enumerate(world.encoded.columns):
        told = [_AGREEMENT[column.name].get(word, DIFFERENT) for word in LEVEL_NAMES[column.kind]]
        level_of[column.name] = levels[:, number]
        codes = np.array([UNKNOWN, *told[:-1], EXACT], dtype=np.int8)
        coarse[column.name] = codes[levels[:, number]]
    texts = _Texts(world, left, right)
    for name, text, agree in (
        ("given_name", "given_name_forms", names.given_names_agree),
        ("family_name", "family_name_key", names.family_names_agree),
    ):
        doubtful = level_of[name] == level(name, "similar")
        if name == "given_name":
            # Who shares a value with somebody is looked at twice: a short form may be misspelt.
            shared = (coarse["email"] == EXACT) | (coarse["phone"] == EXACT)
            doubtful |= shared & (level_of[name] == level(name, "different"))
        where = np.flatnonzero(doubtful)
        found = [agree(one, other) for one, other in zip(*texts.of(text, where), strict=True)]
        coarse[name][where] = np.where(found, CLOSE, DIFFERENT)
    # Fields that were swapped agree both; the engine says so in one of them.
    swapped = level_of["given_name"] == level("given_name", "swapped")
    coarse["family_name"][swapped] = CLOSE
    numbers = world.records["house_number_key"].notna().to_numpy()[world.distinct]
    address = coarse["address_line"]
    address[(address == EXACT) & ~(numbers[left] & numbers[right])] = CLOSE
    city, place = coarse["city"], coarse["postal_code"]
    place[(place <= DIFFERENT) & (city >= CLOSE)] = CLOSE
    place[(place == UNKNOWN) & (city == DIFFERENT)] = DIFFERENT
    fields = {"address": address, "place": place}
    return pd.DataFrame({name: fields.get(name, coarse.get(name)) for name in FIELDS})


class _Texts:
    """Match keys of both records of some pairs."""

    def __init__(self, world: EncodedWorld, left: Codes, right: Codes) -> None:
        self._records = world.records
        self._left, self._right = world.distinct[left], world.distinct[right]

    def of(self, column: str, where: npt.NDArray[np.int64]) -> tuple[list[str], list[str]]:
        """Texts of the left and the right records, empty where unknown."""
        texts = self._records[column]
        left = texts.iloc[self._left[where]].fillna("").tolist()
        return left, texts.iloc[self._right[where]].fillna("").tolist()
