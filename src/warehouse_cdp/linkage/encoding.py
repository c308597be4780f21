"""Prepared records as the matching engine wants them: integer codes, each distinct value once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from warehouse_cdp.linkage.deterministic import identical_records
from warehouse_cdp.matching.columns import STANDARD_COLUMNS
from warehouse_cdp.matching.encode import Encoded, Records, codes_of, pack

if TYPE_CHECKING:
    from collections.abc import Mapping

Positions = npt.NDArray[np.int64]

COMPARED: Final[Mapping[str, tuple[str, ...]]] = {
    "given_name": ("given_name_key",),
    "family_name": ("family_name_key",),
    "birth_date": ("birth_date_key",),
    "email": ("email_key",),
    "phone": ("phone_key",),
    "address_line": ("street_key", "house_number_key"),
    "city": ("city_key",),
    "postal_code": ("postal_code_key",),
    "national_id": ("national_id_key",),
}
"""Columns that pairs are compared on (names of the engine), and the match keys they consist of."""
IDENTIFIER_TYPES_SHARED: Final = ("email", "phone", "loyalty_card", "national_id", "device_id")
"""Types of which a record may hold several values; sharing any of them makes two records a pair."""


@dataclass(frozen=True)
class Holders:
    """Who holds the values of one identifier type.

    ``record`` and ``value`` are parallel, ordered by record and value: record positions and codes
    of values; ``starts[i]:starts[i + 1]`` are the rows of record ``i``.
    """

    record: npt.NDArray[np.int32]
    value: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]


@dataclass(frozen=True)
class EncodedWorld:
    """Records without blocked values, in the order of their ids.

    ``records`` and ``identifiers`` (those that may identify) are frames; ``first_of`` gives for
    each record the position of the first that says the same, ``distinct`` the positions of these
    firsts. ``encoded`` and ``holders`` (by identifier type) describe the distinct ones, in order.
    """

    records: pd.DataFrame
    identifiers: pd.DataFrame
    first_of: Positions
    distinct: Positions
    encoded: Records
    holders: Mapping[str, Holders]


def encode_world(
    records: pd.DataFrame, identifiers: pd.DataFrame, bad_values: pd.DataFrame
) -> EncodedWorld:
    """Encode prepared ``records`` and ``identifiers``, leaving out ``bad_values``."""
    ordered = records.sort_values("record_id", kind="stable").set_index("record_id", drop=False)
    ordered.index.name = None
    bad = pd.MultiIndex.from_frame(bad_values[["identifier_type", "identifier_key"]])
    held = pd.MultiIndex.from_frame(identifiers[["identifier_type", "identifier_key"]])
    usable = identifiers[~held.isin(bad)].sort_values(
        ["record_id", "identifier_type", "identifier_key"], kind="stable"
    )
    for kind, columns in (
        ("email", ("email_key", "email_local_key")),
        ("phone", ("phone_key",)),
        ("national_id", ("national_id_key",)),
    ):
        blocked = ordered[columns[0]].isin(
            bad_values.loc[bad_values["identifier_type"] == kind, "identifier_key"]
        )
        for name in columns:
            ordered[name] = ordered[name].mask(blocked, None)
    first_of = identical_records(ordered)
    distinct = np.unique(first_of)
    position = usable["record_id"].map(pd.Series(np.arange(len(ordered)), index=ordered.index))
    usable = usable.assign(position=position.to_numpy(dtype=np.int64))
    return EncodedWorld(
        ordered,
        usable,
        first_of,
        distinct,
        _encode(ordered, first_of, distinct),
        {kind: _holders(usable, kind, first_of, distinct) for kind in IDENTIFIER_TYPES_SHARED},
    )


def _encode(ordered: pd.DataFrame, first_of: Positions, distinct: Positions) -> Records:
    columns = []
    for name, keys in COMPARED.items():
        codes, values = codes_of(pa.array(_joined(ordered, keys), type=pa.string()))
        counts = np.bincount(codes[codes >= 0], minlength=len(values)).astype(np.int64)
        kind = STANDARD_COLUMNS[name]
        columns.append(Encoded(name, kind, codes[distinct], values, counts, pack(values)))
    row_record = np.searchsorted(distinct, first_of)
    weights = np.bincount(row_record, minlength=len(distinct)).astype(np.int64)
    return Records(tuple(columns), row_record, distinct, weights)


def _joined(ordered: pd.DataFrame, keys: tuple[str, ...]) -> list[str | None]:
    first = ordered[keys[0]].tolist()
    if len(keys) == 1:
        return [value if isinstance(value, str) else None for value in first]
    return [
        f"{one} {other}" if isinstance(one, str) and isinstance(other, str) else one
        for one, other in zip(first, ordered[keys[1]].tolist(), strict=True)
    ]


def _holders(
    identifiers: pd.DataFrame, kind: str, first_of: Positions, distinct: Positions
) -> Holders:
    of_kind = identifiers[identifiers["identifier_type"] == kind]
    values = pd.factorize(of_kind["identifier_key"], sort=True)[0]
    records = np.searchsorted(distinct, first_of[of_kind["position"].to_numpy(dtype=np.int64)])
    both = np.unique(records.astype(np.int64) << 32 | values)
    record, value = (both >> 32).astype(np.int32), (both & 0xFFFFFFFF).astype(np.int32)
    starts = np.searchsorted(record, np.arange(len(distinct) + 1)).astype(np.int64)
    return Holders(record, value, starts)
