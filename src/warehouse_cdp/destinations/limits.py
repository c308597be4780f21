"""Limits of the destinations, as data: each with the page that states it and when it was read.

A vendor changes these without asking; a sync may set its own lower ones (``batch``). What is
written here is what the destination's module uses, what its guide prints and what its tests hold
its requests to.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse_cdp.activation.protocol import Limit

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE


@dataclass(frozen=True)
class Rate:
    """At most ``requests`` begun within any ``seconds``."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class Limits:
    """What one destination bears.

    ``batch_rows`` and ``batch_bytes`` bound one request's body; ``rates`` hold all at once;
    ``concurrency`` is the number of requests under way. ``source`` and ``read_on`` say where that
    stands: a page, and the month in which it was read.
    """

    batch_rows: int
    batch_bytes: int
    rates: tuple[Rate, ...]
    concurrency: int
    source: str
    read_on: str


def limit_rows(limits: Limits) -> tuple[Limit, ...]:
    """Return the limits as a destination's capabilities state them, for documentation."""
    found = [
        Limit("rows", f"{limits.batch_rows:,} a request", limits.source, limits.read_on),
        Limit("bytes", f"{limits.batch_bytes:,} a request", limits.source, limits.read_on),
        Limit("at once", f"{limits.concurrency} requests", "ours", limits.read_on),
    ]
    found += [
        Limit(
            "rate",
            f"{rate.requests:,} requests in {rate.seconds:g} s",
            limits.source,
            limits.read_on,
        )
        for rate in limits.rates
    ]
    return tuple(found)


HUBSPOT = Limits(
    batch_rows=100,
    batch_bytes=4 * MEBIBYTE,
    # Free and Starter; Professional has 190 in ten seconds, which a sync may ask for.
    rates=(Rate(100, 10.0),),
    concurrency=2,
    source="developers.hubspot.com/docs/api-reference (batch upsert, usage guidelines)",
    read_on="2026-11",
)

WEBHOOK = Limits(
    batch_rows=1_000,
    batch_bytes=MEBIBYTE,
    rates=(Rate(50, 1.0),),
    concurrency=4,
    source="ours; the receiver's own are set by the sync",
    read_on="2026-11",
)

FILES = Limits(
    batch_rows=10_000_000,
    batch_bytes=1 << 40,
    rates=(),
    concurrency=1,
    source="ours: a file is written whole",
    read_on="2026-11",
)

KLAVIYO_PROFILES = Limits(
    batch_rows=1,
    batch_bytes=100 * KIBIBYTE,
    rates=(Rate(75, 1.0), Rate(750, 60.0)),
    concurrency=8,
    source="github.com/klaviyo/openapi, revision 2026-07-15, create_or_update_profile",
    read_on="2026-11",
)

KLAVIYO_LISTS = Limits(
    batch_rows=1_000,
    batch_bytes=MEBIBYTE,
    rates=(Rate(10, 1.0), Rate(150, 60.0)),
    concurrency=2,
    source="github.com/klaviyo/openapi, revision 2026-07-15, add_profiles_to_list",
    read_on="2026-11",
)

KLAVIYO_DELETIONS = Limits(
    batch_rows=1,
    batch_bytes=100 * KIBIBYTE,
    rates=(Rate(3, 1.0), Rate(60, 60.0)),
    concurrency=1,
    source="github.com/klaviyo/openapi, revision 2026-07-15, request_profile_deletion",
    read_on="2026-11",
)

GOOGLE_DATA_MANAGER = Limits(
    batch_rows=10_000,
    batch_bytes=8 * MEBIBYTE,
    rates=(Rate(300, 60.0),),
    concurrency=1,  # what one request removes, another may be adding for somebody else
    source="developers.google.com/data-manager/api/devguides/limits",
    read_on="2026-11",
)

POSTGRES = Limits(
    batch_rows=10_000,
    batch_bytes=64 * MEBIBYTE,
    rates=(),
    concurrency=1,
    source="ours",
    read_on="2026-11",
)

META = Limits(
    batch_rows=10_000,
    batch_bytes=4 * MEBIBYTE,
    # Meta's quota moves with the size of the account and is told in headers only.
    rates=(Rate(5, 1.0),),
    concurrency=1,
    source="developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences (v25.0)",
    read_on="2026-11",
)

MAILCHIMP = Limits(
    batch_rows=1,
    batch_bytes=MEBIBYTE,
    rates=(),
    concurrency=8,  # ten connections at once is the account's limit, of which others want some
    source="mailchimp.com/developer/marketing/docs/fundamentals (throttling), members",
    read_on="2026-11",
)

SALESFORCE = Limits(
    batch_rows=150_000,
    # 150 MB a job, of base64 at their end: they advise 100 MB of plain text.
    batch_bytes=100 * 1000 * 1000,
    rates=(Rate(25, 1.0),),
    concurrency=1,
    source="developer.salesforce.com, Bulk API 2.0 limits and allocations",
    read_on="2026-11",
)
