"""The two rules of the truth: which records and which interactions can be resolved at all.

Both look only at what the data hold, never at what the generator knows besides: a record or an
interaction that carries too little 'cannot be known', and no method may be blamed for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse_cdp.sample.profiles import Profile


def why_unresolvable(profiles: Sequence[Profile]) -> str:
    """Return why a person record cannot be resolved, or an empty text if it can.

    Resolvable is a record that in one of its versions has an e-mail or a mobile of the person
    alone, or a full name together with one more fact: birth date, street address, or a mailbox
    or landline shared within the household. Junk values, mistyped addresses and the shop's own
    number are no facts.
    """
    for profile in profiles:
        if profile.email_kind == "own" or profile.phone_kind == "own":
            return ""
        has_fact = (
            profile.birth is not None
            or profile.home is not None
            or "shared" in (profile.email_kind, profile.phone_kind)
        )
        if profile.given and profile.family and has_fact:
            return ""
    if any("junk" in (profile.email_kind, profile.phone_kind) for profile in profiles):
        return "only_junk"
    if any("shared" in (profile.email_kind, profile.phone_kind) for profile in profiles):
        return "shared_contact_without_name"
    return "too_little"


@dataclass(slots=True)
class Seen:
    """One event on a device: when, by whom in truth, and who was logged in, if anybody."""

    source: str
    event_id: str
    at: int
    person_id: str
    login: str = ""
    login_is_resolvable: bool = True
    email: str = ""


def knowable_events(events: Sequence[Seen]) -> list[tuple[Seen, bool, str]]:
    """Return each event of one anonymous id with whether its person can be known, and why.

    An event can be known if it names a logged-in account or a personal e-mail; if everybody who
    ever logs in on the anonymous id is one person (``link_back``); or if the last login before
    and the first login after it are the same person's (``between_logins``). What happens on a
    shared device before the first, after the last or between two people's logins cannot.
    """
    ordered = sorted(events, key=lambda event: (event.at, event.event_id))
    people = {event.login for event in ordered if event.login}
    following: list[str] = []
    upcoming = ""
    for event in reversed(ordered):
        following.append(upcoming)
        upcoming = event.login or upcoming
    following.reverse()
    result = []
    before = ""
    is_resolvable = all(event.login_is_resolvable for event in ordered if event.login)
    for event, after in zip(ordered, following, strict=True):
        if event.login and event.login_is_resolvable:
            verdict = (event, True, "login")
        elif event.email:
            verdict = (event, True, "email")
        elif event.login or not is_resolvable:
            verdict = (event, False, "account_unresolvable")
        elif len(people) == 1:
            verdict = (event, True, "link_back")
        elif not people:
            verdict = (event, False, "never_logged_in")
        elif before and before == after:
            verdict = (event, True, "between_logins")
        else:
            verdict = (event, False, "shared_device")
        before = event.login or before
        result.append(verdict)
    return result
