"""What keeps two records apart whatever else they share: separation rules on pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz.distance import OSA, JaroWinkler

from warehouse_cdp.linkage import names
from warehouse_cdp.linkage.comparing import CLOSE, DIFFERENT

SEPARATIONS = ("two_national_ids", "two_birth_dates", "two_name_suffixes", "two_given_names")
"""The guards that ``contradiction`` names, strongest first."""
_SAME_NATIONAL_ID_EDITS = 2
_DOUBTFUL_GIVEN_NAME = 0.6
_SAME_BIRTH_DATE_EDITS = 2
_GENERATION_YEARS = 10
_FACET_COLUMNS = (
    "given_name_forms",
    "family_name_key",
    "name_suffix_key",
    "birth_date_key",
    "national_id_key",
)


@dataclass(frozen=True)
class Facets:
    """What of a record can contradict another's; an empty text is unknown."""

    given_name_forms: str
    family_name: str
    name_suffix: str
    birth_date: str
    national_id: str
    family_name_forms: str = ""
    """The forms that the family name has as a given name, if it is one of those that occur."""


def contradiction(
    left: Facets, right: Facets, forgiven: frozenset[str] = frozenset()
) -> str | None:
    """The guard that keeps two records apart, or None when they may be one person's.

    One national id outweighs the rest, since a name or a date may be mistyped; two of them are
    forgiven where name and birth date are the same, since an id may be mistyped too. A given
    name that is merely unlike is forgiven where the birth dates are the same. ``forgiven`` names
    guards that data have shown to be mistakes where all else agrees (see ``mistakes.py``).
    """
    if _national_ids_agree(left, right):
        return None
    same_birth_date = bool(left.birth_date) and left.birth_date == right.birth_date
    names_clash = names.names_contradict(
        left.given_name_forms,
        left.family_name_forms or left.family_name,
        right.given_name_forms,
        right.family_name_forms or right.family_name,
    )
    guard = None
    if left.national_id and right.national_id and (names_clash or not same_birth_date):
        guard = "two_national_ids"
    elif (
        left.birth_date
        and right.birth_date
        and not birth_dates_agree(left.birth_date, right.birth_date)
        and not ("two_birth_dates" in forgiven and _one_name(left, right, names_clash=names_clash))
    ):
        guard = "two_birth_dates"
    elif left.name_suffix and right.name_suffix and left.name_suffix != right.name_suffix:
        guard = None if same_birth_date else "two_name_suffixes"
    elif names_clash and not (
        same_birth_date
        and (
            _somewhat_alike(left, right)
            or ("two_given_names" in forgiven and _families_agree(left, right))
        )
    ):
        guard = "two_given_names"
    return guard


def comparable(left: Facets, right: Facets) -> list[str]:
    """The guards for which both sides know enough to agree or to contradict."""
    known = (
        left.national_id and right.national_id,
        left.birth_date and right.birth_date,
        left.name_suffix and right.name_suffix,
        left.given_name_forms and right.given_name_forms,
    )
    return [guard for guard, both in zip(SEPARATIONS, known, strict=True) if both]


def _national_ids_agree(left: Facets, right: Facets) -> bool:
    if not left.national_id or not right.national_id:
        return False
    return OSA.distance(left.national_id, right.national_id) <= _SAME_NATIONAL_ID_EDITS


def _somewhat_alike(left: Facets, right: Facets) -> bool:
    one, other = left.given_name_forms.split("|")[0], right.given_name_forms.split("|")[0]
    return JaroWinkler.similarity(one, other) >= _DOUBTFUL_GIVEN_NAME


def _families_agree(left: Facets, right: Facets) -> bool:
    known = bool(left.family_name) and bool(right.family_name)
    return known and names.family_names_agree(left.family_name, right.family_name)


def _one_name(left: Facets, right: Facets, *, names_clash: bool) -> bool:
    known = bool(left.given_name_forms) and bool(right.given_name_forms)
    return known and not names_clash and _families_agree(left, right)


def birth_dates_agree(left: str, right: str) -> bool:
    """Whether two dates (YYYYMMDD) may be one, mistyped or with day and month swapped.

    Two typing errors are forgiven within ten years only: father and son may well be two signs
    apart.
    """
    edits = OSA.distance(left, right)
    if edits <= 1:
        return True
    if edits <= _SAME_BIRTH_DATE_EDITS and abs(int(left[:4]) - int(right[:4])) < _GENERATION_YEARS:
        return True
    return left[:4] + left[6:8] + left[4:6] == right


def facets_of(records: pd.DataFrame) -> tuple[list[Facets], npt.NDArray[np.int64]]:
    """The distinct facets of prepared records and each record's place among them."""
    codes: dict[Facets, int] = {}
    by_record = []
    forms = _forms_of_words(records)
    for values in records[list(_FACET_COLUMNS)].fillna("").itertuples(index=False, name=None):
        given, family, suffix, born, national_id = (str(value) for value in values)
        # Put into the wrong field a given name has its short forms all the same.
        facet = Facets(given, family, suffix, born, national_id, forms.get(family, ""))
        by_record.append(codes.setdefault(facet, len(codes)))
    return list(codes), np.array(by_record, dtype=np.int64)


def _forms_of_words(records: pd.DataFrame) -> dict[str, str]:
    """Forms of each given name of one word that has any."""
    known = records[["given_name_key", "given_name_forms"]].dropna().drop_duplicates()
    pairs = zip(known["given_name_key"], known["given_name_forms"], strict=True)
    return {name: forms for name, forms in pairs if name != forms and " " not in name}


def pair_contradictions(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    levels: pd.DataFrame,
    records: pd.DataFrame,
    forgiven: frozenset[str] = frozenset(),
) -> npt.NDArray[np.object_]:
    """For each pair (positions in ``records``) the guard that keeps it apart, or None."""
    facets, codes = facets_of(records)
    suffix = records["name_suffix_key"].fillna("").to_numpy()
    # Names that look alike may be two all the same (Martin, Martina).
    suspicious = levels["given_name"].isin([DIFFERENT, CLOSE]).to_numpy()
    suspicious |= (levels[["birth_date", "national_id"]] == DIFFERENT).any(axis=1).to_numpy()
    suspicious |= suffix[left] != suffix[right]
    where = np.flatnonzero(suspicious)
    one, other = codes[left[where]], codes[right[where]]
    both = np.minimum(one, other) * len(facets) + np.maximum(one, other)
    distinct, place = np.unique(both, return_inverse=True)
    found = np.full(len(distinct), None, dtype=object)
    for number, pair in enumerate(distinct.tolist()):
        mine, theirs = facets[pair // len(facets)], facets[pair % len(facets)]
        found[number] = contradiction(mine, theirs, forgiven)
    result = np.full(len(left), None, dtype=object)
    result[where] = found[place.reshape(len(where))]
    return result


def ambiguous_namesakes(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    levels: pd.DataFrame,
    contradictions: npt.NDArray[np.object_],
    records: pd.DataFrame,
) -> npt.NDArray[np.bool_]:
    """Pairs that only a name and an address join, where two people share both.

    Where birth dates or suffixes show father and son of one name at one address, a record that
    has neither may be either's. Only an e-mail, a phone, a birth date or a suffix can tell.
    """
    home = records["given_name_sound"].astype(object)
    for name in ("family_name_sound", "house_number_key", "postal_code_key"):
        # A missing part makes the whole unknown.
        home = home + "/" + records[name]
    homes = np.asarray(pd.factorize(home)[0])
    same_name = (levels["given_name"] >= CLOSE).to_numpy() & (
        levels["family_name"] >= CLOSE
    ).to_numpy()
    told_apart = same_name & np.isin(
        contradictions.astype(str), ["two_birth_dates", "two_name_suffixes"]
    )
    shared = np.zeros(len(homes) + 1, dtype=bool)
    for side in (left, right):
        shared[homes[side[told_apart]]] = True
    shared[-1] = False
    suffix = records["name_suffix_key"]
    same_suffix = suffix.notna().to_numpy()[left] & (
        suffix.fillna("").to_numpy()[left] == suffix.fillna("").to_numpy()[right]
    )
    told = (
        (levels["birth_date"] >= CLOSE).to_numpy()
        | (levels["email"] >= CLOSE).to_numpy()
        | (levels["phone"] >= CLOSE).to_numpy()
        | (levels["national_id"] >= CLOSE).to_numpy()
        | same_suffix
    )
    return np.asarray((shared[homes[left]] | shared[homes[right]]) & ~told, dtype=bool)
