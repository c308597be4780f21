"""The kits of audiences, whose stand-ins hold hashes: a kit remembers whose they are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, ClassVar

from conformance import KEY, Kit, kit
from stub_audiences import AUDIENCE, GOOGLE_TOKEN, META_TOKEN, GoogleStub, MetaStub
from warehouse_cdp.destinations.google import GoogleAudienceType
from warehouse_cdp.destinations.meta import MetaAudienceType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stub_server import Exchange, Reply
    from warehouse_cdp.activation.protocol import DestinationType, Mode, OnLeave, Value


class AudienceKit(Kit):
    mode: ClassVar[Mode] = "audience"
    leaving: ClassVar[tuple[OnLeave, ...]] = ("remove_from_list",)
    columns: ClassVar[tuple[str, ...]] = (KEY, "email", "phone")
    full_batch = 10_000
    stub: GoogleStub | MetaStub

    def __init__(self, folder: Path) -> None:
        self.owners: dict[str, str] = {}
        super().__init__(folder)

    def answer(self, exchange: Exchange) -> Reply:
        return self.stub.answer(exchange)

    def values(self, key: str, version: int) -> dict[str, Value]:
        address = f"canary-{key}-{version}@x.test"
        self.owners[hashlib.sha256(address.encode()).hexdigest()] = key
        return {KEY: key, "email": address, "phone": None}

    def told(self, key: str, address: str) -> object:
        hashed = hashlib.sha256(address.encode()).hexdigest()
        self.owners[hashed] = key
        return hashed

    def poison(self, key: str) -> dict[str, Value]:
        return {KEY: key, "email": "canary without an address", "phone": "0800 canary"}

    def expected(self, key: str, version: int) -> Mapping[str, object]:
        address = str(self.values(key, version)["email"])
        return {"email": hashlib.sha256(address.encode()).hexdigest()}

    def held(self) -> Mapping[str, Mapping[str, object]]:
        """Members by key; a second entry of one person shows as one, with a mark."""
        found: dict[str, Mapping[str, object]] = {}
        for address in self.stub.members:
            key = self.owners[address]
            found[f"{key} twice" if key in found else key] = {"email": address}
        return found

    def violations(self) -> Sequence[str]:
        return self.stub.violations


@kit
class GoogleKit(AudienceKit):
    name = "google_audience"

    def __init__(self, folder: Path) -> None:
        self.stub: GoogleStub = GoogleStub()
        super().__init__(folder)

    def type(self) -> DestinationType:
        return GoogleAudienceType(self.wire)

    def settings(self) -> dict[str, object]:
        return {**super().settings(), "audience_id": AUDIENCE, "account_id": "1234567890"}

    def secrets(self) -> dict[str, str]:
        return {"access_token": GOOGLE_TOKEN}


@kit
class MetaKit(AudienceKit):
    name = "meta_audience"

    def __init__(self, folder: Path) -> None:
        self.stub: MetaStub = MetaStub()
        super().__init__(folder)

    def type(self) -> DestinationType:
        return MetaAudienceType(self.wire)

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), "audience_id": AUDIENCE}

    def secrets(self) -> dict[str, str]:
        return {"access_token": META_TOKEN}
