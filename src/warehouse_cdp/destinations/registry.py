"""The destinations there are, by the name that a declaration gives as ``type``.

A destination of your own is a module beside these and a line here
(docs/guides/destinations/writing-a-destination.md); the conformance suite runs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse_cdp.destinations.file_type import FileType
from warehouse_cdp.destinations.google import GoogleAudienceType
from warehouse_cdp.destinations.hubspot import HubSpotType
from warehouse_cdp.destinations.klaviyo import KlaviyoListType, KlaviyoProfilesType
from warehouse_cdp.destinations.mailchimp import MailchimpType
from warehouse_cdp.destinations.meta import MetaAudienceType
from warehouse_cdp.destinations.postgres_table import PostgresTableType
from warehouse_cdp.destinations.salesforce import SalesforceType
from warehouse_cdp.destinations.webhook import WebhookType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warehouse_cdp.activation.protocol import DestinationType

_ALL: tuple[DestinationType, ...] = (
    FileType(),
    PostgresTableType(),
    WebhookType(),
    HubSpotType(),
    KlaviyoProfilesType(),
    KlaviyoListType(),
    GoogleAudienceType(),
    MetaAudienceType(),
    MailchimpType(),
    SalesforceType(),
)

DESTINATION_TYPES: Mapping[str, DestinationType] = {one.name: one for one in _ALL}
