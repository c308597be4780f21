"""Settings are checked when made, all faults at once."""

from __future__ import annotations

import pytest

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.linkage import IdentifierLimit, LinkageSettings


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        LinkageSettings(
            link_probability=1.5,
            max_cluster_records=0,
            bad_value_people={"telex": 3, "email": 0},
            limits={"phone": IdentifierLimit(0, -1)},
        )
    for part in (
        "link_probability",
        "max_cluster_records",
        "telex",
        "email",
        "max_values",
        "window",
    ):
        assert part in str(refusal.value)


def test_the_review_threshold_may_not_exceed_the_link_threshold() -> None:
    with pytest.raises(ConfigurationError, match="is above link_probability"):
        LinkageSettings(link_probability=0.8, review_probability=0.9)


def test_texts_from_dbt_become_numbers_and_what_is_left_out_keeps_its_default() -> None:
    settings = LinkageSettings.from_mapping(
        {
            "link_probability": "0.9",
            "bad_value_people": "4",
            "limits": {"email": {"max_values": "3", "window_days": "30"}},
        }
    )
    assert settings.link_probability == 0.9
    assert settings.bad_value_people["phone"] == 4
    assert settings.limits["email"] == IdentifierLimit(3, 30)
    assert settings.limits["phone"] == LinkageSettings().limits["phone"]


@pytest.mark.parametrize("values", [{"speed": 1}, {"limits": {"email": 3}}, {"seed": "x"}])
def test_unknown_names_and_wrong_kinds_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        LinkageSettings.from_mapping(values)
