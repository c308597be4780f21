"""Mailchimp: members of one audience (list). Unverified: tested against a stand-in of ours.

A member is named by the MD5 of the address. Each is written by a ``PUT`` with ``status_if_new``,
which decides for people who are new and leaves everybody else's status alone; ``status`` is never
sent, since it would subscribe again who unsubscribed. A person whose address changes is another
member: the old one is archived first.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from warehouse_cdp.activation.hashing import MAILCHIMP, subscriber_hash
from warehouse_cdp.activation.protocol import (
    ACKNOWLEDGED,
    Capabilities,
    Mode,
    Opening,
    Outcome,
    Secret,
    Setting,
)
from warehouse_cdp.activation.values import joined_key, to_text
from warehouse_cdp.destinations import limits
from warehouse_cdp.destinations.addresses import address_settings, problems_of_address
from warehouse_cdp.destinations.answers import (
    NOT_REMEMBERED,
    one_by_one,
    refuse_batch,
    rejected,
    with_outdated,
)
from warehouse_cdp.destinations.http import HttpClient, Request, Wire, json_request
from warehouse_cdp.destinations.limits import limit_rows
from warehouse_cdp.destinations.openings import require_columns
from warehouse_cdp.destinations.tables import json_value
from warehouse_cdp.errors import ConfigurationError, DestinationUnauthorisedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_cdp.activation.protocol import Batch, Row, Value
    from warehouse_cdp.destinations.http import Answer

_NOT_FOUND, _GONE_ALREADY = 404, frozenset({404, 405})
_HASH = "subscriber_hash"
_TURNS = 64
_FIELDS = ("email", "language", "vip")
_GROUPS = ("merge_fields", "interests")
# What a refusal is called: titles are theirs, codes are ours.
_TITLES = {
    "Invalid Resource": "invalid_resource",
    "Member In Compliance State": "member_in_compliance_state",
    "Forgotten Email Not Subscribed": "forgotten_email",
    "Member Exists": "member_exists",
}


class MailchimpType:
    """Members of one audience."""

    name = "mailchimp"
    capabilities = Capabilities(
        modes=("upsert", "mirror", "audience"),
        on_leave=("archive", "keep", "clear_fields", "delete"),
        on_withdrawal="archive",
        on_erasure="delete",
        batch_rows=100,
        batch_bytes=limits.MAILCHIMP.batch_bytes * 100,
        concurrency=limits.MAILCHIMP.concurrency,
        hash_rules_version=MAILCHIMP,
        settings=(
            Setting("list_id", "text", "Id of the audience.", is_required=True),
            Setting(
                "status_if_new", "choice", "What a new member becomes; pending asks to confirm.",
                ("subscribed", "pending", "unsubscribed", "transactional"), default="subscribed",
            ),
            *address_settings(None),
        ),
        secrets=(Secret("api_key", "MAILCHIMP_API_KEY", "API key; ends in its data centre."),),
        limits=limit_rows(limits.MAILCHIMP),
    )  # fmt: skip

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def problems(self, settings: Mapping[str, object], mode: Mode) -> Sequence[str]:  # noqa: ARG002
        """What is wrong with the list's id and the address."""
        found = problems_of_address(settings, None)
        if not str(settings.get("list_id", "")).isalnum():
            found.append("list_id must be the id of an audience, letters and digits")
        return found

    def open(self, opening: Opening) -> Mailchimp:
        """Check the columns and the key.

        Raises:
            ConfigurationError: a column is none of Mailchimp's, or the key names no data centre.
        """
        return Mailchimp(opening, self._wire)


class Mailchimp:
    """One audience."""

    def __init__(self, opening: Opening, wire: Wire) -> None:
        grouped = [name for name in opening.columns if name.partition(".")[0] in _GROUPS]
        require_columns(opening, known=(*_FIELDS, *grouped), any_of=("email",))
        key = opening.secrets["api_key"]
        centre = key.rpartition("-")[2] if "-" in key else ""
        base = opening.settings.get("base_url")
        if base is None and not centre.isalnum():
            message = "mailchimp: the API key must end in a hyphen and its data centre, as in -us21"
            raise ConfigurationError(message)
        self._list = str(opening.settings["list_id"])
        self._members = f"/3.0/lists/{self._list}/members"
        self._status_if_new = opening.settings["status_if_new"]
        # An address may pass from one customer to another within a run, the new owner first.
        self._owners: dict[str, str] = {}
        self._key = opening.key
        self._turns = [threading.Lock() for _ in range(_TURNS)]
        self._columns = [name for name in opening.columns if name not in opening.key]
        headers = {"Authorization": f"Bearer {key}"}
        self._client = HttpClient(
            "mailchimp",
            str(base or f"https://{centre}.api.mailchimp.com"),
            limits.MAILCHIMP,
            headers=lambda: headers,
            wire=wire,
        )

    @property
    def place(self) -> str:
        """The audience."""
        return f"Mailchimp audience {self._list}"

    def identity(self) -> str:
        """The audience's id, once it is known to be there.

        Raises:
            DestinationUnauthorisedError: it is not, or the key is not accepted.
        """
        self._require_list()
        return f"mailchimp:{self._list}"

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:
        """The hash that names the member, and those before while an answer is out."""
        name = _name_of(row)
        return with_outdated(None if name is None else {_HASH: name}, row.remembered)

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Carry out a batch, one request a row.

        Raises:
            DestinationUnauthorisedError, DestinationUnavailableError: as the protocol has it.
        """
        if batch.lane == "write":
            return one_by_one(batch.rows, self._write)
        on_leave = batch.rows[0].on_leave
        if on_leave == "keep":
            return {row.key: ACKNOWLEDGED for row in batch.rows}
        calls = {
            "archive": lambda name: Request("DELETE", f"{self._members}/{name}", needs_json=False),
            "delete": lambda name: json_request(
                "POST", f"{self._members}/{name}/actions/delete-permanent", {}, needs_json=False
            ),
            "clear_fields": lambda name: json_request(
                "PATCH", f"{self._members}/{name}", self._fields(dict.fromkeys(self._columns))
            ),
        }
        call = calls[str(on_leave)]
        return one_by_one(batch.rows, lambda row: self._left(row, call))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _write(self, row: Row) -> Outcome:
        name = _name_of(row)
        owner = str(joined_key(row.values[part] for part in self._key))
        for before in (row.remembered or {}).values():
            gone = None if before == name else self._archived(before, owner)
            if gone is not None and not gone.is_ok and gone.status not in _GONE_ALREADY:
                return rejected(_code(gone))
        if name is None:
            return rejected("no_address")
        body = {
            "email_address": (to_text(row.values["email"]) or "").strip(),
            "status_if_new": self._status_if_new,
            **self._fields(row.values),
        }
        with self._turn(name):
            self._owners[name] = owner
            answer = self._client.send(json_request("PUT", f"{self._members}/{name}", body))
        if answer.status == _NOT_FOUND:
            self._require_list()
        if not answer.is_ok:
            return rejected(_code(answer))
        if answer.object().get("id") != name:
            return Outcome("retry", error_code="another_member", error_class="no_answer")
        return Outcome("acknowledged", destination_id=name, remembered={_HASH: name})

    def _archived(self, name: str, owner: str) -> Answer | None:
        """Archive the member of an address that was left; None if it is somebody else's by now."""
        with self._turn(name):
            if self._owners.get(name, owner) != owner:
                return None
            path = f"{self._members}/{name}"
            return self._client.send(Request("DELETE", path, needs_json=False))

    def _turn(self, name: str) -> threading.Lock:
        """One writer at a time for one member."""
        return self._turns[int(name[:4], 16) % _TURNS]

    def _left(self, row: Row, call: Any) -> Outcome:  # noqa: ANN401 - a function of a name
        if row.remembered is None:
            return NOT_REMEMBERED
        for name in row.remembered.values():
            answer = self._client.send(call(name))
            if answer.status in _GONE_ALREADY:
                self._require_list()
            elif not answer.is_ok:
                return rejected(_code(answer))
        return ACKNOWLEDGED

    def _fields(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """Values under dotted names as Mailchimp nests them; an empty text clears a merge field."""
        found: dict[str, Any] = {}
        for name, value in values.items():
            group, dot, inner = name.partition(".")
            if dot and group == "merge_fields":
                found.setdefault(group, {})[inner] = "" if value is None else json_value(value)
            elif dot and group == "interests":
                found.setdefault(group, {})[inner] = value is True
            elif name in ("language", "vip") and value is not None:
                found[name] = json_value(value)
        return found

    def _require_list(self) -> None:
        answer = self._client.send(Request("GET", f"/3.0/lists/{self._list}?fields=id"))
        if answer.status == _NOT_FOUND:
            message = f"mailchimp: there is no audience {self._list} in this account"
            raise DestinationUnauthorisedError(message)
        if not answer.is_ok:
            refuse_batch("mailchimp", answer)


def _name_of(row: Row) -> str | None:
    return subscriber_hash(to_text(row.values.get("email")) or "")


def _code(answer: Answer) -> str:
    return _TITLES.get(str(answer.object().get("title")), f"http_{answer.status}")
