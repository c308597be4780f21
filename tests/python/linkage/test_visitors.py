"""Anonymous events go to people by policy; a shared device merges nobody."""

from __future__ import annotations

import pandas as pd
import pytest

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.linkage import stitch_visitors


def sightings(
    *rows: tuple[str, str | None, int, int, int], kind: str | None = None
) -> pd.DataFrame:
    """Device, customer (None: unknown), hour of login, first and last hour of the session."""
    start = pd.Timestamp("2026-01-01")
    return pd.DataFrame(
        [
            {
                "anonymous_id": device,
                "session_id": f"{device}-{opened}",
                "customer_id": customer,
                "person_record_id": f"shop:{customer}",
                "device_type": kind,
                "occurred_at": start + pd.Timedelta(hours=hour),
                "session_started_at": start + pd.Timedelta(hours=opened),
                "session_ended_at": start + pd.Timedelta(hours=closed),
            }
            for device, customer, hour, opened, closed in rows
        ]
    )


def owner(stitched: pd.DataFrame, hour: int) -> object:
    """Whose an event is at an hour; ``ambiguous`` or None."""
    moment = pd.Timestamp("2026-01-01") + pd.Timedelta(hours=hour)
    hits = stitched[
        (stitched["valid_from"].isna() | (stitched["valid_from"] <= moment))
        & (stitched["valid_to"].isna() | (stitched["valid_to"] > moment))
    ]
    assert len(hits) <= 1
    if hits.empty:
        return None
    return "ambiguous" if hits["is_ambiguous"].iloc[0] else hits["customer_id"].iloc[0]


ALONE = sightings(("phone", "ada", 10, 9, 11))
TABLET = sightings(
    ("tablet", "ada", 10, 9, 11), ("tablet", "ada", 20, 19, 21), ("tablet", "bob", 30, 29, 31)
)


@pytest.mark.parametrize(
    ("policy", "at_8", "at_10", "at_15"),
    [
        ("link_back", "ada", "ada", "ada"),
        ("from_login", None, "ada", "ada"),
        ("between_logins", None, "ada", None),
        ("never", None, None, None),
    ],
)
def test_a_device_of_one_person(
    policy: str, at_8: str | None, at_10: str | None, at_15: str | None
) -> None:
    stitched = stitch_visitors(ALONE, policy)
    assert [owner(stitched, hour) for hour in (8, 10, 15)] == [at_8, at_10, at_15]


def test_a_shared_tablet_gives_each_their_sessions_and_merges_nobody() -> None:
    stitched = stitch_visitors(TABLET, "link_back")
    expected = {5: "ambiguous", 9: "ada", 15: "ada", 21: "ada", 25: "ambiguous", 30: "bob",
                40: "ambiguous"}  # fmt: skip
    assert {hour: owner(stitched, hour) for hour in expected} == expected


def test_from_login_the_last_to_log_in_counts() -> None:
    stitched = stitch_visitors(TABLET, "from_login")
    assert [owner(stitched, hour) for hour in (5, 15, 25, 40)] == [None, "ada", "ada", "bob"]


def test_two_people_in_one_session_keep_only_their_own_moments() -> None:
    both = sightings(("kiosk", "ada", 10, 9, 13), ("kiosk", "bob", 12, 9, 13))
    stitched = stitch_visitors(both, "link_back")
    assert [owner(stitched, hour) for hour in (9, 10, 11, 12, 13)] == [
        "ambiguous", "ada", "ambiguous", "bob", "ambiguous",
    ]  # fmt: skip


def test_the_order_of_sightings_changes_nothing() -> None:
    shuffled = TABLET.sample(frac=1, random_state=3)
    for policy in ("link_back", "from_login", "between_logins"):
        pd.testing.assert_frame_equal(
            stitch_visitors(shuffled, policy), stitch_visitors(TABLET, policy)
        )


def shared_tablets(count: int) -> pd.DataFrame:
    """Tablets on which one person logs in twice and another in between."""
    return sightings(
        *(
            (f"tablet {number}", customer, hour, hour, hour)
            for number in range(count)
            for customer, hour in (("ada", 10), ("bob", 20), ("ada", 30))
        ),
        kind="tablet",
    )


ADAS_TABLET = sightings(("adas", "ada", 10, 9, 11), ("adas", "ada", 20, 19, 21), kind="tablet")
ADAS_PHONE = ALONE.assign(device_type="mobile")


@pytest.mark.parametrize(
    ("tablets", "expected"),
    [
        # Too few to learn from: one person only is seen, so all is theirs.
        (7, {5: "ada", 10: "ada", 15: "ada", 25: "ada"}),
        (10, {5: "ambiguous", 10: "ada", 15: "ambiguous", 25: "ambiguous"}),
    ],
)
def test_where_hidden_logins_show_others_only_the_sessions_of_logins_count(
    tablets: int, expected: dict[int, str]
) -> None:
    stitched = stitch_visitors(
        pd.concat([shared_tablets(tablets), ADAS_TABLET, ADAS_PHONE]), "link_back", 0.9
    )
    of_tablet = stitched[stitched["anonymous_id"] == "adas"]
    assert {hour: owner(of_tablet, hour) for hour in expected} == expected
    of_phone = stitched[stitched["anonymous_id"] == "phone"]
    assert owner(of_phone, 5) == "ada"


@pytest.mark.parametrize(
    ("least_right", "evidence"), [(0.0, {"only_user"}), (1.0, {"between_logins"})]
)
def test_a_rule_is_used_where_it_names_enough_hidden_logins_rightly(
    least_right: float, evidence: set[str]
) -> None:
    own = [(f"own {number}", "ada", hour, hour, hour) for number in range(5) for hour in (1, 9)]
    # Hidden, the one visit of each of the other two leaves the other as the only one seen.
    seen = sightings(*own, ("shared", "ada", 1, 1, 1), ("shared", "bob", 9, 9, 9), kind="desktop")
    stitched = stitch_visitors(seen, "link_back", least_right)
    on_own = stitched[stitched["anonymous_id"] == "own 0"]
    assert set(on_own.loc[~on_own["is_ambiguous"], "evidence"]) == evidence


@pytest.mark.parametrize(
    ("policy", "at_10", "at_15", "at_25"),
    [
        ("from_login", "ada", None, "ada"),
        ("between_logins", "ada", "ambiguous", "ambiguous"),
        # No kind of device is known to be shared: the login was to an old account of hers.
        ("link_back", "ada", "ada", "ada"),
    ],
)
def test_a_login_to_an_unknown_account_is_somebodys(
    policy: str, at_10: str, at_15: str | None, at_25: str
) -> None:
    seen = sightings(
        ("phone", "ada", 10, 10, 10), ("phone", None, 15, 15, 15), ("phone", "ada", 25, 25, 25)
    )
    stitched = stitch_visitors(seen, policy, 0.9)
    hits = [owner(stitched, hour) for hour in (10, 15)]
    assert hits == [at_10, at_15]
    if policy != "between_logins":
        assert owner(stitched, 30) == at_25


def test_on_a_shared_kind_an_unknown_account_is_another_person() -> None:
    seen = sightings(("adas", None, 15, 15, 15), ("adas", "ada", 25, 24, 26), kind="tablet")
    stitched = stitch_visitors(pd.concat([shared_tablets(10), seen]), "link_back", 0.9)
    of_tablet = stitched[stitched["anonymous_id"] == "adas"]
    assert [owner(of_tablet, hour) for hour in (15, 20, 25)] == ["ambiguous", "ambiguous", "ada"]
    assert set(of_tablet["evidence"]) == {"shared_device", "session_of_login"}


def test_a_device_of_unknown_accounts_only_has_no_row() -> None:
    assert stitch_visitors(sightings(("phone", None, 1, 1, 1)), "from_login").empty


def test_an_unknown_policy_is_named() -> None:
    with pytest.raises(ConfigurationError, match="'guess'; valid: link_back"):
        stitch_visitors(ALONE, "guess")


def test_no_sighting_gives_no_row() -> None:
    assert stitch_visitors(ALONE.head(0), "link_back").empty
