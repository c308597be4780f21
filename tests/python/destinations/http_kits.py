"""The kits of destinations that are reached through HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conformance import Kit, kit
from stub_hubspot import TOKEN as HUBSPOT_TOKEN
from stub_hubspot import HubSpotStub
from stub_webhook import SECRET, WebhookStub
from warehouse_cdp.destinations.hubspot import HubSpotType
from warehouse_cdp.destinations.webhook import WebhookType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stub_server import Exchange, Reply
    from warehouse_cdp.activation.protocol import DestinationType, OnLeave


@kit
class HubSpotKit(Kit):
    name = "hubspot"
    leaving: ClassVar[tuple[OnLeave, ...]] = ("archive", "delete")

    def __init__(self, folder: Path) -> None:
        self.stub = HubSpotStub()
        super().__init__(folder)

    def answer(self, exchange: Exchange) -> Reply:
        return self.stub.answer(exchange)

    def type(self) -> DestinationType:
        return HubSpotType(self.wire)

    def secrets(self) -> dict[str, str]:
        return {"token": HUBSPOT_TOKEN}

    def held(self) -> Mapping[str, Mapping[str, object]]:
        return self.stub.held()

    def violations(self) -> Sequence[str]:
        return self.stub.violations


@kit
class WebhookKit(Kit):
    name = "webhook"
    leaving: ClassVar[tuple[OnLeave, ...]] = ("delete", "archive", "remove_from_list")

    def __init__(self, folder: Path) -> None:
        self.stub = WebhookStub()
        super().__init__(folder)

    def answer(self, exchange: Exchange) -> Reply:
        return self.stub.answer(exchange)

    def type(self) -> DestinationType:
        return WebhookType(self.wire)

    def settings(self) -> dict[str, object]:
        return {"url": f"{self.server.url}/in/canary-path", "allow_private_network": True}

    def secrets(self) -> dict[str, str]:
        return {"signing": SECRET}

    def held(self) -> Mapping[str, Mapping[str, object]]:
        return self.stub.held()

    def violations(self) -> Sequence[str]:
        return self.stub.violations
