"""What people write and say: tickets, call notes, survey answers, social posts; and telemetry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.sample.chunk import Chunk, base_36
from warehouse_cdp.sample.clock import AS_OF, DAY, HOUR, WAVES, iso, iso_with_offset
from warehouse_cdp.sample.emit import (
    add,
    bad_time,
    known_value,
    landed,
    odd_time,
    truth_of_interaction,
    truth_of_record,
)  # fmt: skip
from warehouse_cdp.sample.profiles import Needs, Profile, draw
from warehouse_cdp.sample.truth import why_unresolvable

if TYPE_CHECKING:
    from warehouse_cdp.sample.dice import Dice
    from warehouse_cdp.sample.people import Person
    from warehouse_cdp.sample.records import Record

_GERMAN = frozenset({"DE", "AT"})
_LEAVING = {
    True: (
        "Ich möchte meine Mitgliedschaft kündigen.", "Ich wechsle zu einem anderen Anbieter.",
        "Bitte löschen Sie mein Konto, ich kaufe künftig woanders.",
        "Hiermit kündige ich meine Kundenkarte.",
    ),
    False: (
        "I want to cancel my membership.", "I am switching to another shop.",
        "Please close my account, I am leaving for a competitor.",
        "I will not buy from you again, cancel my membership.",
    ),
}  # fmt: skip
_COMPLAINTS = {
    True: ("Die Lieferung war beschädigt.", "Seit drei Wochen keine Antwort.",
           'Die Maschine ist schon wieder defekt, "so nicht".'),
    False: ("The parcel arrived damaged.", "Three weeks and still no reply.",
            "The machine broke again, this is not acceptable."),
}  # fmt: skip
_QUESTIONS = {
    True: ("Wann kommt meine Bestellung?", "Kann ich die Rechnung noch einmal bekommen?",
           "Passt der Filter in mein Modell?"),
    False: ("When will my order arrive?", "Could you send the invoice again, please?",
            "Does the filter fit my model?", "I would like to change my address,\nthank you."),
}  # fmt: skip


def _text(dice: Dice, person: Person, *, complains: bool, leaves: bool) -> str:
    is_german = person.country in _GERMAN
    text = dice.pick((_COMPLAINTS if complains else _QUESTIONS)[is_german])
    return f"{text} {dice.pick(_LEAVING[is_german])}" if leaves else text


def ticket(
    chunk: Chunk, dice: Dice, asker: Record, when: int, *, complains: bool, leaves: bool
) -> None:
    """Emit a ticket, open first and solved later; complaints end in bad satisfaction."""
    person = asker.person
    key = str(chunk.key("support/tickets"))
    body = _text(dice, person, complains=complains, leaves=leaves)
    is_german = person.country in _GERMAN
    subject = ("Beschwerde" if is_german else "Complaint") if complains else (
        "Frage" if is_german else "Question"
    )  # fmt: skip
    satisfaction = "bad" if complains else dice.pick(("good", "good", "offered", ""))
    priority = "high" if complains else dice.pick(("low", "normal", "normal", "urgent"))
    channel = dice.pick(("email", "email", "chat", "phone", "web"))
    loaded = landed(chunk, dice, when, "support")
    solved = when + dice.whole(2, 90) * HOUR
    created = bad_time(chunk, dice, iso(odd_time(chunk, dice, when)))
    head = (key, asker.key, subject, body)
    if solved // DAY != when // DAY:
        chunk.sink.row(
            "support/tickets", loaded,
            (*head, "open", priority, channel, "", created, iso(when), ""),
        )  # fmt: skip
        later = loaded + (solved // DAY - when // DAY) * DAY
    else:
        later = loaded
    status = known_value(chunk, dice, "closed" if dice.chance(0.5) else "solved")
    add(
        chunk, dice, "support/tickets", later,
        (*head, status, priority, channel, satisfaction, created, iso(solved), iso(solved)),
    )  # fmt: skip
    known = ("support", "ticket", key)
    truth_of_interaction(chunk, loaded, known, person.person_id, asker.reason)


def call_note(chunk: Chunk, dice: Dice, contact: Record, when: int, *, leaves: bool) -> None:
    """Emit a note that an agent wrote after a call."""
    key = "00T" + base_36(chunk.key("crm/call_notes"), 9)
    body = _text(dice, contact.person, complains=leaves, leaves=leaves)
    loaded = landed(chunk, dice, when, "crm")
    add(
        chunk, dice, "crm/call_notes", loaded,
        (
            key, contact.key, dice.pick(("A. Novak", "J. Reed", "M. Sommer", "L. Frost")),
            known_value(chunk, dice, dice.pick(("inbound", "inbound", "outbound"))),
            bad_time(chunk, dice, iso(odd_time(chunk, dice, when))),
            str(dice.whole(30, 1500)), body,
        ),
    )  # fmt: skip
    known = ("crm", "call_note", key)
    truth_of_interaction(chunk, loaded, known, contact.person.person_id, contact.reason)


def survey(
    chunk: Chunk, dice: Dice, person: Person, when: int, referral: str, *, is_unhappy: bool
) -> None:
    """Emit a survey answer; with an e-mail it is a person record too."""
    key = base_36(chunk.key("surveys/responses"), 9)
    profile = Profile()
    if dice.chance(0.75):
        drawn = draw(chunk, dice, person, when, Needs(phone=False, bare=True, email_required=True))
        profile.email, profile.email_kind = drawn.email, drawn.email_kind
        if dice.chance(0.7):
            profile.given, profile.family = drawn.given, drawn.family
    score = (
        dice.whole(0, 5) if is_unhappy else dice.weighted(((6, 1.0), (8, 3.0), (9, 4.0), (10, 3.0)))
    )
    loaded = landed(chunk, dice, when, "surveys")
    comment = _text(dice, person, complains=is_unhappy, leaves=False) if dice.chance(0.4) else ""
    reason = dice.pick(("price", "quality", "service", "delivery", "range", "other"))
    local = iso_with_offset(odd_time(chunk, dice, when), person.country)
    add(
        chunk, dice, "surveys/responses", loaded,
        (
            key, dice.pick(("nps_2025", "nps_2026", "after_purchase")), profile.email,
            profile.name, str(score), comment, known_value(chunk, dice, reason), referral,
            bad_time(chunk, dice, local),
        ),
    )  # fmt: skip
    why = why_unresolvable([profile]) if profile.email else "no_identifier"
    if profile.email:
        record = ("surveys", "interaction", f"response/{key}")
        truth_of_record(chunk, loaded, record, person.person_id, why)
    known = ("surveys", "survey_response", key)
    truth_of_interaction(chunk, loaded, known, person.person_id, why)


def social(
    chunk: Chunk, dice: Dice, profile: Record, network: str, when: int, *, is_unhappy: bool
) -> None:
    """Emit a comment, like or message of a social profile."""
    key = str(chunk.key("social/interactions"))
    kind = dice.pick(("mention", "comment", "like", "message", "share"))
    is_german = profile.person.country in _GERMAN
    text = dice.pick(_COMPLAINTS[is_german]) if is_unhappy else dice.pick(
        ("Love my new cups!", "So gemütlich!", "Great coffee", "Schöne Lampe")
    )  # fmt: skip
    sentiment = "negative" if is_unhappy else dice.pick(("positive", "positive", "neutral"))
    loaded = landed(chunk, dice, when, "social")
    add(
        chunk, dice, "social/interactions", loaded,
        (
            key, profile.key, network, known_value(chunk, dice, kind),
            "" if kind == "like" else text, sentiment, "spring" if dice.chance(0.2) else "",
            bad_time(chunk, dice, iso(odd_time(chunk, dice, when))),
        ),
    )  # fmt: skip
    known = ("social", "social_interaction", key)
    truth_of_interaction(chunk, loaded, known, profile.person.person_id, profile.reason)


def telemetry(chunk: Chunk, dice: Dice, machine: Record) -> None:
    """Emit a few readings of a coffee machine, whose owner its registration names."""
    bare = machine.key.replace("-", "").replace(":", "").lower()
    address = bare if dice.chance(0.3) else machine.key
    for _ in range(1 + dice.count(2.5, 12)):
        when = machine.created + int((AS_OF[WAVES] - machine.created) * dice.random())
        metric, unit, high = dice.pick(
            (("usage_minutes", "min", 90), ("battery_percent", "%", 100), ("error_count", "1", 4))
        )
        key = base_36(chunk.key("devices/telemetry"), 9)
        loaded = landed(chunk, dice, when, "devices")
        moment = str(odd_time(chunk, dice, when) * 1000)
        row = (key, address, metric, str(dice.whole(0, high)), unit, moment)
        add(chunk, dice, "devices/telemetry", loaded, row)
        known = ("devices", "device_reading", key)
        truth_of_interaction(chunk, loaded, known, machine.person.person_id, machine.reason)
