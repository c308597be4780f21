"""How a source sees a person: a profile drawn with all the imperfections, and its versions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from warehouse_cdp.sample.clock import AS_OF, DAY, NEVER, load_after
from warehouse_cdp.sample.dice import Dice
from warehouse_cdp.sample.names import NICKNAMES, fold
from warehouse_cdp.sample.places import Address, phone_as_typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse_cdp.sample.chunk import Chunk
    from warehouse_cdp.sample.people import Person

_WITH_HOME = frozenset({"crm", "loyalty", "shop_uk", "shop_de"})
JUNK_EMAILS = (
    "noemail@example.com", "noemail@noemail.com", "none@none.com", "keine@email.de",
    "noemail@example.com",
)  # fmt: skip
JUNK_PHONES = ("0000000000", "0000000000", "00000000000", "1111111111", "0123456789", "unknown")
SHOP_PHONES = {"GB": ("+442079460100", "+441614960200"), "DE": ("+493023125000", "+49408999100")}
"""Numbers of the retailer's own shops, which staff type when a customer gives none."""
_NEXT_KEY = {
    left: right for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm") for left, right in pairwise(row)
}


@dataclass(slots=True)
class Profile:
    """The fields a source may hold about a person, already distorted."""

    given: str = ""
    middle: str = ""
    family: str = ""
    suffix: str = ""
    birth: date | None = None
    email: str = ""
    email_kind: str = ""
    phone: str = ""
    phone_kind: str = ""
    home: Address | None = None

    @property
    def name(self) -> str:
        """Return given and family name as one text."""
        return f"{self.given} {self.family}".strip()


@dataclass(slots=True)
class Version:
    """One state of a profile record, as it was loaded."""

    at: int
    loaded: int
    profile: Profile
    is_deleted: bool = False
    note: str = ""


@dataclass(slots=True)
class Needs:
    """Which fields a source asks for; the rest stays empty."""

    birth: bool = False
    home: bool = False
    phone: bool = True
    home_required: bool = False
    email_required: bool = False
    bare: bool = False


def with_typo(text: str, dice: Dice) -> str:
    """Return text with one typing error: a letter doubled, dropped, swapped or hit beside."""
    if len(text) < 4:
        return text
    place = dice.whole(1, len(text) - 2)
    kind = dice.random()
    if kind < 0.3:
        return text[:place] + text[place + 1 :]
    if kind < 0.55:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if kind < 0.75:
        return text[:place] + text[place] + text[place:]
    return text[:place] + _NEXT_KEY.get(text[place].lower(), "e") + text[place + 1 :]


def decorated(email: str, dice: Dice) -> str:
    """Return an e-mail as somebody else types it: capitals, blanks, dots or a tag."""
    local, _, domain = email.partition("@")
    style = dice.random()
    if style < 0.35:
        return f"{local.title()}@{domain}"
    if style < 0.5:
        return email.upper()
    if style < 0.6:
        return f" {email} "
    if domain == "gmail.com":
        if style < 0.8 and len(local) > 6:
            return f"{local[:4]}.{local[4:].replace('.', '')}@{domain}"
        return f"{local}+{dice.pick(('shop', 'news', 'vip'))}@{domain}"
    return f"{local.capitalize()}@{domain}"


def draw_email(
    chunk: Chunk, dice: Dice, person: Person, when: int, *, may_be_other: bool = True
) -> tuple[str, str]:
    """Return (e-mail as given, its kind: own, shared, junk or broken)."""
    if chunk.happens("junk_email", dice):
        return dice.pick(JUNK_EMAILS), "junk"
    if person.mailbox and dice.chance(0.45):
        email, kind = person.mailbox, "shared"
    elif may_be_other and person.other_emails and chunk.happens("other_email", dice):
        email, kind = dice.pick(person.other_emails), "own"
    else:
        email, kind = person.email_at(when), "own"
    if chunk.happens("email_typo", dice):
        local, _, domain = email.partition("@")
        return f"{with_typo(local, dice)}@{domain}", "broken"
    if chunk.happens("email_decorated", dice):
        email = decorated(email, dice)
    return email, kind


def draw_phone(chunk: Chunk, dice: Dice, person: Person, when: int) -> tuple[str, str]:
    """Return (phone as typed, its kind: own, shared or junk)."""
    if chunk.happens("junk_phone", dice):
        if dice.chance(0.25) and person.country in SHOP_PHONES:
            return dice.pick(SHOP_PHONES[person.country]), "junk"
        return dice.pick(JUNK_PHONES), "junk"
    if person.landline and chunk.happens("landline_given", dice):
        return phone_as_typed(person.landline, person.country, dice), "shared"
    return phone_as_typed(person.mobile_at(when), person.country, dice), "own"


def _home(chunk: Chunk, dice: Dice, home: Address, *, is_folded: bool) -> Address:
    line_1 = home.line_1
    if dice.chance(0.25):
        for long, short in (
            ("Street", "St"), ("Road", "Rd"), ("Avenue", "Ave"), ("straße", "str."),
            ("straße", "strasse"), ("Lane", "Ln"),
        ):  # fmt: skip
            if line_1.endswith(long) or f"{long} " in line_1:
                line_1 = line_1.replace(long, short)
                break
    if chunk.happens("typo", dice):
        line_1 = with_typo(line_1, dice)
    city, code = home.city, home.postal_code
    if is_folded:
        line_1, city = fold(line_1), fold(city)
    if dice.chance(0.08):
        code = code.replace(" ", "") if dice.chance(0.6) else code.lower()
    if dice.chance(0.03):
        city = city.upper()
    return Address(line_1, home.line_2 if dice.chance(0.8) else "", city, "", code, home.country)


def _birth(chunk: Chunk, dice: Dice, birth: date) -> date:
    if not chunk.happens("wrong_birth_date", dice):
        return birth
    if birth.day <= 12 and dice.chance(0.4):
        return date(birth.year, birth.day, birth.month)
    return birth + timedelta(days=dice.pick((-365, -10, -1, 1, 10, 366)))


def _draw_name(
    chunk: Chunk, dice: Dice, person: Person, when: int, needs: Needs
) -> tuple[Profile, bool]:
    """Return a profile with the name as written down, and whether diacritics are folded."""
    profile = Profile(given=person.given, family=person.family_at(when), suffix=person.suffix)
    if needs.bare:
        profile.suffix = ""
    if dice.chance(0.4):
        profile.middle = person.middle
    short = NICKNAMES.get(person.given)
    if short and chunk.happens("nickname", dice):
        profile.given = dice.pick(short)
    is_folded = chunk.happens("folded_diacritics", dice)
    if chunk.happens("typo", dice):
        profile.given = with_typo(profile.given, dice)
    if chunk.happens("typo", dice):
        profile.family = with_typo(profile.family, dice)
    if is_folded:
        profile.given, profile.family = fold(profile.given), fold(profile.family)
    if chunk.happens("swapped_names", dice):
        profile.given, profile.family = profile.family, profile.given
    return profile, is_folded


def draw(chunk: Chunk, dice: Dice, person: Person, when: int, needs: Needs) -> Profile:
    """Return what a source that needs these fields writes down about a person."""
    profile, is_folded = _draw_name(chunk, dice, person, when, needs)
    if needs.email_required or not chunk.happens("missing_email", dice):
        profile.email, profile.email_kind = draw_email(
            chunk, dice, person, when, may_be_other=needs.home
        )
    if needs.phone and not chunk.happens("missing_phone", dice):
        profile.phone, profile.phone_kind = draw_phone(chunk, dice, person, when)
    if needs.birth and (person.has_namesake or not chunk.happens("missing_birth_date", dice)):
        profile.birth = _birth(chunk, dice, person.birth)
    if needs.home and (needs.home_required or not chunk.happens("missing_address", dice)):
        profile.home = _home(chunk, dice, person.home_at(when), is_folded=is_folded)
    return profile


def _changed(chunk: Chunk, dice: Dice, old: Profile, person: Person, when: int) -> Profile:
    """Return a profile that took over what changed about the person by ``when``."""
    new = replace(old)
    if when >= person.married_at and old.family == person.family:
        new.family = person.married_name
    main = person.email_at(when - 1)
    if old.email_kind == "own" and old.email.strip().lower() == main:
        new.email = person.email_at(when)
    if old.phone_kind == "own" and person.mobile_at(when - 1) != person.mobile_at(when):
        new.phone = phone_as_typed(person.mobile_at(when), person.country, dice)
    if old.home and person.home_at(when - 1) is not person.home_at(when):
        new.home = _home(chunk, dice, person.home_at(when), is_folded=False)
    return new


def _put_right(old: Profile, person: Person, when: int, *, has_home: bool) -> Profile:
    """Return a profile after its person looked it over: main e-mail and address of today.

    Who finds neither wrong changes nothing; who corrects one writes both without a mistake.
    """
    email, home = person.email_at(when), person.home_at(when)
    is_right = old.email_kind == "own" and old.email.strip().lower() == email
    if has_home and (old.home is None or old.home.postal_code != home.postal_code):
        is_right = False
    if is_right:
        return old
    return replace(old, email=email, email_kind="own", home=home if has_home else old.home)


def _learned(
    chunk: Chunk, dice: Dice, person: Person, source: str, created: int, first: Profile
) -> list[Version]:
    """Return the versions of a record as its source learned what changed about the person.

    The record that its person keeps right is looked over soon after it was made and after each
    change. That chance comes from a stream of its own, so that it moves nothing else.
    """
    is_kept = person.current_in == (source, created)
    own_dice = Dice(chunk.seed, "kept right", person.person_id)
    has_home = source in _WITH_HOME
    result = [Version(created, load_after(created, source), first)]
    if is_kept:
        when = created + own_dice.whole(1, 10) * DAY
        new = _put_right(first, person, when, has_home=has_home)
        if new != first:
            result.append(Version(when, load_after(when, source), new))
    for moment in person.changes():
        if moment <= created:
            continue
        learns = chunk.happens("learns_change", dice)
        when = moment + dice.whole(0, 20) * DAY if learns else moment
        if is_kept:
            when = moment + own_dice.whole(0, 7) * DAY
        if learns or is_kept:
            current = result[-1].profile
            new = _changed(chunk, dice if learns else own_dice, current, person, when)
            if is_kept:
                new = _put_right(new, person, when, has_home=has_home)
            if new != current:
                result.append(Version(when, load_after(when, source), new))
    return result


def versions(
    chunk: Chunk, dice: Dice, person: Person, source: str, created: int, first: Profile
) -> tuple[list[Version], int]:
    """Return the loaded versions of a profile record, oldest first, and when it vanishes."""
    result = _learned(chunk, dice, person, source, created, first)
    if chunk.happens("new_version", dice):
        when = created + int(max(AS_OF[3] - created, 0) * dice.random())
        latest = [version for version in result if version.at <= when][-1]
        result.append(Version(when, load_after(when, source), latest.profile, note="touched"))
    result.sort(key=lambda version: (version.loaded, version.at))
    if chunk.happens("conflicting_version", dice):
        last = result[-1]
        other = replace(last.profile, phone="", phone_kind="")
        result.append(Version(last.at, last.loaded, other, note="conflict"))
    gone = NEVER
    if chunk.happens("soft_deleted", dice):
        when = result[-1].at + dice.whole(5, 500) * DAY
        last = result[-1]
        result.append(Version(when, load_after(when, source), last.profile, is_deleted=True))
    elif created < AS_OF[1] and chunk.happens("vanished", dice):
        gone = AS_OF[dice.whole(1, 2)] + DAY
    return result, gone


def loaded_versions(chunk: Chunk, all_versions: list[Version], gone: int) -> Iterator[Version]:
    """Yield the versions that this wave's extract holds."""
    return (version for version in all_versions if chunk.sink.is_in(version.loaded, gone))
