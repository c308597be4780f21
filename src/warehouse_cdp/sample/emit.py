"""Adds rows of interactions with the imperfections that strike any of them, and their truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.sample.clock import DAY, NEVER, at, load_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.sample.chunk import Chunk
    from warehouse_cdp.sample.dice import Dice


def landed(chunk: Chunk, dice: Dice, moment: int, source: str) -> int:
    """Return when a row about ``moment`` is loaded: that night, or days to weeks late."""
    loaded = load_after(moment, source)
    if chunk.happens("late_row", dice):
        loaded += dice.whole(4, 60) * DAY
    return loaded


def odd_time(chunk: Chunk, dice: Dice, moment: int) -> int:
    """Return the moment as the source noted it: rarely 1970 or years ahead."""
    if chunk.happens("future_time", dice):
        return moment + dice.whole(4, 12) * 365 * DAY
    if chunk.happens("epoch_time", dice):
        return at(1970, 1, 1) + dice.whole(0, 3) * 3_600
    return moment


def bad_time(chunk: Chunk, dice: Dice, text: str) -> str:
    """Return the time text, rarely one that nothing can read."""
    if chunk.happens("bad_time", dice):
        return dice.pick(("0000-00-00 00:00:00", "yesterday", "2026-13-45T25:61:00Z"))
    return text


def known_value(chunk: Chunk, dice: Dice, value: str) -> str:
    """Return the value, rarely one that was never agreed on."""
    return f"{value}_v2" if chunk.happens("unknown_value", dice) else value


def add(chunk: Chunk, dice: Dice, table: str, loaded: int, values: Sequence[str]) -> None:
    """Add an interaction's row, rarely twice: a connector that retried."""
    chunk.sink.row(table, loaded, values)
    if chunk.happens("repeated_row", dice):
        chunk.sink.row(table, loaded, values)


def truth_of_record(
    chunk: Chunk, loaded: int, record: tuple[str, str, str], person_id: str, reason: str,
    gone: int = NEVER,
) -> None:  # fmt: skip
    """Add the truth about a person record: (source, record type, raw key) and whose it is."""
    if chunk.sink.is_in(loaded, gone):
        chunk.sink.truth("person_records", (*record, "" if reason else person_id, reason))


def truth_of_interaction(
    chunk: Chunk, loaded: int, interaction: tuple[str, str, str], person_id: str, reason: str
) -> None:
    """Add the truth about an interaction; ``reason`` says why it cannot be known, else empty."""
    if chunk.sink.is_in(loaded):
        is_knowable = "false" if reason else "true"
        chunk.sink.truth("interactions", (*interaction, person_id, is_knowable, reason))
