"""What is kept to remove a person later: readable only with a key that can be destroyed."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from warehouse_cdp.errors import ConfigurationError
from warehouse_cdp.warehouse.sync_vault import PlainVault, SealedVault, key_id

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
CANARY = {"email": "canary-7f3a91@x.test"}


def test_a_personal_key_is_kept_sealed_and_comes_back() -> None:
    kept = SealedVault(OLD).seal(CANARY)
    assert "canary" not in kept
    assert kept.split(":")[1] == key_id(OLD)
    assert SealedVault(f"{NEW}, {OLD}").unseal(kept) == CANARY
    assert SealedVault(f"{NEW},{OLD}").seal(CANARY).split(":")[1] == key_id(NEW)


def test_once_the_key_is_destroyed_nobody_reads_it() -> None:
    kept = SealedVault(OLD).seal(CANARY)
    with pytest.raises(ConfigurationError, match=key_id(OLD)) as refused:
        SealedVault(NEW).unseal(kept)
    assert "canary" not in str(refused.value)
    assert OLD not in str(refused.value)


@pytest.mark.parametrize("keys", ["", " , ", "no key"])
def test_without_a_key_it_is_said_how_to_make_one(keys: str) -> None:
    with pytest.raises(ConfigurationError, match="generate_key"):
        SealedVault(keys)


def test_hashes_and_ids_are_kept_as_they_are() -> None:
    vault = PlainVault()
    assert vault.unseal(vault.seal({"sha256": "ab", "id": "1"})) == {"sha256": "ab", "id": "1"}
    with pytest.raises(ConfigurationError, match="encrypted"):
        vault.unseal(SealedVault(OLD).seal(CANARY))
