"""Normal forms and hashes of vendors: golden vectors, and what must never be guessed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse_cdp.activation.hashing import (
    GOOGLE,
    META,
    RULE_SETS,
    TRANSFORMS,
    fields_of,
    identifier,
    is_sha256,
    normalised,
    subscriber_hash,
    transformed,
)
from worlds import SHARED_DATA

# Kept outside the repository, beside it: the platforms' own examples.
GOLDEN = SHARED_DATA / "contracts/hash_vectors.json"
OURS = [
    (GOOGLE, "email", " A.B.C+x@Gmail.com ", "abc@gmail.com"),
    (GOOGLE, "email", "a.b@notgmail.com", "a.b@notgmail.com"),
    (GOOGLE, "email", "+tag@gmail.com", None),
    (GOOGLE, "email", "a@b@gmail.com", None),
    (GOOGLE, "phone", "0044 7123 456789", None),
    (GOOGLE, "phone", "+44 (0)7123 456789", "+447123456789"),
    (GOOGLE, "phone", "+44 7123 456789 ext 3", None),
    (GOOGLE, "given_name", "Zoe\u0308", "zoë"),
    (GOOGLE, "region_code", " gb", "GB"),
    (GOOGLE, "region_code", "GBR", None),
    (META, "PHONE", "07123 456789", None),
    (META, "FN", "O'Brien Smith", "obriensmith"),
    (META, "FN", "!!!", None),
    (META, "FI", "Élodie", "é"),
    (META, "ZIP", "SW1A 1AA", "sw1a1"),
    (META, "ZIP", "K1A 0B6", "k1a0b6"),
    (META, "ZIP", "10115", "10115"),
    (META, "DOBM", "13", None),
    (META, "DOBD", "0", None),
    (META, "DOBY", "90", None),
    (META, "GEN", "unknown", None),
    (META, "COUNTRY", "Germany", None),
]


@pytest.mark.parametrize(("rules", "field", "value", "normal"), OURS)
def test_a_value_takes_the_platforms_normal_form(
    rules: str, field: str, value: str, normal: str | None
) -> None:
    assert normalised(rules, field, value) == normal


def golden() -> list[dict[str, Any]]:
    vectors: list[dict[str, Any]] = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else []
    return vectors


@pytest.mark.skipif(
    not golden(), reason="the folder shared/ with the golden vectors is not beside this checkout"
)
def test_every_golden_vector_agrees() -> None:
    for vector in golden():
        rules, field, raw = vector["destination"], vector["field"], vector["raw"]
        assert normalised(rules, field, raw) == vector["normalised"], vector["note"]
        normal = vector["normalised"]
        hashed = None if normal is None else hashlib.sha256(normal.encode()).hexdigest()
        assert hashed == vector["sha256_hex"], vector["note"]
        if field not in ("postal_code", "region_code", "MADID", "EXTERN_ID"):
            assert identifier(rules, field, raw) == vector["sha256_hex"], vector["note"]


def test_what_is_hashed_already_is_refused_rather_than_hashed_twice() -> None:
    once = identifier(META, "EMAIL", "a@x.test")
    assert once is not None
    assert is_sha256(once)
    for rules in RULE_SETS:
        for field in fields_of(rules):
            assert identifier(rules, field, once) is None
            assert identifier(rules, field, f" {once.upper()} ") is None


def test_what_platforms_match_in_clear_is_not_hashed() -> None:
    assert identifier(GOOGLE, "region_code", "de") == "DE"
    assert identifier(META, "MADID", "AB-CD") == "ab-cd"


def test_a_subscriber_is_named_by_md5_of_the_address_in_lower_case() -> None:
    expected = hashlib.md5(b"urist.mcvankab@freddiesjokes.com").hexdigest()  # noqa: S324
    assert subscriber_hash(" Urist.McVankab@freddiesjokes.com") == expected
    assert subscriber_hash("nobody") is None


@settings(max_examples=60)
@given(st.sampled_from(RULE_SETS), st.text(max_size=20), st.data())
def test_no_text_raises_and_a_normal_form_stays_what_it_is(
    rules: str, text: str, data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(fields_of(rules)))
    normal = normalised(rules, field, text)
    if normal is not None and field not in ("PHONE", "ZIP"):  # these drop what they need to read
        assert normalised(rules, field, normal) == normal
    assert identifier(rules, field, None) is None


def test_a_sync_can_name_a_transform_and_gets_what_the_destination_would_send() -> None:
    assert transformed("meta@v25.email", " A@X.test") == identifier(META, "EMAIL", "a@x.test")
    assert transformed("google@2026.region_code", "de") == "DE"
    assert len(TRANSFORMS) == len(fields_of(GOOGLE)) + len(fields_of(META))
