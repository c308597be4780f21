"""Consent per contact point, purpose and channel, and requests under privacy law."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.sample.chunk import Chunk, base_36
from warehouse_cdp.sample.clock import AS_OF, DAY, WAVES, iso, load_after
from warehouse_cdp.sample.emit import add, bad_time, known_value, landed
from warehouse_cdp.sample.places import phone_as_typed

if TYPE_CHECKING:
    from warehouse_cdp.sample.dice import Dice
    from warehouse_cdp.sample.people import Person


def consent_event(
    chunk: Chunk, dice: Dice, point: tuple[str, str], purpose: str, channel: str, status: str,
    when: int, *, is_clean: bool = False,
) -> None:  # fmt: skip
    """Emit one decision about one contact point: (email or phone, its value)."""
    key = base_36(chunk.key("consent/events"), 9)
    basis = "consent" if status != "granted" or dice.chance(0.9) else "legitimate_interest"
    method = dice.pick(("web_form", "checkout", "paper", "phone"))
    notice = dice.pick(("2024-01", "2025-03"))
    loaded = load_after(when, "consent")
    if is_clean:
        row = (key, *point, purpose, channel, status, basis, method, notice, iso(when))
        chunk.sink.row("consent/events", loaded, row)
        return
    loaded = landed(chunk, dice, when, "consent")
    add(
        chunk, dice, "consent/events", loaded,
        (
            key, *point, purpose, channel, known_value(chunk, dice, status), basis, method, notice,
            bad_time(chunk, dice, iso(when)),
        ),
    )  # fmt: skip


def consents(chunk: Chunk, dice: Dice, person: Person) -> None:
    """Emit a person's decisions: most grant e-mail marketing, some deny or withdraw, many silent.

    A grant is for the address it was given for; a new address starts unrecorded unless the
    person is asked again.
    """
    for since, email in person.emails:
        when = max(since, person.joined_at) + dice.whole(0, 3) * DAY
        style = dice.random()
        point = ("email", email)
        if style < 0.58:
            consent_event(chunk, dice, point, "marketing", "email", "granted", when)
            if dice.chance(0.13):
                later = when + dice.whole(20, 500) * DAY
                consent_event(chunk, dice, point, "marketing", "email", "withdrawn", later)
        elif style < 0.68:
            consent_event(chunk, dice, point, "marketing", "email", "denied", when)
        if style < 0.3:
            purpose = dice.pick(("analytics", "personalisation", "advertising"))
            status = "granted" if dice.chance(0.8) else "denied"
            consent_event(chunk, dice, point, purpose, "any", status, when)
    if dice.chance(0.2):
        when = person.joined_at + dice.whole(0, 200) * DAY
        point = ("phone", phone_as_typed(person.mobile_at(when), person.country, dice))
        channel = dice.pick(("sms", "phone"))
        status = "granted" if dice.chance(0.7) else "denied"
        consent_event(chunk, dice, point, "marketing", channel, status, when)


def privacy_request(
    chunk: Chunk, dice: Dice, person: Person, kind: str, received: int, end: str, *,
    is_clean: bool = False,
) -> None:  # fmt: skip
    """Emit a request, open when it arrives and later ``end`` (verified, completed, rejected)."""
    key = "PR" + base_36(chunk.key("consent/privacy_requests"), 9).upper()
    head = (key, kind, "email", person.email_at(received))
    loaded = load_after(received, "consent")
    if not is_clean:
        loaded = landed(chunk, dice, received, "consent")
    chunk.sink.row("consent/privacy_requests", loaded, (*head, "open", iso(received), ""))
    if end != "open":
        done = received + dice.whole(2, 20) * DAY
        completed = iso(done) if end == "completed" else ""
        later = loaded + (done - received) // DAY * DAY
        chunk.sink.row("consent/privacy_requests", later, (*head, end, iso(received), completed))


def requests(chunk: Chunk, dice: Dice, people: list[Person]) -> None:
    """Emit a chunk's requests: access and objection at random, and a handful of erasures."""
    for person in people:
        if dice.chance(0.006):
            kind = "access" if dice.chance(0.6) else "objection"
            span = AS_OF[WAVES] - person.joined_at
            received = person.joined_at + int(span * dice.random())
            end = dice.weighted((("completed", 60.0), ("open", 25.0), ("rejected", 15.0)))
            privacy_request(chunk, dice, person, kind, received, end)
    settled = [person for person in people if person.joined_at < AS_OF[1] - 200 * DAY]
    for end in ("completed", "completed", "verified", "open", "verified"):
        if settled:
            person = dice.pick(settled)
            received = AS_OF[1] - dice.whole(25, 60) * DAY
            privacy_request(chunk, dice, person, "erasure", received, end)
