"""Standard columns: their kinds, and which of them say something in the records at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from warehouse_cdp.errors import InputDataError
from warehouse_cdp.matching.normal_forms import NORMAL_FORMS, split_full_names
from warehouse_cdp.matching.parallel import each

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORD_ID: Final = "record_id"
SOURCE: Final = "source"

STANDARD_COLUMNS: Final[Mapping[str, str]] = {
    "given_name": "given_name",
    "middle_name": "middle_name",
    "family_name": "family_name",
    "birth_date": "date",
    "email": "email",
    "phone": "phone",
    "address_line": "address",
    "city": "text",
    "postal_code": "postal_code",
    "region": "category",
    "country": "category",
    "national_id": "identifier",
    "company": "text",
    "gender": "category",
    "birth_place": "text",
    "occupation": "text",
}
"""Kind of each column that is compared; ``full_name`` is split where parts are not given."""
FULL_NAME: Final = "full_name"
_IDENTIFYING: Final = {"email", "phone", "national_id", "birth_date"}
_FEW_RECORDS: Final = 20
COLUMNS_OF_A_FILE: Final = (RECORD_ID, SOURCE, FULL_NAME, *STANDARD_COLUMNS)


@dataclass(frozen=True)
class FoundColumn:
    """A standard column in normal form.

    ``values`` are one text a record (null where unknown), plain or by a dictionary of
    different texts; ``filled`` is the share of records with a value and ``distinct`` the count of
    different values.
    """

    name: str
    kind: str
    values: pa.Array
    filled: float
    distinct: int


@dataclass(frozen=True)
class FoundColumns:
    """What the records hold: columns to compare, those left out with why, unknown names."""

    used: tuple[FoundColumn, ...]
    left_out: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]


def find_columns(records: pd.DataFrame, threads: int = 1) -> FoundColumns:
    """The standard columns of ``records`` in normal form, without those that say nothing.

    A column of one value says nothing, unless there are no others, or it would identify a person
    and few records hold it.

    Raises:
        InputDataError: a column name occurs twice.
    """
    twice = sorted({str(name) for name in records.columns[records.columns.duplicated()]})
    if twice:
        msg = f"columns named more than once: {', '.join(twice)}; name each column once"
        raise InputDataError(msg)
    wanted = [str(n) for n in records.columns if n in STANDARD_COLUMNS or n == FULL_NAME]
    texts = dict(zip(wanted, each(lambda n: as_text(records[n]), wanted, threads), strict=True))
    left_out: list[tuple[str, str]] = []
    if FULL_NAME in texts:
        whole = texts.pop(FULL_NAME)
        if "given_name" in texts and "family_name" in texts:
            left_out.append((FULL_NAME, "given_name and family_name are there"))
        else:
            given, family = split_full_names(whole)
            texts.setdefault("given_name", given)
            texts.setdefault("family_name", family)
    used: list[FoundColumn] = []
    of_one_value: list[FoundColumn] = []
    present = [name for name in STANDARD_COLUMNS if name in texts]
    sizes = {name: float(texts[name].nbytes) for name in present}
    columns = each(lambda name: _column(name, texts.pop(name)), present, threads, sizes.__getitem__)
    for column in columns:
        if column.distinct == 0:
            left_out.append((column.name, "no value in any record"))
            continue
        held = round(column.filled * len(records))
        # Two of three records that share a phone are no proof that everybody has it.
        enough = _FEW_RECORDS if column.name in _IDENTIFYING else 1
        (of_one_value if column.distinct == 1 and held > enough else used).append(column)
    if any(column.distinct > 1 for column in used):
        reason = "one value in all records that have one: it tells nothing"
        left_out += [(column.name, reason) for column in of_one_value]
    else:
        # Nothing tells records apart: whether they are one person is for equal rows to say.
        used = sorted([*used, *of_one_value], key=lambda column: present.index(column.name))
    unknown = sorted(str(name) for name in records.columns if name not in COLUMNS_OF_A_FILE)
    return FoundColumns(tuple(used), tuple(left_out), tuple(unknown))


def _column(name: str, texts: pa.Array) -> FoundColumn:
    """The column in normal form, worked out once for each distinct text."""
    kind = STANDARD_COLUMNS[name]
    written = texts.dictionary_encode()
    forms = NORMAL_FORMS[kind](written.dictionary)
    if forms.equals(written.dictionary):
        values = written
    else:
        normal = forms.dictionary_encode()
        indices = normal.indices.take(written.indices)
        values = pa.DictionaryArray.from_arrays(indices, normal.dictionary)
    filled = 1.0 - values.indices.null_count / max(len(texts), 1)
    return FoundColumn(name, kind, values, filled, len(values.dictionary))


def record_ids(records: pd.DataFrame) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """The ids of records in their order as texts, and the row of each.

    Raises:
        InputDataError: there is no ``record_id``, or one is unknown or not unique.
    """
    if RECORD_ID not in records.columns:
        msg = f"the records have no column {RECORD_ID}: it must name each record uniquely"
        raise InputDataError(msg)
    ids = records[RECORD_ID]
    if ids.isna().any():
        msg = f"{int(ids.isna().sum())} records have no {RECORD_ID}: each must have its own"
        raise InputDataError(msg)
    is_text = isinstance(ids.dtype, pd.ArrowDtype) and pa.types.is_string(ids.dtype.pyarrow_dtype)
    texts = pa.array(ids if is_text else ids.astype(str), type=pa.string())
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    order = np.arange(len(texts), dtype=np.int64)
    # Most files are in the order of their ids, which is seen sooner than made.
    if not pc.all(pc.less(texts[:-1], texts[1:]), min_count=0).as_py():
        order = pc.sort_indices(texts).to_numpy().astype(np.int64)
        texts = texts.take(pa.array(order))
        repeated = pc.sum(pc.equal(texts[:-1], texts[1:])).as_py()
        if repeated:
            msg = f"{repeated} records repeat another's {RECORD_ID}: each must have its own"
            raise InputDataError(msg)
    return texts, order


def as_text(series: pd.Series) -> pa.Array:
    """Any column as an Arrow string array: whole floats without ``.0``, dates as ISO, null kept."""
    if pd.api.types.is_datetime64_any_dtype(series):
        stamps = series.dt.strftime("%Y-%m-%d")
        return pa.array(stamps, type=pa.string(), from_pandas=True)
    if pd.api.types.is_float_dtype(series):
        whole = bool((series.dropna() % 1 == 0).all())
        series = series.astype("Int64") if whole else series
    try:
        array = pa.array(series, from_pandas=True)
        if pa.types.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        array = array.cast(pa.string())
    except (pa.ArrowException, UnicodeError):
        array = pa.array(
            [None if _is_missing(value) else _one_text(value) for value in series],
            type=pa.string(),
        )
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124 - NaN


def _one_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # Half a surrogate pair cannot be stored as UTF-8.
    return str(value).encode("utf-8", "replace").decode("utf-8")
