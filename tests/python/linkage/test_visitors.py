"""Anonymous events go to people by policy; a shared device merges nobody."""

from __future__ import annotations

import pandas as pd
import pytest

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.linkage import stitch_visitors


def sightings(*rows: tuple[str, str, int, int, int]) -> pd.DataFrame:
    """Device, customer, hour of login, first and last hour of the session."""
    start = pd.Timestamp("2026-01-01")
    return pd.DataFrame(
        [
            {
                "anonymous_id": device,
                "session_id": f"{device}-{opened}",
                "customer_id": customer,
                "person_record_id": f"shop:{customer}",
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


def test_an_unknown_policy_is_named() -> None:
    with pytest.raises(ConfigurationError, match="'guess'; valid: link_back"):
        stitch_visitors(ALONE, "guess")


def test_no_sighting_gives_no_row() -> None:
    assert stitch_visitors(ALONE.head(0), "link_back").empty
