"""What several vendors' answers have in common: refusals of a batch, and codes without values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from warehouse_cdp.activation.protocol import Outcome
from warehouse_cdp.errors import (
    BatchRefusedError,
    DestinationUnauthorisedError,
    DestinationUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warehouse_cdp.activation.protocol import Row
    from warehouse_cdp.destinations.http import Answer

# A status that no smaller batch would change: the address itself is wrong.
NO_SUCH_PLACE = frozenset({404, 405, 410, 501})
_NO_CODE = re.compile(r"[^A-Za-z0-9_.\-]")
_LONGEST_CODE = 60
NO_ANSWER = Outcome("retry", error_code="no_answer", error_class="no_answer")
NOT_REMEMBERED = Outcome("rejected", error_code="not_remembered", error_class="unknown_row")
"""A row to be removed of which nothing is known that would find it: no success, and to be seen."""


def code_of(value: object, otherwise: str) -> str:
    """Return a vendor's code as a code: short, no free text, so that it cannot hold a value."""
    text = str(value or "")
    is_code = bool(text) and len(text) <= _LONGEST_CODE and not _NO_CODE.search(text)
    return text if is_code and not _looks_personal(text) else otherwise


def _looks_personal(text: str) -> bool:
    """Whether something in the shape of a code could be a number or an address of a person."""
    return sum(one.isdigit() for one in text) > 5 or text.count(".") > 3  # noqa: PLR2004


def rejected(code: str, kind: str = "invalid_value") -> Outcome:
    """A row that is refused as it is."""
    return Outcome("rejected", error_code=code, error_class=kind)


def refuse_batch(name: str, answer: Answer, code: object = None) -> None:
    """Raise what a refusal of a whole batch means.

    Raises:
        DestinationUnauthorisedError: there is nothing at the address: no batch would be taken.
        BatchRefusedError: some row of it is bad.
    """
    status = f"http_{answer.status}"
    if answer.status in NO_SUCH_PLACE:
        message = (
            f"{name}: there is nothing at the address that takes rows ({answer.status}); check "
            "the definition. Nothing was applied"
        )
        raise DestinationUnauthorisedError(message)
    message = f"{name}: refused a batch ({answer.status})"
    raise BatchRefusedError(message, code_of(code, status))


def with_outdated(
    remembered: Mapping[str, str] | None, before: Mapping[str, str] | None
) -> dict[str, str] | None:
    """Return what finds a row, old and new: a change whose answer gets lost may leave either.

    A name that is there already gets a number: ``email``, ``email~1``.
    """
    found = dict(remembered or {})
    for name, value in (before or {}).items():
        field = base_name(name)
        same = [one for other, one in found.items() if base_name(other) == field]
        if value not in same:
            found[f"{field}~{len(same)}" if same else field] = value
    return found or None


def base_name(name: str) -> str:
    """Return the field of a name that ``with_outdated`` may have numbered."""
    return name.partition("~")[0]


def with_answers(rows: tuple[Row, ...], found: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """Return an outcome for every row; one that was not answered for is sent again."""
    return {row.key: found.get(row.key, NO_ANSWER) for row in rows}


def one_by_one(rows: tuple[Row, ...], send: Callable[[Row], Outcome]) -> dict[str, Outcome]:
    """Return outcomes of a request for each row; what is done when patience ends is not lost.

    Raises:
        DestinationUnavailableError: not even the first row got an answer.
    """
    found: dict[str, Outcome] = {}
    for row in rows:
        try:
            found[row.key] = send(row)
        except DestinationUnavailableError:
            if not found:
                raise
            break
    return with_answers(rows, found)
