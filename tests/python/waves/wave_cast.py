"""Whom waves 2 and 3 stage, and who of them is one customer after each wave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wave_worlds import scenario

if TYPE_CHECKING:
    from wave_worlds import Waves


def staged(waves: Waves) -> dict[str, list[str]]:
    """The records of the cast by a short name of each."""
    last = waves.third
    (login,) = scenario(last, "login_reveals_past")
    (bridge,) = scenario(last, "record_bridges_two")
    mended = {"support" in one: one for one in scenario(last, "corrected_email")}
    reused = {"shop_uk" in one: one for one in scenario(last, "key_reused")}
    (aged,) = scenario(last, "oldest_deleted_smaller_late")
    (gone,) = scenario(last, "record_vanished")
    (late,) = scenario(last, "late_order")
    (added,) = scenario(last, "record_added")
    (erased,) = scenario(last, "erasure_requested")
    (opted_out,) = scenario(last, "consent_withdrawn")
    (moved,) = scenario(last, "record_changed")
    parted = {"support" in one: one for one in scenario(last, "email_splits")}
    (member,) = scenario(last, "member_merged")
    oldest, newer, arrived = aged["shop_uk"]
    return {
        "login": login["shop_uk"], "bridge_shop": bridge["shop_uk"], "bridge_crm": bridge["crm"],
        "bridge_card": bridge["loyalty"], "asker": mended[True]["support"],
        "asker_shop": mended[True]["shop_uk"], "lender_shop": mended[False]["shop_uk"],
        "card": reused[True]["loyalty"], "holder_shop": reused[True]["shop_uk"],
        "oldest": [oldest], "newer": [newer], "arrived": [arrived],
        "vanished": gone["shop_uk"][:1], "closed": gone["shop_uk"][1:],
        "late": late["shop_uk"], "added_shop": added["shop_uk"], "added_crm": added["crm"],
        "erased": [*erased["shop_uk"], *erased["crm"]], "opted_out": opted_out["shop_uk"],
        "moved": moved["shop_uk"], "owner": [*parted[False]["shop_uk"], *parted[False]["crm"]],
        "parted": parted[True]["support"], "member_shop": member["shop_uk"],
        "member_rest": [*member["crm"], *member["loyalty"]], "member_asks": member["support"],
    }  # fmt: skip


# Who is one customer after each wave, by the names that `staged` gives to records.
CAST = {
    1: [
        "login", "bridge_shop", "bridge_crm", "asker lender_shop", "asker_shop",
        "card holder_shop", "oldest newer", "vanished closed", "late", "added_shop", "erased",
        "opted_out", "moved",
    ],
    2: [
        "login", "bridge_shop bridge_crm bridge_card", "asker asker_shop", "lender_shop",
        "holder_shop", "newer arrived", "closed", "late", "added_shop added_crm", "erased",
        "opted_out", "moved", "owner parted", "member_shop", "member_rest",
    ],
    3: [
        "login", "bridge_shop", "bridge_crm", "asker asker_shop", "lender_shop", "holder_shop",
        "card", "newer arrived", "late", "added_shop added_crm", "erased", "opted_out", "moved",
        "owner", "parted", "member_shop member_rest member_asks",
    ],
}  # fmt: skip
