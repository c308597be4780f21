"""How often each kind of bad data happens: the one place, documented, tested, changeable."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


def _rate(default: float, about: str) -> float:
    value: float = field(default=default, metadata={"about": about})
    return value


@dataclass(frozen=True)
class Rates:
    """Probability of each imperfection, each with what it is a share of."""

    # People and households
    alike: float = _rate(0.015, "people: another person has the name and city, birth dates close")
    household_shared: float = _rate(0.42, "households: two to four customers at one address")
    father_and_son: float = _rate(0.02, "shared households: father and son with one name")
    shared_mailbox: float = _rate(0.10, "shared households: one mailbox that members also use")
    shared_landline: float = _rate(0.60, "shared households: one landline that members give")
    shared_tablet: float = _rate(0.22, "shared households: one tablet, two people log in")
    moved: float = _rate(0.20, "households: moved to another address within the history")
    maiden_name: float = _rate(0.30, "women in couples: took the partner's name in the history")
    email_changed: float = _rate(0.22, "people: gave up one e-mail address for another")
    three_emails: float = _rate(0.30, "people: two further e-mail addresses in use")
    phone_changed: float = _rate(0.14, "people: changed the mobile number")
    keeps_current: float = _rate(
        0.985, "people: put their e-mail and address right in a profile or order after a change"
    )
    phone_reused: float = _rate(0.25, "given-up mobile numbers: later another person's")
    # Profile records
    typo: float = _rate(0.035, "names and streets: one typing error")
    swapped_names: float = _rate(0.012, "profile records: given and family name swapped")
    nickname: float = _rate(0.14, "profile records: short form, if the given name has one")
    folded_diacritics: float = _rate(0.25, "profile records: written without diacritics")
    missing_phone: float = _rate(0.42, "profile records: no phone")
    missing_email: float = _rate(0.28, "CRM, loyalty and support records: no e-mail")
    missing_birth_date: float = _rate(0.15, "CRM, shop and loyalty records: no birth date")
    missing_address: float = _rate(0.12, "CRM, shop and loyalty records: no address")
    wrong_birth_date: float = _rate(0.03, "birth dates: day or year off, or day and month swapped")
    other_email: float = _rate(
        0.45, "records with address fields, of people with several e-mails: not the main"
    )
    email_decorated: float = _rate(0.10, "e-mails: capitals, stray blanks, dots or a +tag")
    email_typo: float = _rate(0.008, "e-mails: one typing error")
    junk_email: float = _rate(0.02, "profile records: noemail@… instead of an e-mail")
    junk_phone: float = _rate(0.02, "profile records: 0000000000 or the like")
    landline_given: float = _rate(0.22, "records of people with a landline: it, not the mobile")
    duplicate_record: float = _rate(0.06, "CRM, shop and loyalty people: a second record there")
    crm_merge: float = _rate(0.45, "CRM duplicates: merged by the CRM (master_record_id)")
    test_account: float = _rate(0.004, "people: as many test accounts of staff in each shop")
    new_version: float = _rate(0.20, "profile records: a later version without a known reason")
    conflicting_version: float = _rate(0.003, "profile records: two versions at one load time")
    soft_deleted: float = _rate(0.02, "profile records: deleted in the source")
    vanished: float = _rate(0.004, "profile records: gone without a trace after wave 1 or 2")
    learns_change: float = _rate(
        0.55, "profile records: take over a move, new name or e-mail without being kept right"
    )
    given_up_bounces: float = _rate(0.35, "newsletters to an address its owner gave up: bounce")
    # Interactions
    guest_order: float = _rate(
        0.24, "online orders of account holders: as a guest (others always are)"
    )
    click_and_collect: float = _rate(0.12, "online orders: collected, repeated by a till receipt")
    receipt_card: float = _rate(0.75, "till receipts of card holders: with the card")
    receipt_phone: float = _rate(0.08, "till receipts without a card: with a phone number")
    receipt_shop_phone: float = _rate(0.18, "phones on till receipts: the shop's own number")
    late_row: float = _rate(0.012, "interactions: loaded 4 to 60 days late")
    future_time: float = _rate(0.0015, "interactions: dated years ahead")
    epoch_time: float = _rate(0.0015, "interactions: dated 1970")
    bad_time: float = _rate(0.0015, "interactions: an unreadable time")
    unknown_value: float = _rate(0.002, "interactions: a status or type never agreed on")
    broken_json: float = _rate(0.003, "web and app events: payload cut off")
    repeated_row: float = _rate(0.004, "interactions: the same row loaded twice")
    # Behaviour
    complains: float = _rate(0.09, "people: file a complaint and rate the answer bad")
    leaves_after_complaint: float = _rate(0.75, "people who complained: order no more")
    leaves_silently: float = _rate(0.18, "people who did not: order no more")
    announces_leaving: float = _rate(0.45, "people who complained and leave: say so in writing")
    keeps_to_affinity: float = _rate(0.72, "items bought: from the person's favourite category")
    buys_after_click: float = _rate(0.12, "campaign clicks: an order in the session")


def documented_rates() -> list[tuple[str, float, str]]:
    """Return (name, default, what it is a share of) for each rate, in order."""
    standard = Rates()
    return [
        (item.name, float(getattr(standard, item.name)), str(item.metadata["about"]))
        for item in fields(Rates)
    ]
