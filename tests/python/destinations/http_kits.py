"""The kits of destinations that are reached through HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conformance import KEY, Kit, kit
from stub_hubspot import TOKEN as HUBSPOT_TOKEN
from stub_hubspot import HubSpotStub
from stub_klaviyo import API_KEY, LIST, KlaviyoStub
from stub_mailchimp import LIST as MAILCHIMP_LIST
from stub_mailchimp import MAILCHIMP_KEY, MailchimpStub
from stub_salesforce import CLIENT, FIELD, SalesforceStub
from stub_webhook import SECRET, WebhookStub
from warehouse_cdp.destinations.hubspot import HubSpotType
from warehouse_cdp.destinations.klaviyo import KlaviyoListType, KlaviyoProfilesType
from warehouse_cdp.destinations.mailchimp import MailchimpType
from warehouse_cdp.destinations.salesforce import SalesforceType
from warehouse_cdp.destinations.webhook import WebhookType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stub_server import Exchange, Reply
    from warehouse_cdp.activation.protocol import DestinationType, Mode, OnLeave, Value


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


class _Klaviyo(Kit):
    key = "external_id"
    columns: ClassVar[tuple[str, ...]] = ("external_id", "email", "first_name")

    def __init__(self, folder: Path) -> None:
        self.stub = KlaviyoStub()
        super().__init__(folder)

    def answer(self, exchange: Exchange) -> Reply:
        return self.stub.answer(exchange)

    def secrets(self) -> dict[str, str]:
        return {"api_key": API_KEY}

    def values(self, key: str, version: int) -> dict[str, Value]:
        return {
            "external_id": key,
            "email": f"canary-{key}-{version}@x.test",
            "first_name": f"Canary {version}",
        }

    def poison(self, key: str) -> dict[str, Value]:
        return {**self.values(key, 1), "first_name": "canary poison"}

    def violations(self) -> Sequence[str]:
        return self.stub.violations


@kit
class KlaviyoProfilesKit(_Klaviyo):
    name = "klaviyo_profiles"
    leaving: ClassVar[tuple[OnLeave, ...]] = ("delete",)
    requests_of_a_write = 2

    def type(self) -> DestinationType:
        return KlaviyoProfilesType(self.wire)

    def held(self) -> Mapping[str, Mapping[str, object]]:
        return self.stub.held(on_list=False)


@kit
class KlaviyoListKit(_Klaviyo):
    name = "klaviyo_list"
    mode: ClassVar[Mode] = "audience"
    leaving: ClassVar[tuple[OnLeave, ...]] = ("remove_from_list", "delete")
    requests_of_a_write = 3

    def type(self) -> DestinationType:
        return KlaviyoListType(self.wire)

    def settings(self) -> dict[str, object]:
        return {**super().settings(), "list_id": LIST}

    def held(self) -> Mapping[str, Mapping[str, object]]:
        return self.stub.held(on_list=True)


@kit
class MailchimpKit(Kit):
    name = "mailchimp"
    columns: ClassVar[tuple[str, ...]] = (KEY, "email", "merge_fields.FNAME")
    leaving: ClassVar[tuple[OnLeave, ...]] = ("archive", "delete")
    requests_of_a_write = 2

    def __init__(self, folder: Path) -> None:
        self.stub = MailchimpStub()
        super().__init__(folder)

    def answer(self, exchange: Exchange) -> Reply:
        return self.stub.answer(exchange)

    def type(self) -> DestinationType:
        return MailchimpType(self.wire)

    def settings(self) -> dict[str, object]:
        return {**super().settings(), "list_id": MAILCHIMP_LIST}

    def secrets(self) -> dict[str, str]:
        return {"api_key": MAILCHIMP_KEY}

    def values(self, key: str, version: int) -> dict[str, Value]:
        address = f"canary-{key}-{version}@x.test"
        self.stub.owners[address] = key
        return {KEY: key, "email": address, "merge_fields.FNAME": f"Canary {version}"}

    def told(self, key: str, address: str) -> object:
        self.stub.owners[address] = key
        return address

    def poison(self, key: str) -> dict[str, Value]:
        return {**self.values(key, 1), "merge_fields.FNAME": "canary poison"}

    def held(self) -> Mapping[str, Mapping[str, object]]:
        return self.stub.held()

    def violations(self) -> Sequence[str]:
        return self.stub.violations


@kit
class SalesforceKit(Kit):
    name = "salesforce"
    key = FIELD
    columns: ClassVar[tuple[str, ...]] = (FIELD, "Email", "FirstName")
    leaving: ClassVar[tuple[OnLeave, ...]] = ("delete",)
    requests_of_a_write = 7
    full_batch = 10_000

    def __init__(self, folder: Path) -> None:
        self.stub = SalesforceStub()
        super().__init__(folder)

    def answer(self, exchange: Exchange) -> Reply:
        return self.stub.answer(exchange)

    def type(self) -> DestinationType:
        return SalesforceType(self.wire)

    def settings(self) -> dict[str, object]:
        return {"instance_url": self.server.url, "allow_private_network": True}

    def secrets(self) -> dict[str, str]:
        return {"client_id": CLIENT[0], "client_secret": CLIENT[1]}

    def values(self, key: str, version: int) -> dict[str, Value]:
        return {
            FIELD: key,
            "Email": f"canary-{key}-{version}@x.test",
            "FirstName": f"Canary {version}",
        }

    def poison(self, key: str) -> dict[str, Value]:
        return {**self.values(key, 1), "FirstName": "canary poison"}

    def held(self) -> Mapping[str, Mapping[str, object]]:
        return self.stub.held()

    def violations(self) -> Sequence[str]:
        return self.stub.violations
