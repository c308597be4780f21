"""Newsletters: subscribers' campaigns, what was opened and clicked, bounced and unsubscribed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.sample.chunk import Chunk, base_36
from warehouse_cdp.sample.clock import DAY, HOUR
from warehouse_cdp.sample.emit import add, known_value, landed, odd_time, truth_of_interaction

if TYPE_CHECKING:
    from warehouse_cdp.sample.catalogue import Campaign, Catalogue
    from warehouse_cdp.sample.dice import Dice
    from warehouse_cdp.sample.records import Record


def _event(
    chunk: Chunk, dice: Dice, who: Record, campaign: Campaign, kind: str, when: int,
    bounce: str = "", url: str = "",
) -> None:  # fmt: skip
    key = base_36(chunk.key("email/events"), 9)
    loaded = landed(chunk, dice, when, "email")
    moment = str(odd_time(chunk, dice, when))
    row = (
        key, campaign.campaign_id, who.key, known_value(chunk, dice, kind), bounce, url, moment,
    )  # fmt: skip
    add(chunk, dice, "email/events", loaded, row)
    known = ("email", "email_event", key)
    truth_of_interaction(chunk, loaded, known, who.person.person_id, who.reason)


def campaign_events(
    chunk: Chunk, dice: Dice, who: Record, goods: Catalogue, until: int
) -> list[tuple[int, Campaign]]:
    """Emit what happened to the mails sent to a subscriber; return the clicks."""
    clicks = []
    for campaign in goods.campaigns:
        is_liked = campaign.category == who.person.affinity
        if not who.created < campaign.sent_at < until or not dice.chance(0.75 if is_liked else 0.1):
            continue
        _event(chunk, dice, who, campaign, "sent", campaign.sent_at)
        if who.person.gave_up(who.key, campaign.sent_at):
            # Nobody reads it any more, and some day the provider says so.
            if chunk.happens("given_up_bounces", dice):
                _event(chunk, dice, who, campaign, "bounce", campaign.sent_at + 60, bounce="hard")
                break
            continue
        if dice.chance(0.015):
            kind = "hard" if dice.chance(0.3) else "soft"
            _event(chunk, dice, who, campaign, "bounce", campaign.sent_at + 60, bounce=kind)
            if kind == "hard":
                break
            continue
        if dice.chance(0.5 if is_liked else 0.2):
            opened = campaign.sent_at + dice.whole(HOUR, 3 * DAY)
            _event(chunk, dice, who, campaign, "open", opened)
            if dice.chance(0.35 if is_liked else 0.1):
                clicked = opened + dice.whole(10, 600)
                url = f"https://shop.example/c/{campaign.category}"
                _event(chunk, dice, who, campaign, "click", clicked, url=url)
                clicks.append((clicked, campaign))
        elif dice.chance(0.004):
            _event(chunk, dice, who, campaign, "spam", campaign.sent_at + DAY)
            break
    return clicks


def unsubscribe(chunk: Chunk, dice: Dice, who: Record, goods: Catalogue, when: int) -> None:
    """Emit the unsubscribe that ended a subscription, from the last campaign before it."""
    before = [campaign for campaign in goods.campaigns if campaign.sent_at < when]
    if before:
        _event(chunk, dice, who, before[-1], "unsubscribe", when)
