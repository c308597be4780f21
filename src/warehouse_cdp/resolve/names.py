"""Names of columns: which of a file's stand for a standard one, and what others may have meant."""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.errors import ConfigurationError, InputDataError
from warehouse_cdp.matching.columns import COLUMNS_OF_A_FILE, FULL_NAME, STANDARD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COMPARED = frozenset({*STANDARD_COLUMNS, FULL_NAME})
"""Standard columns that say something about a person; at least one must be there."""

# Other names that files give to a standard column. They are proposed, never taken: whether `name`
# is a family name or a full one is the user's to say.
_OTHER_NAMES: Mapping[str, str] = {
    "record_id": "id unique_id rec_id row_id person_id contact_id customer_id uuid guid",
    "source": "system source_system data_source source_dataset origin",
    "given_name": "first_name firstname fname forename first vorname prenom nombre christian_name",
    "middle_name": "middlename mname middle second_name zweitname",
    "family_name": "surname last_name lastname lname last nachname nom apellido name_last",
    "full_name": "name fullname person_name contact_name display_name customer_name",
    "birth_date": "dob date_of_birth birthdate birthday born geburtsdatum date_naissance bday",
    "email": "e_mail mail email_address emailaddress e_mail_address",
    "phone": "telephone tel mobile phone_number phonenumber mobile_number cell telefon handy",
    "address_line": "address street address_1 address1 address_line_1 addr street_address strasse",
    "city": "suburb town locality ort stadt ville place municipality",
    "postal_code": "zip zipcode zip_code postcode post_code plz postalcode code_postal",
    "region": "state province county bundesland",
    "country": "country_code land pays nation",
    "national_id": "ssn soc_sec_id social_security_number nin nhs_number tax_id passport",
    "company": "organisation organization employer company_name firma business",
    "gender": "sex geschlecht",
    "birth_place": "place_of_birth birthplace geburtsort city_of_birth",
    "occupation": "job job_title profession beruf",
}
_SIGNS = re.compile(r"[\s_.\-]+")
_NEAR = 0.75
_NEAR_STANDARD = 0.8
_FEWEST_SIGNS = 6


def folded(name: str) -> str:
    """A name without capitals, blanks, dots and hyphens: ``Given Name`` is ``given_name``.

    An accent may be a sign of its own or not: it looks the same, and is.
    """
    return _SIGNS.sub("", unicodedata.normalize("NFKC", name).lower())


_STANDARD_OF = {
    folded(other): standard
    for standard, others in _OTHER_NAMES.items()
    if standard in COLUMNS_OF_A_FILE
    for other in others.split()
}


@dataclass(frozen=True)
class FileColumns:
    """What is read of one file, and what is not.

    ``used`` maps a standard name (or ``truth``) to the name in the file; ``ignored`` are the
    other columns, in the file's order.
    """

    used: Mapping[str, str]
    truth: str | None
    ignored: tuple[str, ...]


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
    by_fold = {folded(standard): standard for standard in COLUMNS_OF_A_FILE} | _STANDARD_OF
    if known in by_fold:
        return by_fold[known]
    # A short word is near to too many others: `date` to `state`.
    long = [word for word in by_fold if len(word) >= _FEWEST_SIGNS and by_fold[word] in COMPARED]
    found = difflib.get_close_matches(known, sorted(long), n=1, cutoff=_NEAR_STANDARD)
    return by_fold[found[0]] if found else None


def parse_map(texts: Sequence[str]) -> dict[str, str]:
    """Read ``standard=column,…``, once or several times, as standard name -> the file's name.

    A column whose name holds a comma stands in double quotes: ``"full_name=name, title"``.

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
        if folded(column) in {folded(other) for other in names.values()}:
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

    A mapped column comes first; then a column of the standard name, capitals and blanks aside.
    The truth is never compared, whatever its name.

    Raises:
        InputDataError: a column that would be used is there more than once.
    """
    found_truth = _column(truth, header) if truth else None
    used = {
        standard: column
        for standard, wanted in mapped.items()
        if (column := _column(wanted, header)) is not None
    }
    taken = {*used.values(), found_truth}
    for standard in COLUMNS_OF_A_FILE:
        column = _column(standard, header)
        if standard not in used and column is not None and column not in taken:
            used[standard] = column
            taken.add(column)
    counts = Counter(header)
    twice = [name for name in (*used.values(), found_truth) if name and counts[name] > 1]
    if twice:
        message = f"{file} has more than one column {twice[0]}: rename one of them"
        raise InputDataError(message)
    in_order = {name: used[name] for name in COLUMNS_OF_A_FILE if name in used}
    ignored = tuple(name for name in dict.fromkeys(header) if name not in taken)
    return FileColumns(in_order, found_truth, ignored)


def _column(wanted: str, header: Sequence[str]) -> str | None:
    """The column of a name: exactly so, or the first that reads so with signs levelled."""
    if wanted in header:
        return wanted
    return next((name for name in header if folded(name) == folded(wanted)), None)


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
        if not any(_column(wanted, header) for header in headers.values()):
            message = f"--map {standard}={wanted}: {_not_there(wanted, all_names)}"
            raise ConfigurationError(message)
        if truth and folded(wanted) == folded(truth):
            message = (
                f"--map and --truth both name {wanted}: what is to be found out cannot be compared"
            )
            raise ConfigurationError(message)
    if truth and not any(columns.truth for columns in files.values()):
        message = f"--truth {truth}: {_not_there(truth, all_names)}"
        raise ConfigurationError(message)
    if not any(COMPARED & columns.used.keys() for columns in files.values()):
        message = f"{', '.join(files)}: {_nothing_to_compare(all_names, truth)}"
        raise InputDataError(message)
    with_id = [file for file, columns in files.items() if "record_id" in columns.used]
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
