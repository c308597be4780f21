"""Names of columns: which of a file's stand for a standard one, and what others may have meant."""

from __future__ import annotations

import csv
import difflib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.matching.columns import COLUMNS_OF_A_FILE, FULL_NAME, STANDARD_COLUMNS
from warehouse_cdp.resolve.usual_names import STANDARD_OF, folded, guessed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COMPARED = frozenset({*STANDARD_COLUMNS, FULL_NAME})
"""Standard columns that say something about a person; at least one must be there."""

_NEAR = 0.75
_NEAR_STANDARD = 0.8
_FEWEST_SIGNS = 6


@dataclass(frozen=True)
class FileColumns:
    """What is read of one file, and what is not.

    ``columns`` maps a standard name to the names in the file: several are joined by a blank.
    ``ignored`` are the columns that stand for nothing, in the file's order.
    """

    columns: Mapping[str, tuple[str, ...]]
    truth: str | None
    ignored: tuple[str, ...]

    @property
    def used(self) -> dict[str, str]:
        """Each standard name and what it is made of, as ``--map`` would say it."""
        return {standard: "+".join(names) for standard, names in self.columns.items()}


def nearest(name: str, among: Iterable[str]) -> str | None:
    """The name among some that ``name`` most likely meant, or None."""
    by_fold = {folded(candidate): candidate for candidate in among}
    wanted = folded(name)
    if wanted in by_fold:
        return by_fold[wanted]
    found = difflib.get_close_matches(wanted, sorted(by_fold), n=1, cutoff=_NEAR)
    return by_fold[found[0]] if found else None


def nearest_standard(name: str) -> str | None:
    """The standard column that a file's column most likely is, or None."""
    known = folded(name)
    by_fold = {folded(standard): standard for standard in COLUMNS_OF_A_FILE} | dict(STANDARD_OF)
    if known in by_fold:
        return by_fold[known]
    # A short word is near to too many others: `date` to `state`.
    long = [word for word in by_fold if len(word) >= _FEWEST_SIGNS and by_fold[word] in COMPARED]
    found = difflib.get_close_matches(known, sorted(long), n=1, cutoff=_NEAR_STANDARD)
    return by_fold[found[0]] if found else None


def parse_map(texts: Sequence[str]) -> dict[str, str]:
    """Read ``standard=column,…``, once or several times, as standard name -> the file's name.

    A column whose name holds a comma stands in double quotes: ``"full_name=name, title"``. Several
    columns are joined by a plus sign: ``address_line=number+street``.

    Raises:
        ConfigurationError: a part is no ``standard=column``, names no standard column, or names
            one, or one of the file's, a second time.
    """
    names: dict[str, str] = {}
    rows = (row for text in texts for row in csv.reader(text.splitlines(keepends=True)))
    for part in (part for row in rows for part in row):
        standard, sign, column = (word.strip() for word in part.partition("="))
        if not sign or not standard or not column:
            message = f"--map {part!r} is not STANDARD=COLUMN, as in --map given_name=first_name"
            raise ConfigurationError(message)
        if standard not in COLUMNS_OF_A_FILE:
            raise ConfigurationError(_no_standard(standard, column))
        if standard in names:
            message = (
                f"--map names {standard} twice ({names[standard]} and {column}): choose one column"
            )
            raise ConfigurationError(message)
        before = {folded(part) for other in names.values() for part in other.split("+")}
        if not before.isdisjoint(folded(part) for part in column.split("+")):
            message = (
                f"--map takes the column {column} twice: one value would count as two pieces of "
                "evidence; choose one standard name"
            )
            raise ConfigurationError(message)
        names[standard] = column
    return names


def _no_standard(standard: str, column: str) -> str:
    if column in COLUMNS_OF_A_FILE:
        hint = f"; the standard name comes first: --map {column}={standard}"
    else:
        near = nearest_standard(standard)
        hint = f"; did you mean {near}?" if near else ""
    valid = ", ".join(COLUMNS_OF_A_FILE)
    return f"--map: {standard} is no standard column{hint} (valid are {valid})"


def columns_of_file(
    file: str, header: Sequence[str], mapped: Mapping[str, str], truth: str | None = None
) -> FileColumns:
    """Say which of a file's columns stand for which standard one.

    A mapped column comes first; then a column of the standard name, signs and capitals aside; then
    one of a usual name that can mean nothing else. The truth is never compared, whatever its name.

    Raises:
        InputDataError: a column that would be used is there more than once.
    """
    found_truth = _column(truth, header) if truth else None
    used = {
        standard: columns
        for standard, wanted in mapped.items()
        if (columns := _columns(wanted, header))
    }
    taken = {found_truth, *(column for columns in used.values() for column in columns)}
    for standard in COLUMNS_OF_A_FILE:
        column = _column(standard, header)
        if standard not in used and column is not None and column not in taken:
            used[standard] = (column,)
            taken.add(column)
    used |= guessed(header, [name for name in COLUMNS_OF_A_FILE if name not in used], taken)
    named = [column for columns in used.values() for column in columns]
    counts = Counter(header)
    twice = [name for name in (*named, found_truth) if name and counts[name] > 1]
    if twice:
        message = f"{file} has more than one column {twice[0]}: rename one of them"
        raise InputDataError(message)
    in_order = {name: used[name] for name in COLUMNS_OF_A_FILE if name in used}
    held = {*named, found_truth}
    ignored = tuple(name for name in dict.fromkeys(header) if name not in held)
    return FileColumns(in_order, found_truth, ignored)


def _column(wanted: str, header: Sequence[str]) -> str | None:
    """The column of a name: exactly so, or the first that reads so with signs levelled."""
    if wanted in header:
        return wanted
    return next((name for name in header if folded(name) == folded(wanted)), None)


def _columns(wanted: str, header: Sequence[str]) -> tuple[str, ...]:
    """The column of a name, or those of several joined by a plus sign; none if one is not there."""
    if wanted in header or "+" not in wanted:
        column = _column(wanted, header)
        return () if column is None else (column,)
    parts = [_column(part.strip(), header) for part in wanted.split("+")]
    known = tuple(part for part in parts if part is not None)
    return known if len(known) == len(parts) else ()


def check_columns(
    files: Mapping[str, FileColumns],
    headers: Mapping[str, Sequence[str]],
    mapped: Mapping[str, str],
    truth: str | None,
) -> None:
    """Check what only all files together can tell.

    Raises:
        ConfigurationError: no file has a column that ``--map`` or ``--truth`` names, or they
            name one column both.
        InputDataError: no file has a column to compare, or some have ``record_id`` (or the
            truth) and others do not.
    """
    all_names = list(dict.fromkeys(name for header in headers.values() for name in header))
    for standard, wanted in mapped.items():
        if not any(_columns(wanted, header) for header in headers.values()):
            message = f"--map {standard}={wanted}: {_not_there(wanted, all_names)}"
            raise ConfigurationError(message)
        if truth and folded(truth) in {folded(wanted), *map(folded, wanted.split("+"))}:
            message = (
                f"--map and --truth both name {wanted}: what is to be found out cannot be compared"
            )
            raise ConfigurationError(message)
    if truth and not any(columns.truth for columns in files.values()):
        message = f"--truth {truth}: {_not_there(truth, all_names)}"
        raise ConfigurationError(message)
    if not any(COMPARED & columns.columns.keys() for columns in files.values()):
        message = f"{', '.join(files)}: {_nothing_to_compare(all_names, truth)}"
        raise InputDataError(message)
    with_id = [file for file, columns in files.items() if "record_id" in columns.columns]
    if with_id and len(with_id) < len(files):
        without = next(file for file in files if file not in with_id)
        message = (
            f"{with_id[0]} has a record_id and {without} has none: "
            "give it to all files or to none (rows are then numbered)"
        )
        raise InputDataError(message)


def _not_there(wanted: str, names: Sequence[str]) -> str:
    near = nearest(wanted, names)
    return f"no file has a column {wanted}" + (f"; did you mean {near}?" if near else "")


def _nothing_to_compare(names: Sequence[str], truth: str | None) -> str:
    """Name only columns that are likely meant: a file without a header has people for names."""
    proposals = [
        f"{standard}={name}"
        for name, standard in proposed(name for name in names if name != truth)
        if standard in COMPARED
    ]
    hint = f" Perhaps: --map {','.join(proposals)}." if proposals else ""
    valid = ", ".join(name for name in COLUMNS_OF_A_FILE if name in COMPARED)
    return (
        f"no column to compare: none of {len(names)} has a standard name.{hint} "
        f"The first row must hold names, and at least one of: {valid}"
    )


def proposed(names: Iterable[str], used: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Columns of a file that are likely standard ones not in use yet, each standard one once."""
    free = set(COLUMNS_OF_A_FILE) - set(used)
    result = []
    for name in names:
        standard = nearest_standard(name)
        if standard in free:
            free.discard(standard)
            result.append((name, standard))
    return result
