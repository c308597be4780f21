"""What the matcher sees of a person record: match keys, made once, one row a record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.linkage import names
from warehouse_cdp.linkage.identifier_keys import email_key, identifier_key, phone_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RECORD_COLUMNS = (
    "record_id",
    "source",
    "record_type",
    "given_name_key",
    "given_name_forms",
    "given_name_sound",
    "family_name_key",
    "family_name_sound",
    "name_pair_key",
    "name_suffix_key",
    "birth_date_key",
    "email_key",
    "email_local_key",
    "phone_key",
    "street_key",
    "house_number_key",
    "postal_code_key",
    "city_key",
    "country_code",
    "company_key",
    "national_id_key",
    "merged_into_record_id",
    "created_at",
)
"""Columns of the frame ``prepare_records`` returns (all text but ``created_at``)."""

PERSON_INPUT = (
    "record_id",
    "source",
    "record_type",
    "given_name",
    "middle_name",
    "family_name",
    "full_name",
    "name_suffix",
    "birth_date",
    "birth_date_raw",
    "email",
    "phone",
    "address_line_1",
    "address_line_2",
    "postal_code",
    "city",
    "country_code",
    "company",
    "national_id",
    "merged_into_record_id",
    "created_at",
)
"""Columns of a person record that ``prepare_records`` reads."""

_STREET_WORDS: Mapping[str, str] = {
    "street": "st",
    "strasse": "st",
    "str": "st",
    "strase": "st",
    "road": "rd",
    "avenue": "ave",
    "av": "ave",
    "lane": "ln",
    "drive": "dr",
    "close": "cl",
    "court": "ct",
    "place": "pl",
    "platz": "pl",
    "terrace": "tce",
    "square": "sq",
    "gardens": "gdns",
    "crescent": "cres",
    "boulevard": "bd",
    "blvd": "bd",
    "allee": "al",
    "saint": "st",
    "sankt": "st",
}
_GERMAN_STREET = re.compile(r"(?<=[a-z]{3})(strasse|str)\b")
_HOUSE_NUMBER = re.compile(r"\b(\d+)\s*([a-z])?\b")
_FEWEST_LOCAL_SIGNS = 5
_DATE_DIGITS = 8
_SIGNS = re.compile(r"[^a-z0-9]+")


def email_local_key(key: str) -> str | None:
    """Local part of an e-mail key without signs: what survives a change of provider."""
    local = _SIGNS.sub("", key.rpartition("@")[0])
    return local if len(local) >= _FEWEST_LOCAL_SIGNS else None


def postal_code_key(postal_code: str) -> str | None:
    """Postcode in lower case without blanks and signs."""
    return _SIGNS.sub("", postal_code.lower()) or None


def street_and_number(address: str) -> tuple[str | None, str | None]:
    """Street without house number, words abbreviated alike, and the house number."""
    folded = " ".join(_SIGNS.sub(" ", _fold_keeping_digits(address)).split())
    found = _HOUSE_NUMBER.search(folded)
    number = None
    if found:
        number = found.group(1) + (found.group(2) or "")
        folded = f"{folded[: found.start()]} {folded[found.end() :]}"
    folded = _GERMAN_STREET.sub(" st", folded)
    words = [_STREET_WORDS.get(word, word) for word in folded.split()]
    return (" ".join(words) or None), number


def _fold_keeping_digits(text: str) -> str:
    parts = re.split(r"(\d+)", text)
    return "".join(part if part.isdigit() else f" {names.fold_plain(part)} " for part in parts)


def birth_date_key(value: object, raw: object = None) -> str | None:
    """``YYYYMMDD``; from the raw text only when that is eight digits already."""
    if value is not None and not _is_null(value):
        digits = re.sub(r"\D", "", str(value))[:8]
        if len(digits) == _DATE_DIGITS:
            return digits
    if isinstance(raw, str):
        digits = re.sub(r"\D", "", raw)
        if len(digits) == _DATE_DIGITS and re.fullmatch(r"\s*\d{4}-?\d{2}-?\d{2}\s*", raw):
            return digits
    return None


def nickname_forms(nicknames: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Canonical forms by folded nickname, from a frame ``nickname, given_name``."""
    if nicknames.empty:
        return {}
    forms: dict[str, set[str]] = {}
    for nickname, canonical in zip(
        nicknames["nickname"].astype(str), nicknames["given_name"].astype(str), strict=True
    ):
        forms.setdefault(names.fold(nickname), set()).add(names.fold(canonical))
    return {nickname: tuple(sorted(canonical)) for nickname, canonical in forms.items()}


def prepare_records(
    persons: pd.DataFrame,
    nicknames: pd.DataFrame | None = None,
    identifiers: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row a record with its match keys (``RECORD_COLUMNS``), ordered by ``record_id``.

    ``persons`` has ``record_id`` and any of the standard columns of a person record; what is
    absent is unknown. ``nicknames`` has ``nickname`` and ``given_name`` (the canonical form).
    ``identifiers`` (``record_id, identifier_type, identifier_value``) fill in an e-mail or phone
    that stands on none of a record's own columns.
    """
    if "record_id" not in persons.columns:
        msg = "person records have no column record_id"
        raise InputDataError(msg)
    people = persons.sort_values("record_id", kind="stable").reset_index(drop=True)
    if people["record_id"].isna().any() or people["record_id"].duplicated().any():
        msg = "record_id must be present and unique in the person records"
        raise InputDataError(msg)
    column = _text_columns(people)
    given, family, suffix = _name_parts(column)
    forms = nickname_forms(nicknames if nicknames is not None else pd.DataFrame())
    ids = people["record_id"].astype(str)
    emails = _map_distinct(_filled(column("email"), ids, identifiers, "email"), email_key)
    phones = _map_distinct(_filled(column("phone"), ids, identifiers, "phone"), phone_key)
    addresses = _joined(column("address_line_1"), column("address_line_2"))
    streets = [street_and_number(text) if text else (None, None) for text in addresses]
    frame = pd.DataFrame(
        {
            "record_id": ids,
            "source": column("source"),
            "record_type": column("record_type"),
            "given_name_key": given,
            "given_name_forms": [_forms_of(name, forms) for name in given],
            "given_name_sound": [
                names.phonetic(_canonical(name, forms)) if name else None for name in given
            ],
            "family_name_key": family,
            "family_name_sound": [names.phonetic(name) if name else None for name in family],
            "name_pair_key": [
                "/".join(sorted((_canonical(one, forms), other))) if one and other else None
                for one, other in zip(given, family, strict=True)
            ],
            "name_suffix_key": suffix,
            "birth_date_key": [
                birth_date_key(value, raw)
                for value, raw in zip(
                    _values(people, "birth_date"), column("birth_date_raw"), strict=True
                )
            ],
            "email_key": emails,
            "email_local_key": [email_local_key(key) if key else None for key in emails],
            "phone_key": phones,
            "street_key": [street for street, _ in streets],
            "house_number_key": [number for _, number in streets],
            "postal_code_key": _map_distinct(column("postal_code"), postal_code_key),
            "city_key": _map_distinct(column("city"), lambda text: names.fold(text) or None),
            "country_code": column("country_code"),
            "company_key": _map_distinct(column("company"), lambda text: names.fold(text) or None),
            "national_id_key": _map_distinct(
                column("national_id"), lambda text: identifier_key("national_id", text)
            ),
            "merged_into_record_id": column("merged_into_record_id"),
        },
        dtype=object,
    )
    frame["created_at"] = pd.to_datetime(pd.Series(_values(people, "created_at")), utc=False)
    return frame[list(RECORD_COLUMNS)]


def prepare_identifiers(identifiers: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """One row a record x type x match key, known records only.

    Returns ``record_id, identifier_type, identifier_key, identifier_value, first_seen_at,
    last_seen_at``, ordered. The identifiers that stand on the records themselves (e-mail, phone,
    national id) are added, so that nothing depends on their being listed twice.
    """
    parts = [identifiers.reindex(columns=_IDENTIFIER_INPUT)]
    for kind, name in (
        ("email", "email_key"),
        ("phone", "phone_key"),
        ("national_id", "national_id_key"),
    ):
        on_record = records.loc[records[name].notna(), ["record_id", name, "created_at"]]
        parts.append(
            pd.DataFrame(
                {
                    "record_id": on_record["record_id"],
                    "identifier_type": kind,
                    "identifier_value": on_record[name],
                    "first_seen_at": on_record["created_at"],
                    "last_seen_at": pd.NaT,
                }
            )
        )
    for number, part in enumerate(parts):
        texts = part[["record_id", "identifier_type", "identifier_value"]].astype(object)
        moments = {name: pd.to_datetime(part[name]).dt.as_unit("us") for name in _MOMENTS}
        parts[number] = texts.assign(**moments)
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[
        rows["record_id"].isin(set(records["record_id"])) & rows["identifier_value"].notna()
    ]
    kinds, values = rows["identifier_type"].astype(str), rows["identifier_value"].astype(str)
    rows = rows.assign(
        identifier_key=pd.Series(
            [identifier_key(k, v) for k, v in zip(kinds, values, strict=True)],
            index=rows.index,
            dtype=object,
        )
    )
    rows = rows[rows["identifier_key"].notna()]
    return (
        rows.sort_values(["record_id", "identifier_type", "identifier_key", "identifier_value"])
        .groupby(["record_id", "identifier_type", "identifier_key"], as_index=False)
        .agg(
            identifier_value=("identifier_value", "first"),
            first_seen_at=("first_seen_at", "min"),
            last_seen_at=("last_seen_at", "max"),
        )
    )


_MOMENTS = ("first_seen_at", "last_seen_at")
_IDENTIFIER_INPUT = [
    "record_id",
    "identifier_type",
    "identifier_value",
    "first_seen_at",
    "last_seen_at",
]


def _filled(
    values: list[str | None], ids: pd.Series, identifiers: pd.DataFrame | None, kind: str
) -> list[str | None]:
    if identifiers is None or identifiers.empty:
        return values
    of_kind = identifiers[
        (identifiers["identifier_type"] == kind) & identifiers["identifier_value"].notna()
    ]
    smallest = of_kind.sort_values("identifier_value").drop_duplicates("record_id")
    others = ids.map(smallest.set_index("record_id")["identifier_value"]).tolist()
    return [
        value if value is not None or _is_null(other) else str(other)
        for value, other in zip(values, others, strict=True)
    ]


def _name_parts(
    column: Callable[[str], list[str | None]],
) -> tuple[list[str | None], list[str | None], list[str | None]]:
    given_names: list[str | None] = []
    family_names: list[str | None] = []
    suffixes: list[str | None] = []
    for given, middle, family, full, suffix in zip(
        column("given_name"),
        column("middle_name"),
        column("family_name"),
        column("full_name"),
        column("name_suffix"),
        strict=True,
    ):
        first, last = given, family
        if not first and not last and full:
            first, last = names.split_full_name(full)
        first_key = names.given_key(first) if first else None
        if first_key and middle:
            first_key = f"{first_key} {names.given_key(middle) or ''}".strip()
        given_names.append(first_key)
        family_names.append(names.family_key(last) if last else None)
        written = (suffix, family, full)
        suffixes.append(
            next((code for text in written if text and (code := names.suffix_code(text))), None)
        )
    return given_names, family_names, suffixes


def _canonical(name: str, forms: Mapping[str, tuple[str, ...]]) -> str:
    first = name.split(maxsplit=1)[0]
    return forms.get(first, (first,))[0]


def _forms_of(name: str | None, forms: Mapping[str, tuple[str, ...]]) -> str | None:
    if not name:
        return None
    first = name.split()[0]
    return "|".join(dict.fromkeys((name, first, *forms.get(first, ()))))


def _text_columns(people: pd.DataFrame) -> Callable[[str], list[str | None]]:
    def column(name: str) -> list[str | None]:
        if name not in people.columns:
            return [None] * len(people)
        return [
            None if _is_null(value) or not str(value).strip() else str(value).strip()
            for value in people[name].tolist()
        ]

    return column


def _values(people: pd.DataFrame, name: str) -> list[Any]:
    if name not in people.columns:
        return [None] * len(people)
    return list(people[name].tolist())


def _is_null(value: object) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value))


def _joined(first: list[str | None], second: list[str | None]) -> list[str | None]:
    return [
        " ".join(part for part in pair if part) or None for pair in zip(first, second, strict=True)
    ]


def _map_distinct(
    values: list[str | None], function: Callable[[str], str | None]
) -> list[str | None]:
    known: dict[str, str | None] = {}
    for value in values:
        if value is not None and value not in known:
            known[value] = function(value)
    return [known[value] if value is not None else None for value in values]
