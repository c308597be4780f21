"""Telling a chat or a pager that a sync did not end well: one POST that Slack understands."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

ALERT_URL_VARIABLE = "CDP_ALERT_URL"
_SECONDS = 10.0


def send_alert(url: str, text: str) -> bool:
    """POST ``{"text": …}`` and return whether it was taken; an alert never makes a run fail.

    The address may hold a secret: it stands in no message.
    """
    if not url.startswith(("https://", "http://")):
        return False
    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
        url,
        data=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - as above
            return 200 <= int(answer.status) < 300  # noqa: PLR2004 - the class of success
    except (urllib.error.URLError, TimeoutError, OSError, ValueError):
        return False
