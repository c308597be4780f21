"""Where generated rows go: CSV lines per file, filtered to what a wave's extract would hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from warehouse_cdp.sample.clock import AS_OF, NEVER, iso
from warehouse_cdp.sample.schema import FILES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def csv_line(values: Sequence[str]) -> str:
    """Return values as one CSV line without its end; quotes only where they are needed."""
    line = ",".join(values)
    if '"' not in line and "\n" not in line and line.count(",") == len(values) - 1:
        return line
    return ",".join(
        '"' + value.replace('"', '""') + '"'
        if "," in value or '"' in value or "\n" in value
        else value
        for value in values
    )


class Sink:
    """Collects the rows of one chunk that are in the extract of one wave.

    The whole history, up to the last wave, is always generated; a row is in a wave if it was
    loaded by then and has not vanished. So an untouched person's rows are the same in each wave.
    """

    def __init__(self, wave: int) -> None:
        self.as_of = AS_OF[wave]
        self.lines: defaultdict[str, list[str]] = defaultdict(list)
        self.trials: Counter[str] = Counter()
        self.hits: Counter[str] = Counter()

    def is_in(self, loaded: int, gone: int = NEVER) -> bool:
        """Return whether a row loaded and gone at these times is in this wave."""
        return loaded <= self.as_of < gone

    def row(self, table: str, loaded: int, values: Sequence[str], gone: int = NEVER) -> None:
        """Add a raw row, given without ``_loaded_at``."""
        if loaded <= self.as_of < gone:
            self.lines["raw/" + table].append(csv_line((*values, iso(loaded))))

    def named(self, table: str, loaded: int, values: Mapping[str, str], gone: int = NEVER) -> None:
        """Add a raw row given by column name; columns left out are empty."""
        if loaded <= self.as_of < gone:
            columns = FILES["raw/" + table]
            row = [values.get(column, "") for column in columns[:-1]]
            self.lines["raw/" + table].append(csv_line((*row, iso(loaded))))

    def truth(self, table: str, values: Sequence[str]) -> None:
        """Add a truth row."""
        self.lines["truth/" + table].append(csv_line(values))
