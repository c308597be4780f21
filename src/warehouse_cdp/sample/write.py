"""Writes a sample to disk: raw tables, truth and what it is, complete or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.sample.clock import AS_OF, iso
from warehouse_cdp.sample.generator import (
    check_request,
    chunk_count,
    generate_chunks,
    sample_facts,
)
from warehouse_cdp.sample.schema import FILES
from warehouse_cdp.sample.sink import csv_line

if TYPE_CHECKING:
    import pandas as pd

    from warehouse_cdp.sample.rates import Rates

FileFormat = Literal["csv", "parquet"]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done and steps in all."""

_BUCKET_PEOPLE = 50_000


@dataclass(frozen=True)
class Sample:
    """A sample in memory: tables of text by ``<source>/<table>``, and the truth by table."""

    tables: Mapping[str, pd.DataFrame]
    truth: Mapping[str, pd.DataFrame]
    as_of: str
    rates_seen: Mapping[str, tuple[int, int]]


def _shuffled(lines: Iterable[str]) -> list[str]:
    """Return lines in the order of their checksums.

    That mixes the rows of all people, needs no memory of other chunks, and depends on nothing but
    the rows themselves.
    """
    return sorted(lines, key=lambda line: (zlib.crc32(line.encode()), line))


def generate(people: int, seed: int, wave: int, rates: Rates | None = None) -> Sample:
    """Return a sample in memory; for large ones use ``write_sample``."""
    lines: dict[str, list[str]] = {name: [] for name in FILES}
    trials: dict[str, int] = {}
    hits: dict[str, int] = {}
    for part in generate_chunks(people, seed, wave, rates):
        for name, some in part.lines.items():
            lines[name] += some
        for rate, number in part.trials.items():
            trials[rate] = trials.get(rate, 0) + number
            hits[rate] = hits.get(rate, 0) + part.hits[rate]
    frames = {name: _frame(name, _shuffled(some)) for name, some in lines.items()}
    return Sample(
        tables={n.removeprefix("raw/"): f for n, f in frames.items() if n.startswith("raw/")},
        truth={n.removeprefix("truth/"): f for n, f in frames.items() if n.startswith("truth/")},
        as_of=iso(AS_OF[wave]),
        rates_seen={rate: (hits[rate], number) for rate, number in trials.items()},
    )


def _frame(name: str, lines: list[str]) -> pd.DataFrame:
    table = _arrow_table(name, ("\n".join([csv_line(FILES[name]), *lines]) + "\n").encode())
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _arrow_table(name: str, content: bytes) -> pa.Table:
    return pa_csv.read_csv(
        pa.BufferReader(content),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types={column: pa.string() for column in FILES[name]},
            strings_can_be_null=True,
            null_values=[""],
        ),
    )


def write_sample(
    out_dir: Path, people: int, seed: int, wave: int, file_format: str = "csv",
    progress: Progress | None = None,
) -> None:  # fmt: skip
    """Write a sample to ``out_dir``: ``raw/<source>/<table>``, ``truth/`` and ``sample.json``.

    Rows are spooled by chunk and sorted by part, so that a million people need no more memory
    than fifty thousand. Everything is written beside ``out_dir`` first and then moved into place;
    an earlier sample there is replaced, anything else is refused.
    """
    check_request(people, wave)
    if file_format not in ("csv", "parquet"):
        msg = f"file format is '{file_format}'; valid are csv and parquet"
        raise ConfigurationError(msg)
    if out_dir.exists() and any(out_dir.iterdir()) and not (out_dir / "sample.json").is_file():
        msg = f"{out_dir} holds files that are no sample; give an empty or a new directory"
        raise InputDataError(msg)
    tell = progress or (lambda _what, _done, _total: None)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_dir.parent, prefix=".sample-") as work_name:
        work = Path(work_name)
        spool, new = work / "spool", work / "new"
        spool.mkdir()
        new.mkdir()
        buckets = -(-people // _BUCKET_PEOPLE)
        for done, part in enumerate(generate_chunks(people, seed, wave), 1):
            _spool(spool, part.lines, buckets)
            tell("generate", done, chunk_count(people))
        for done, name in enumerate(FILES, 1):
            _write_table(spool, new, name, buckets, file_format)
            tell("write", done, len(FILES))
        facts = json.dumps(sample_facts(people, seed, wave), indent=2) + "\n"
        (new / "sample.json").write_text(facts, encoding="utf-8", newline="\n")
        _move_in(new, out_dir)


def _spool_path(spool: Path, name: str, bucket: int) -> Path:
    return spool / f"{name.replace('/', '__')}.{bucket}"


def _spool(spool: Path, lines: Mapping[str, list[str]], buckets: int) -> None:
    for name, some in lines.items():
        parts: list[list[str]] = [[] for _ in range(buckets)]
        for line in some:
            parts[zlib.crc32(line.encode()) * buckets >> 32].append(line)
        for bucket, part in enumerate(parts):
            # A record separator ends a row: line breaks may stand inside one.
            with _spool_path(spool, name, bucket).open("a", encoding="utf-8", newline="") as file:
                file.writelines(f"{line}\x1e" for line in part)


def _write_table(spool: Path, new: Path, name: str, buckets: int, file_format: str) -> None:
    target = new / f"{name}.{file_format}"
    target.parent.mkdir(parents=True, exist_ok=True)
    header = csv_line(FILES[name]) + "\n"
    schema = pa.schema([(column, pa.string()) for column in FILES[name]])
    if file_format == "csv":
        with target.open("w", encoding="utf-8", newline="") as file:
            file.write(header)
            for bucket in range(buckets):
                file.writelines(f"{line}\n" for line in _bucket(spool, name, bucket))
        return
    with pa_parquet.ParquetWriter(target, schema) as writer:
        for bucket in range(buckets):
            content = header + "".join(f"{line}\n" for line in _bucket(spool, name, bucket))
            writer.write_table(_arrow_table(name, content.encode()))


def _bucket(spool: Path, name: str, bucket: int) -> list[str]:
    path = _spool_path(spool, name, bucket)
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        content = file.read()
    path.unlink()
    return _shuffled(content.split("\x1e")[:-1])


def _move_in(new: Path, out_dir: Path) -> None:
    if out_dir.exists():
        old = new.parent / "old"
        out_dir.rename(old)
        new.rename(out_dir)
        shutil.rmtree(old)
    else:
        new.rename(out_dir)
