"""What one column has said already, another does not say again.

Weights of columns are added up as if they were independent (Fellegi and Sunter, 1969). A town
follows from the postcode, and the mailbox that a name was given follows from the name; counted
twice they make neighbours and namesakes one person. Such levels become "unknown" or "different"
before anything is learnt from them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

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
_MOSTLY: Final = 0.5
_NO_DIGIT: Final = re.compile(r"[^0-9]")


class Dependences:
    """Settles the levels of columns that depend on others; made once for some records."""

    def __init__(self, columns: Sequence[Encoded], areas: Codes | None = None) -> None:
        """Find the columns concerned; ``areas`` are codes of the areas of distinct postcodes."""
        self._number = {column.name: number for number, column in enumerate(columns)}
        self._columns = columns
        self._city_follows = self._follows(areas) if areas is not None else False
        self._named = self._digits = None
        if "email" in self._number:
            email = columns[self._number["email"]]
            locals_ = [value.partition("@")[0] for value in email.values.to_pylist()]
            digits = [_NO_DIGIT.sub("", local) for local in locals_]
            self._digits = np.unique(np.array(digits, dtype=object), return_inverse=True)[1]
            self._telling = np.array([len(text) >= _TELLING_DIGITS for text in digits], dtype=bool)
            self._named = self._made_of_names(email, locals_)

    def settle(self, found: Levels, left: Codes, right: Codes) -> None:
        """Change ``found`` (pairs x columns) in place."""
        self._settle_city(found)
        self._settle_email(found, left, right)

    def _follows(self, areas: Codes) -> bool:
        """Whether most pairs of records from one postcode area name one town."""
        if "city" not in self._number:
            return False
        city = self._columns[self._number["city"]].codes
        postal = self._columns[self._number["postal_code"]].codes
        known = (city >= 0) & (postal >= 0)
        area = areas[postal[known]].astype(np.int64)
        sizes = np.bincount(area[area >= 0]).astype(np.float64)
        width = int(city.max(initial=0)) + 1
        both = np.unique(area[area >= 0] * width + city[known][area >= 0], return_counts=True)[1]
        pairs = float((sizes * (sizes - 1)).sum())
        same = float((both.astype(np.float64) * (both - 1)).sum())
        return pairs > 0 and same > _MOSTLY * pairs

    def _settle_city(self, found: Levels) -> None:
        """A town counts where the postcodes do not tell, or where they differ and it agrees."""
        if not self._city_follows:
            return
        city, postal = found[:, self._number["city"]], found[:, self._number["postal_code"]]
        city[(postal > _DIFFERENT) | ((postal == _DIFFERENT) & (city == _DIFFERENT))] = _UNKNOWN

    def _settle_email(self, found: Levels, left: Codes, right: Codes) -> None:
        """An address made of its owner's name resembles those of all namesakes.

        Then resemblance is no agreement unless digits tell, nor is one local part at two
        providers; and two signs apart are less than a typing error where the digits differ.
        """
        if self._named is None or self._digits is None:
            return
        email, column = found[:, self._number["email"]], self._columns[self._number["email"]]
        where = np.flatnonzero((email > _DIFFERENT) & (email < level("email", "exact")))
        one, other = left[where], right[where]
        named = self._named[one] | self._named[other]
        where, one, other = where[named], column.codes[one[named]], column.codes[other[named]]
        mine = email[where]
        same_digits = self._digits[one] == self._digits[other]
        alike, close = mine == level("email", "similar"), mine == level("email", "close")
        mine[close & ~same_digits] = level("email", "similar")
        mine[alike & ~(same_digits & self._telling[one])] = _DIFFERENT
        same_local = mine == level("email", "same_local_part")
        mine[same_local & ~self._telling[one]] = _UNKNOWN
        email[where] = mine

    def _made_of_names(self, email: Encoded, locals_: list[str]) -> npt.NDArray[np.bool_]:
        """By record, whether its e-mail's local part contains a word of its name."""
        named = np.zeros(len(email.codes), dtype=np.bool_)
        for name in ("given_name", "family_name"):
            if name not in self._number:
                continue
            column = self._columns[self._number[name]]
            words = [
                [word for word in value.split() if len(word) >= _SHORTEST_NAME]
                for value in column.values.to_pylist()
            ]
            both = np.flatnonzero((email.codes >= 0) & (column.codes >= 0))
            pairs = zip(email.codes[both].tolist(), column.codes[both].tolist(), strict=True)
            found = [any(word in locals_[code] for word in words[other]) for code, other in pairs]
            named[both] |= np.array(found, dtype=np.bool_)
        return named
