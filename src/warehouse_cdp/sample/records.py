"""The profile records of a person in each source: CRM, shops, loyalty, e-mail, support and so on.

Each function emits every loaded version of one record, and its truth, and returns a ``Record``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from warehouse_cdp.sample.chunk import Chunk, base_36
from warehouse_cdp.sample.clock import DAY, NEVER, date_in, iso, shop_time
from warehouse_cdp.sample.emit import truth_of_record
from warehouse_cdp.sample.employers import account_of
from warehouse_cdp.sample.names import LANGUAGE, SALUTATION
from warehouse_cdp.sample.places import COUNTRY_NAMES
from warehouse_cdp.sample.profiles import Needs, Profile, Version, draw, versions
from warehouse_cdp.sample.truth import why_unresolvable

if TYPE_CHECKING:
    from warehouse_cdp.sample.dice import Dice
    from warehouse_cdp.sample.people import Person

Fields = Callable[[Version], Mapping[str, str]]


@dataclass(slots=True)
class Record:
    """A person record as its interactions need it."""

    key: str
    created: int
    reason: str
    person: Person

    @property
    def is_resolvable(self) -> bool:
        """Return whether the record can be resolved in this wave."""
        return not self.reason


@dataclass(slots=True)
class Story:
    """How a record goes: its key, its versions and its end. Staged scenarios tell it in advance."""

    key: str
    states: list[Version]
    gone: int = NEVER


def emit_record(
    chunk: Chunk, source: str, table: str, person: Person, story: Story, fields: Fields,
    truth_until: int = NEVER,
) -> Record:  # fmt: skip
    """Add the rows and the truth of one record and return it."""
    gone = story.gone
    for version in story.states:
        row = {**fields(version), "_deleted": "true" if version.is_deleted else "false"}
        chunk.sink.named(f"{source}/{table}", version.loaded, row, gone)
    loaded = [v.profile for v in story.states if chunk.sink.is_in(v.loaded, gone)]
    reason = why_unresolvable(loaded) if loaded else "record_missing"
    first = min(version.loaded for version in story.states)
    truth_of_record(
        chunk, first, (source, "profile", story.key), person.person_id, reason,
        min(gone, truth_until),
    )  # fmt: skip
    return Record(story.key, story.states[0].at, reason, person)


def _gender(dice: Dice, person: Person) -> str:
    style = dice.random()
    if style < 0.25:
        return ""
    if style < 0.65:
        return person.gender
    return "male" if person.gender == "M" else "female"


def contact_id(chunk: Chunk) -> str:
    """Return a new CRM contact id."""
    return "003" + base_36(chunk.key("crm/contacts"), 9)


def crm_contact(
    chunk: Chunk, dice: Dice, person: Person, created: int, master: str = "",
    story: Story | None = None,
) -> Record:  # fmt: skip
    """Emit a CRM contact; ``master`` is the contact the CRM later merges this one into."""
    profile = draw(chunk, dice, person, created, Needs(birth=True, home=True))
    states, gone = versions(chunk, dice, person, "crm", created, profile)
    if master:
        last = states[-1]
        states.append(replace(last, at=last.at + 9 * DAY, loaded=last.loaded + 9 * DAY, note="m"))
        states[-1].is_deleted = dice.chance(0.3)
    key = contact_id(chunk)
    told = story or Story(key, states, gone)
    landline = ""
    if person.landline and dice.chance(0.3) and profile.phone_kind == "own":
        landline = person.landline
    gender, country = _gender(dice, person), dice.pick(COUNTRY_NAMES[person.country])
    has_all_emails = bool(person.other_emails) and dice.chance(0.45)
    is_day_first = dice.chance(0.15)
    titles = ("", "", "", "Manager", "Buyer", "Geschäftsführer", "Teacher", "Engineer")
    title, has_language = dice.pick(titles), dice.chance(0.6)
    salutation = SALUTATION[person.country][person.gender == "F"] if dice.chance(0.7) else ""
    is_mobile = dice.chance(0.6)

    def fields(version: Version) -> Mapping[str, str]:
        seen, home = version.profile, version.profile.home
        birth = ""
        if seen.birth:
            birth = date_in(seen.birth, "/") if is_day_first else seen.birth.isoformat()
        goes_to_mobile = seen.phone_kind == "own" and is_mobile
        return {
            "id": told.key, "account_id": account_of(chunk, person, version.at),
            "salutation": salutation,
            "first_name": seen.given, "middle_name": seen.middle, "last_name": seen.family,
            "suffix": seen.suffix, "birthdate": birth, "gender": gender, "email": seen.email,
            "email_2": person.other_emails[0] if has_all_emails else "",
            "email_3": person.other_emails[1] if has_all_emails else "",
            "phone": landline or ("" if goes_to_mobile else seen.phone),
            "mobile_phone": seen.phone if goes_to_mobile or landline else "",
            "mailing_street": home.line_1 if home else "",
            "mailing_street_2": home.line_2 if home else "",
            "mailing_city": home.city if home else "",
            "mailing_postal_code": home.postal_code if home else "",
            "mailing_country": country if home or version.note == "touched" else "",
            "title": title,
            "preferred_language": LANGUAGE[person.country] if has_language else "",
            "master_record_id": master if version.note == "m" else "",
            "created_date": iso(created), "last_modified_date": iso(version.at),
        }  # fmt: skip

    return emit_record(chunk, "crm", "contacts", person, told, fields)


def shop_customer(
    chunk: Chunk, dice: Dice, person: Person, site: str, created: int,
    story: Story | None = None,
) -> Record:  # fmt: skip
    """Emit a registered customer of a shop instance."""
    source = f"shop_{site}"
    needs = Needs(birth=True, home=True, email_required=True, bare=True)
    profile = draw(chunk, dice, person, created, needs)
    states, gone = versions(chunk, dice, person, source, created, profile)
    key = str(10**12 + chunk.key(f"{source}/customers"))
    told = story or Story(key, states, gone)
    accepts = "true" if dice.chance(0.55) else "false"
    tags = dice.pick(("", "", "", "newsletter", "vip", "b2b"))
    separator = "/" if site == "uk" else "."

    def fields(version: Version) -> Mapping[str, str]:
        seen, home = version.profile, version.profile.home
        return {
            "id": told.key, "email": seen.email, "first_name": seen.given, "last_name": seen.family,
            "phone": seen.phone,
            "address1": home.line_1 if home else "", "address2": home.line_2 if home else "",
            "city": home.city if home else "", "zip": home.postal_code if home else "",
            "country_code": home.country if home else "",
            "date_of_birth": date_in(seen.birth, separator) if seen.birth else "",
            "accepts_marketing": accepts,
            "tags": tags if version.note != "touched" else (tags + ", returning").lstrip(", "),
            "created_at": shop_time(created, site), "updated_at": shop_time(version.at, site),
        }  # fmt: skip

    return emit_record(chunk, source, "customers", person, told, fields)


def card_number(chunk: Chunk) -> str:
    """Return a new loyalty card number."""
    return f"63{chunk.key('loyalty/members'):013d}"


def loyalty_member(
    chunk: Chunk, dice: Dice, person: Person, created: int,
    story: Story | None = None,
    truth_until: int = NEVER,
) -> Record:  # fmt: skip
    """Emit a member of the loyalty programme, signed up on paper at a till."""
    profile = draw(chunk, dice, person, created, Needs(birth=True, home=True))
    states, gone = versions(chunk, dice, person, "loyalty", created, profile)
    key = card_number(chunk)
    told = story or Story(key, states, gone)
    tier = dice.weighted((("basic", 70.0), ("silver", 22.0), ("gold", 8.0)))
    country, referral = dice.pick(COUNTRY_NAMES[person.country]), referral_code(told.key)
    has_title = dice.chance(0.6)

    def fields(version: Version) -> Mapping[str, str]:
        seen, home = version.profile, version.profile.home
        return {
            "card_no": told.key,
            "title": SALUTATION[person.country][person.gender == "F"] if has_title else "",
            "forename": seen.given, "surname": seen.family,
            "dob": date_in(seen.birth, "/") if seen.birth else "",
            "email": seen.email, "mobile": seen.phone,
            "street": home.line_1 if home else "", "town": home.city if home else "",
            "postcode": home.postal_code if home else "", "country": country,
            "tier": "silver" if version.note == "touched" and tier == "basic" else tier,
            "referral_code": referral, "joined_on": iso(created)[:10],
            "updated_at": iso(version.at),
        }  # fmt: skip

    return emit_record(chunk, "loyalty", "members", person, told, fields, truth_until)


def referral_code(card: str) -> str:
    """Return the code with which a member refers friends: part of the card's own digits."""
    return "REF" + base_36(int(card) * 7_919 % 36**7, 7).upper()


def requester(
    chunk: Chunk, dice: Dice, person: Person, created: int,
    story: Story | None = None,
) -> Record:  # fmt: skip
    """Emit a support requester: a name as one text, an e-mail, sometimes a phone."""
    profile = draw(chunk, dice, person, created, Needs(bare=True))
    if dice.chance(0.04):
        profile.family = ""
    states, gone = versions(chunk, dice, person, "support", created, profile)
    key = str(360_000_000_000 + chunk.key("support/requesters"))
    told = story or Story(key, states, gone)
    zone = "Europe/London" if person.country in {"GB", "IE"} else "Europe/Berlin"
    is_last_first = dice.chance(0.08)

    def fields(version: Version) -> Mapping[str, str]:
        seen = version.profile
        reverse = f"{seen.family}, {seen.given}" if is_last_first and seen.family else seen.name
        return {
            "id": told.key, "name": reverse, "email": seen.email, "phone": seen.phone,
            "locale": LANGUAGE[person.country], "time_zone": zone,
            "organization": "", "created_at": iso(created), "updated_at": iso(version.at),
        }  # fmt: skip

    return emit_record(chunk, "support", "requesters", person, told, fields)


def device(chunk: Chunk, dice: Dice, person: Person, created: int) -> Record:
    """Emit a registered coffee machine."""
    profile = draw(chunk, dice, person, created, Needs(bare=True))
    states, gone = versions(chunk, dice, person, "devices", created, profile)
    digits = f"3c{chunk.key('devices/registrations'):010x}"
    style = dice.random()
    key = ":".join(digits[place : place + 2] for place in range(0, 12, 2))
    key = key.upper() if style < 0.5 else key.replace(":", "-") if style < 0.75 else key
    model = dice.pick(("Barista One", "Barista One", "Barista Pro", "Crema 300"))

    def fields(version: Version) -> Mapping[str, str]:
        seen = version.profile
        return {
            "mac_address": key, "model": model, "owner_name": seen.name,
            "owner_email": seen.email, "owner_phone": seen.phone, "country": person.country,
            "firmware": "2.1.0" if version.note == "touched" else "2.0.4",
            "registered_at": iso(created), "updated_at": iso(version.at),
        }  # fmt: skip

    return emit_record(chunk, "devices", "registrations", person, Story(key, states, gone), fields)


def social_profile(chunk: Chunk, dice: Dice, person: Person, created: int) -> tuple[Record, str]:
    """Emit a social profile: a handle, a display name, hardly ever an e-mail; and its network."""
    key = str(17 * 10**12 + chunk.key("social/profiles"))
    profile = Profile()
    if dice.chance(0.12):
        profile.email, profile.email_kind = person.email_at(created), "own"
    name = person.given if dice.chance(0.5) else f"{person.given} {person.family}"
    handle = f"@{name.split()[0].lower()}{dice.whole(1, 9999)}"
    network = dice.pick(("instagram", "instagram", "facebook", "x", "tiktok"))
    location = person.home_at(created).city if dice.chance(0.5) else ""
    states, _ = versions(chunk, dice, person, "social", created, profile)

    def fields(_: Version) -> Mapping[str, str]:
        return {
            "profile_id": key, "network": network, "handle": handle,
            "display_name": name, "email": profile.email, "location": location,
            "created_at": iso(created),
        }  # fmt: skip

    record = emit_record(chunk, "social", "profiles", person, Story(key, states[:1]), fields)
    return record, network


def subscriber(
    chunk: Chunk, dice: Dice, person: Person, email: str, kind: str, created: int, until: int
) -> Record:
    """Emit a newsletter subscriber, whose key is the e-mail; it unsubscribes at ``until``."""
    needs = Needs(phone=False, bare=True, email_required=True)
    profile = draw(chunk, dice, person, created, needs)
    profile.email, profile.email_kind = email, kind
    if dice.chance(0.12):
        profile.family = ""
        if dice.chance(0.5):
            profile.given = ""
    start = Version(created, 0, profile)
    states, gone = versions(chunk, dice, person, "email", created, profile)
    # The key is the e-mail: a subscriber cannot change it, only a new one can appear.
    states = [v for v in states if v.profile.email == start.profile.email]
    if until < NEVER:
        last = states[-1]
        moment = max(until, last.at + 1)
        loaded = max(last.loaded, (moment - last.loaded) // DAY * DAY + DAY + last.loaded)
        states.append(Version(moment, loaded, last.profile, last.is_deleted, "left"))
    country, address_list = person.country, dice.pick(("newsletter", "newsletter", "vip"))

    def fields(version: Version) -> Mapping[str, str]:
        seen = version.profile
        return {
            "email": email, "first_name": seen.given, "last_name": seen.family,
            "country": country, "list": address_list,
            "status": "unsubscribed" if version.note == "left" else "subscribed",
            "signup_ts": str(created), "updated_ts": str(version.at),
        }  # fmt: skip

    return emit_record(chunk, "email", "subscribers", person, Story(email, states, gone), fields)
