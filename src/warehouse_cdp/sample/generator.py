"""Generates a sample chunk by chunk: the same seed gives the same rows on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.sample.catalogue import Catalogue, catalogue
from warehouse_cdp.sample.chunk import CHUNK_PEOPLE, Chunk
from warehouse_cdp.sample.clock import AS_OF, WAVES, iso
from warehouse_cdp.sample.common import company_rows, staff_rows, strangers
from warehouse_cdp.sample.consent import requests
from warehouse_cdp.sample.dice import Dice
from warehouse_cdp.sample.household import live
from warehouse_cdp.sample.people import Person, households
from warehouse_cdp.sample.rates import Rates
from warehouse_cdp.sample.scenarios import CAST_SIZE, SMALLEST_WITH_CAST, play, play_later

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping

    from warehouse_cdp.sample.sink import Sink


@dataclass(frozen=True)
class Generated:
    """The rows of some chunks: CSV lines by file, and how often each imperfection happened."""

    lines: Mapping[str, list[str]]
    trials: Counter[str]
    hits: Counter[str]


def check_request(people: int, wave: int) -> None:
    """Refuse a number of people or a wave that cannot be generated."""
    if people < 1:
        msg = f"people is {people}; a sample needs at least 1"
        raise ConfigurationError(msg)
    if wave not in AS_OF:
        msg = f"wave is {wave}; valid are 1 to {WAVES}"
        raise ConfigurationError(msg)


def chunk_count(people: int) -> int:
    """Return into how many chunks a sample is cut."""
    return -(-people // CHUNK_PEOPLE)


def _person_truth(sink: Sink, person: Person, household_id: str) -> None:
    if person.joined_at > sink.as_of:
        return
    home = person.home_at(sink.as_of)
    sink.truth(
        "persons",
        (
            person.person_id, person.given, person.family_at(sink.as_of),
            person.birth.isoformat(), person.email_at(sink.as_of), home.line_1, home.city,
            home.postal_code, home.country, household_id,
        ),
    )  # fmt: skip


def generate_chunk(
    people: int, seed: int, wave: int, index: int, goods: Catalogue, rates: Rates
) -> Generated:
    """Return the rows of one chunk; the first also holds what belongs to the company."""
    chunk = Chunk(seed, index, wave, rates)
    count = min(CHUNK_PEOPLE, people - index * CHUNK_PEOPLE)
    cast = CAST_SIZE if index == 0 and count >= SMALLEST_WITH_CAST else 0
    homes = households(chunk, count - cast)
    for number, household in enumerate(homes):
        live(chunk, number, household, goods)
        for person in household.members:
            _person_truth(chunk.sink, person, household.household_id)
    if cast:
        for person in play(chunk, goods):
            _person_truth(chunk.sink, person, f"H{chunk.key('household'):010x}")
    everybody = [person for household in homes for person in household.members]
    requests(chunk, Dice(seed, index, "requests"), everybody)
    staff_rows(chunk, Dice(seed, index, "staff"), count)
    strangers(chunk, Dice(seed, index, "strangers"), goods, count)
    if index == 0:
        company_rows(chunk, Dice(seed, "company"), goods)
    if cast:
        for person in play_later(chunk, goods):
            _person_truth(chunk.sink, person, f"H{chunk.key('household'):010x}")
    return Generated(chunk.sink.lines, chunk.sink.trials, chunk.sink.hits)


def generate_chunks(
    people: int, seed: int, wave: int, rates: Rates | None = None
) -> Iterator[Generated]:
    """Yield a sample's rows chunk by chunk."""
    check_request(people, wave)
    goods = catalogue(seed)
    for index in range(chunk_count(people)):
        yield generate_chunk(people, seed, wave, index, goods, rates or Rates())


def sample_facts(people: int, seed: int, wave: int) -> dict[str, object]:
    """Return what ``sample.json`` says."""
    return {"people": people, "seed": seed, "wave": wave, "as_of": iso(AS_OF[wave])}
