"""Invented person records with known duplicates, as many as wanted, the same for the same seed.

python benchmarks/people.py OUT.parquet --records 1000000 [--seed 1] [--without national_id,phone]

The columns, the records a person has and the errors follow FEBRL's generator (Christen,
"Probabilistic data generation for deduplication and data linkage", 2005) as measured in
``febrl_100k.parquet``: of each person an original, and duplicates in which one to four fields
are spoilt. Names are invented from syllables; how often each is borne falls with its rank as with
real names (Mandelbrot's law). Postcode and region follow from the town. Everything is drawn in
blocks of people with a seed of their own, so that a file of 10 million records needs no more
memory than one of fifty thousand.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from people_text import joined, spoilt, to_arrow, words

if TYPE_CHECKING:
    from collections.abc import Iterator

Texts = npt.NDArray[np.bytes_]
Draw = np.random.Generator

PEOPLE_A_BLOCK: Final = 20_000
RECORDS_A_PERSON: Final = (0.42, 0.18, 0.13, 0.10, 0.09, 0.08)
"""Share of people with one, two, … records."""
SPOILT_FIELDS: Final = (0.07, 0.33, 0.47, 0.13)
"""Share of duplicates with one, two, … fields spoilt."""
SPOILT: Final = {
    "given_name": 0.44,
    "family_name": 0.41,
    "birth_date": 0.12,
    "address_line": 0.67,
    "city": 0.43,
    "postal_code": 0.14,
    "region": 0.16,
    "phone": 0.11,
    "national_id": 0.14,
}
"""How often each field is one of those, relative to the others."""
MISSING: Final = {
    "given_name": 0.02,
    "family_name": 0.02,
    "birth_date": 0.10,
    "city": 0.01,
    "postal_code": 0.01,
    "region": 0.10,
    "phone": 0.05,
}
"""Share of people of whom nothing is known in a field."""
SWAPPED_NAMES: Final = 0.01
"""Share of duplicates with given and family name in each other's place."""
REPLACED: Final = 0.10
"""Of spoilt names, cities and addresses: another person's in their place."""
EMPTIED: Final = 0.03
"""Of spoilt fields: nothing in their place."""
SWAPPED_DATES: Final = 0.20
"""Of spoilt birth dates: day and month in each other's place (the same where they are equal)."""
SECOND_ERROR: Final = 0.30
"""Of fields with one typing error: with a second one."""
_DIGITS: Final = {"birth_date", "postal_code", "phone", "national_id"}
_REPLACED: Final = {"given_name", "family_name", "address_line", "city"}
_REGIONS: Final = np.array([b"nsw", b"vic", b"qld", b"wa", b"sa", b"tas", b"act", b"nt"])
_STREET_TYPES: Final = np.array(
    [b"street", b"road", b"avenue", b"place", b"crescent", b"circuit", b"court", b"close", b"way"]
)
_IDS: Final = 1_000_000_007
_FIRST_DAY: Final = np.datetime64("1920-01-01")
_DAYS: Final = 35_000


@dataclass(frozen=True)
class Pool:
    """Texts to draw from and the cumulated share of each."""

    texts: Texts
    shares: npt.NDArray[np.float64]

    def numbers(self, draw: Draw, size: int) -> npt.NDArray[np.int64]:
        """Positions of ``size`` drawn texts."""
        return np.searchsorted(self.shares, draw.random(size)).astype(np.int64)

    def drawn(self, draw: Draw, size: int) -> Texts:
        """``size`` texts."""
        return np.asarray(self.texts[self.numbers(draw, size)])


def pool(draw: Draw, count: int, syllables: tuple[int, int], offset: float, slope: float) -> Pool:
    """``count`` invented words; the one of rank r is drawn in proportion to (r + offset)^-slope."""
    texts = words(draw, count, syllables)
    weights = (np.arange(len(texts)) + 1.0 + offset) ** -slope
    return Pool(texts, np.cumsum(weights) / weights.sum())


@dataclass(frozen=True)
class Pools:
    """What people are made of; cities come with their postcode and region."""

    given: Pool
    family: Pool
    street: Pool
    building: Pool
    city: Pool
    postal_code: Texts
    region: Texts


def pools(seed: int) -> Pools:
    """The pools of a seed; they do not depend on how many records are made."""
    draw = np.random.default_rng([seed, 0])
    given = pool(draw, 3_000, (2, 3), 12.0, 1.25)
    family = pool(draw, 60_000, (2, 4), 15.0, 0.95)
    street = pool(draw, 12_000, (2, 3), 30.0, 0.8)
    building = pool(draw, 4_000, (3, 4), 30.0, 0.6)
    city = pool(draw, 8_000, (2, 4), 40.0, 0.7)
    first_digit = draw.choice(8, len(city.texts), p=(0.33, 0.25, 0.19, 0.1, 0.07, 0.03, 0.02, 0.01))
    code = 1000 * (2 + first_digit) + draw.integers(0, 400, len(city.texts))
    return Pools(
        given, family, street, building, city, code.astype("S4"), _REGIONS[first_digit]
    )  # fmt: skip


def blocks(records: int, seed: int) -> Iterator[pa.Table]:
    """Tables of ``record_id``, the columns of ``SPOILT`` and ``truth``: ``records`` rows in all."""
    made, number = 0, 0
    source = pools(seed)
    while made < records:
        draw = np.random.default_rng([seed, 1, number])
        table = _block(draw, source, number * PEOPLE_A_BLOCK, made)
        yield table.slice(0, records - made)
        made, number = made + table.num_rows, number + 1


def people(records: int, seed: int = 1) -> pa.Table:
    """All ``records`` in one table."""
    return pa.concat_tables(blocks(records, seed)).combine_chunks()


def _block(draw: Draw, source: Pools, first_person: int, first_record: int) -> pa.Table:
    count = PEOPLE_A_BLOCK
    fields = _originals(draw, source, first_person, count)
    absent = {name: draw.random(count) < share for name, share in MISSING.items()}
    holds = 1 + draw.choice(len(RECORDS_A_PERSON), count, p=RECORDS_A_PERSON)
    person = np.repeat(np.arange(count), holds)
    is_original = np.diff(person, prepend=-1) > 0
    order = draw.permutation(len(person))
    person, is_original = person[order], is_original[order]
    spoils = _which_fields(draw, ~is_original)
    rows = {name: texts[person] for name, texts in fields.items()}
    unknown = {
        name: absent[name][person] if name in absent else np.zeros(len(person), dtype=np.bool_)
        for name in rows
    }
    for name, chosen in spoils.items():
        rows[name], emptied = _spoil(draw, name, rows[name], chosen)
        unknown[name] = unknown[name] | emptied
    swap = ~is_original & (draw.random(len(person)) < SWAPPED_NAMES)
    given, family = rows["given_name"].copy(), rows["family_name"].copy()
    rows["given_name"] = np.where(swap, family, given)
    rows["family_name"] = np.where(swap, given, family)
    ids = np.char.add(b"r", np.char.zfill((first_record + np.arange(len(person))).astype("S9"), 9))
    columns = {"record_id": to_arrow(ids)}
    columns |= {name: to_arrow(texts, unknown[name]) for name, texts in rows.items()}
    return pa.table(columns | {"truth": pa.array(first_person + person)})


def _originals(draw: Draw, source: Pools, first: int, count: int) -> dict[str, Texts]:
    place = source.city.numbers(draw, count)
    # Two days drawn, the larger kept: more of those alive are young than old.
    days = np.maximum(draw.integers(0, _DAYS, count), draw.integers(0, _DAYS, count))
    born = (_FIRST_DAY + days).astype("S10").view("S1").reshape(count, 10)
    dates = np.ascontiguousarray(born[:, [0, 1, 2, 3, 5, 6, 8, 9]]).view("S8").reshape(count)
    house = np.minimum(1 + draw.geometric(0.02, count), 999).astype("S3")
    kinds = _STREET_TYPES[draw.integers(0, len(_STREET_TYPES), count)]
    line = joined(house, joined(source.street.drawn(draw, count), kinds))
    named = draw.random(count) < 0.3  # noqa: PLR2004 - FEBRL's second address line
    line = np.where(named, joined(line, source.building.drawn(draw, count)), line)
    # A multiple of an odd prime modulo a larger one: no two people share an id.
    national_id = (first + np.arange(count) + 1) * 387_420_489 % _IDS
    phone = draw.integers(0, 10**8, count).astype("S8")
    return {
        "given_name": source.given.drawn(draw, count),
        "family_name": source.family.drawn(draw, count),
        "birth_date": dates,
        "address_line": line,
        "city": source.city.texts[place],
        "postal_code": source.postal_code[place],
        "region": source.region[place],
        "phone": np.char.add(b"04", np.char.zfill(phone, 8)),
        "national_id": np.char.zfill(national_id.astype("S10"), 10),
    }


def _which_fields(draw: Draw, duplicate: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.bool_]]:
    """For each field the rows in which it is spoilt: a weighted draw without replacement."""
    rows = np.flatnonzero(duplicate)
    how_many = 1 + draw.choice(len(SPOILT_FIELDS), len(rows), p=SPOILT_FIELDS)
    # Efraimidis and Spirakis (2006): the largest of random^(1/weight) are such a draw.
    keys = np.log(draw.random((len(rows), len(SPOILT)))) / np.array(list(SPOILT.values()))
    rank = np.argsort(np.argsort(-keys, axis=1), axis=1)
    chosen = rank < how_many[:, None]
    found = {}
    for number, name in enumerate(SPOILT):
        found[name] = np.zeros(len(duplicate), dtype=np.bool_)
        found[name][rows] = chosen[:, number]
    return found


def _spoil(
    draw: Draw, name: str, texts: Texts, chosen: npt.NDArray[np.bool_]
) -> tuple[Texts, npt.NDArray[np.bool_]]:
    """The texts with those chosen spoilt, and which of them are empty now."""
    rows = np.flatnonzero(chosen)
    how = draw.random(len(rows))
    emptied = np.zeros(len(texts), dtype=np.bool_)
    emptied[rows[how < EMPTIED]] = True
    result = texts.copy()
    alphabet = b"0123456789" if name in _DIGITS else b"abcdefghijklmnopqrstuvwxyz"
    wrong = spoilt(draw, texts[rows], alphabet, keeps_length=name in _DIGITS)
    twice = draw.random(len(rows)) < SECOND_ERROR
    wrong[twice] = spoilt(draw, wrong[twice], alphabet, keeps_length=name in _DIGITS)
    if name in _REPLACED:
        replaced = how > 1.0 - REPLACED
        wrong = wrong.astype(f"S{max(wrong.itemsize, texts.itemsize)}")
        wrong[replaced] = texts[draw.integers(0, len(texts), int(replaced.sum()))]
    if name == "region":
        wrong = _REGIONS[draw.integers(0, len(_REGIONS), len(rows))]
    if name == "birth_date":
        turned = how > 1.0 - SWAPPED_DATES
        day_month = texts[rows].view("S1").reshape(-1, 8)[:, [0, 1, 2, 3, 6, 7, 4, 5]]
        wrong = np.where(turned, np.ascontiguousarray(day_month).view("S8").ravel(), wrong)
    result = result.astype(f"S{max(result.itemsize, wrong.itemsize)}")
    result[rows] = wrong
    return result, emptied


def write(path: Path, records: int, seed: int, without: tuple[str, ...] = ()) -> None:
    """Write ``records`` to a Parquet file, block by block."""
    writer: pq.ParquetWriter | None = None
    for table in blocks(records, seed):
        kept = table.drop_columns(list(without))
        writer = writer or pq.ParquetWriter(path, kept.schema)
        writer.write_table(kept)
    if writer:
        writer.close()


def main() -> None:
    """Write the file asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without", default="", help="columns to leave out, comma between them")
    asked = parser.parse_args()
    left_out = tuple(name for name in asked.without.split(",") if name)
    write(asked.out, asked.records, asked.seed, left_out)


if __name__ == "__main__":
    main()
