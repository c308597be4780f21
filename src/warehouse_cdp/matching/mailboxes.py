"""E-mails made of their owners' names: what the name has said already, they do not say again.

Weights of columns are added up as if they were independent (Fellegi and Sunter, 1969). The mailbox
that a name was given follows from the name; counted twice it makes namesakes one person. So its
resemblance becomes "unknown" or "different" before anything is learnt from it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from warehouse_cdp.matching.encode import pack
from warehouse_cdp.matching.kernels import alignment_distance
from warehouse_cdp.matching.levels import level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.matching.encode import Encoded

Codes = npt.NDArray[np.int32]
Levels = npt.NDArray[np.int8]

_UNKNOWN: Final = 0
_DIFFERENT: Final = 1
_SHORTEST_NAME: Final = 3
_TELLING_DIGITS: Final = 2
_NO_DIGIT: Final = re.compile(r"[^0-9]")
# Mueller and Müller, whichever of the two a name or an address was written from.
_UMLAUT: Final = re.compile(r"([aou])e")


class Mailboxes:
    """Settles the levels of e-mails; made once for some records."""

    def __init__(self, columns: Sequence[Encoded]) -> None:
        """Find out which records' e-mails contain a word of their name."""
        self._number = {column.name: number for number, column in enumerate(columns)}
        self._columns = columns
        self._named: npt.NDArray[np.bool_] | None = None
        self._digits: Codes | None = None
        if "email" in self._number:
            email = columns[self._number["email"]]
            locals_ = [value.partition("@")[0] for value in email.values.to_pylist()]
            digits = [_NO_DIGIT.sub("", local) for local in locals_]
            distinct, codes = np.unique(np.array(digits, dtype=object), return_inverse=True)
            self._digits = codes.astype(np.int32)
            self._numbers = pack(pa.array(distinct, type=pa.string()))
            self._telling = np.array(
                [len(text) >= _TELLING_DIGITS for text in distinct], dtype=bool
            )
            self._named = self._made_of_names(email, locals_)

    def settle(self, found: Levels, left: Codes, right: Codes) -> None:
        """Change ``found`` (pairs x columns) in place.

        An address made of its owner's name resembles those of all namesakes. So resemblance is
        no agreement unless digits tell, nor is one local part at two providers; and two signs
        apart are less than a typing error where the digits differ, and none at all where the
        numbers are others altogether.
        """
        if self._named is None or self._digits is None:
            return
        email, column = found[:, self._number["email"]], self._columns[self._number["email"]]
        where = np.flatnonzero((email > _DIFFERENT) & (email < level("email", "exact")))
        one, other = left[where], right[where]
        named = self._named[one] | self._named[other]
        where = where[named]
        # From here on both ends are known by the digits of their mailbox.
        one = self._digits[column.codes[one[named]]]
        other = self._digits[column.codes[other[named]]]
        mine = email[where]
        same_digits = one == other
        alike, close = mine == level("email", "similar"), mine == level("email", "close")
        mine[close & ~same_digits] = level("email", "similar")
        mine[close & self._other_number(one, other)] = _DIFFERENT
        mine[alike & ~(same_digits & self._telling[one])] = _DIFFERENT
        same_local = mine == level("email", "same_local_part")
        mine[same_local & ~self._telling[one]] = _UNKNOWN
        email[where] = mine

    def _other_number(self, one: Codes, other: Codes) -> npt.NDArray[np.bool_]:
        """Whether both hold a number of two digits or more, and these are two errors apart.

        Who finds a name taken adds a number: "le1967" and "le1974" are two of that name.
        """
        found = np.asarray(self._telling[one] & self._telling[other], dtype=np.bool_)
        where = np.flatnonzero(found)
        found[where] = alignment_distance(self._numbers, one[where], other[where], 1) > 1
        return found

    def _made_of_names(self, email: Encoded, locals_: list[str]) -> npt.NDArray[np.bool_]:
        """By record, whether its e-mail's local part contains a word of its name."""
        named = np.zeros(len(email.codes), dtype=np.bool_)
        locals_ = [_UMLAUT.sub(r"\1", local) for local in locals_]
        for name in ("given_name", "family_name"):
            if name not in self._number:
                continue
            column = self._columns[self._number[name]]
            words = [
                [word for word in _UMLAUT.sub(r"\1", value).split() if len(word) >= _SHORTEST_NAME]
                for value in column.values.to_pylist()
            ]
            both = np.flatnonzero((email.codes >= 0) & (column.codes >= 0))
            pairs = zip(email.codes[both].tolist(), column.codes[both].tolist(), strict=True)
            found = [any(word in locals_[code] for word in words[other]) for code, other in pairs]
            named[both] |= np.array(found, dtype=np.bool_)
        return named
