"""HubSpot contacts: batch upsert by a unique property of your own, archive, permanent deletion.

The key must be a contact property with unique values (such as ``cdp_customer_id``), never the
e-mail address: a person whose address changes is then the same contact with another address.

An answer of 207 says for some rows that they were taken and for some that they were not, in no
order. Rows are matched by the trace id that was sent with each, else by the key that comes back;
a row that the answer does not speak of, or speaks of twice in two senses, is sent again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from warehouse_cdp.activation.protocol import (
    ACKNOWLEDGED,
    Capabilities,
    Mode,
    Opening,
    Outcome,
    Secret,
    Setting,
)
from warehouse_cdp.activation.values import to_text
from warehouse_cdp.destinations import limits
from warehouse_cdp.destinations.addresses import address_settings, problems_of_address
from warehouse_cdp.destinations.answers import code_of, refuse_batch, rejected, with_answers
from warehouse_cdp.destinations.http import HttpClient, Request, Wire, json_request
from warehouse_cdp.destinations.limits import Rate, limit_rows
from warehouse_cdp.destinations.openings import single_key
from warehouse_cdp.errors import DestinationUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_cdp.activation.protocol import Batch, Row
    from warehouse_cdp.destinations.http import Answer

_VENDOR_URL = "https://api.hubapi.com"
_CONTACTS = "/crm/v3/objects/contacts"
_NOT_FOUND = 404
_TRACE = "objectWriteTraceId"
# What HubSpot says of a row that may go through a moment later.
_TRANSIENT = frozenset({"RATE_LIMIT", "RATE_LIMITS", "INTERNAL_ERROR", "TIMEOUT", "CONFLICT_LOCK"})


class HubSpotType:
    """Contacts of a HubSpot portal."""

    name = "hubspot"
    capabilities = Capabilities(
        modes=("upsert", "mirror"),
        on_leave=("keep", "clear_fields", "archive", "delete"),
        on_withdrawal="archive",
        on_erasure="delete",
        batch_rows=limits.HUBSPOT.batch_rows,
        batch_bytes=limits.HUBSPOT.batch_bytes,
        concurrency=limits.HUBSPOT.concurrency,
        verified_against=(
            "contract derived from hubspot-api-client 12.0.0 (Apache-2.0); but the question which "
            "portal this is stands in none"
        ),
        settings=(
            Setting(
                "requests_per_10_seconds", "integer",
                "What the portal's plan allows: 100 (Free, Starter) or 190.", default=100,
            ),
            *address_settings(_VENDOR_URL),
        ),
        secrets=(Secret("token", "HUBSPOT_TOKEN", "Token of a private app or service key."),),
        limits=limit_rows(limits.HUBSPOT),
    )  # fmt: skip

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def problems(self, settings: Mapping[str, object], mode: Mode) -> Sequence[str]:  # noqa: ARG002
        """What is wrong with the address and the rate."""
        found = problems_of_address(settings, _VENDOR_URL)
        rate = settings.get("requests_per_10_seconds", 100)
        if not isinstance(rate, int) or rate < 1:
            found.append("requests_per_10_seconds must be 1 or more")
        return found

    def open(self, opening: Opening) -> HubSpot:
        """Open it; nothing is sent."""
        return HubSpot(opening, self._wire)


class HubSpot:
    """The contacts of one portal."""

    def __init__(self, opening: Opening, wire: Wire) -> None:
        rate = Rate(int(str(opening.settings.get("requests_per_10_seconds", 100))), 10.0)
        self._key = single_key(opening, "hubspot")
        self._columns = opening.columns
        self._base = str(opening.settings["base_url"])
        headers = {"Authorization": f"Bearer {opening.secrets['token']}"}
        bounds = replace(limits.HUBSPOT, rates=(rate,))
        self._client = HttpClient("hubspot", self._base, bounds, headers=lambda: headers, wire=wire)

    @property
    def place(self) -> str:
        """The object and the address."""
        return f"HubSpot contacts at {self._base.partition('://')[2]}"

    def identity(self) -> str:
        """The portal's id.

        Raises:
            DestinationUnauthorisedError: the token is not accepted.
            DestinationUnavailableError: no answer, or one without an id.
        """
        answer = self._client.send(Request("GET", "/account-info/v3/details"))
        portal = answer.object().get("portalId")
        if not answer.is_ok or portal is None:
            message = f"hubspot: does not say which portal this is (http_{answer.status})"
            raise DestinationUnavailableError(message)
        return f"hubspot:{portal}:contacts"

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:  # noqa: ARG002 - the protocol's
        """Nothing: HubSpot's own id, or the key, finds a contact."""
        return None

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Carry out a batch.

        Raises:
            BatchRefusedError, DestinationUnauthorisedError, DestinationUnavailableError: as the
                protocol has it.
        """
        on_leave = batch.rows[0].on_leave if batch.lane == "remove" else None
        if on_leave is None:
            return self._upsert(batch.rows, lambda row: row.values)
        if on_leave == "clear_fields":
            return self._upsert(batch.rows, lambda _row: dict.fromkeys(self._columns))
        if on_leave == "keep":
            return {row.key: ACKNOWLEDGED for row in batch.rows}
        ids, outcomes = self._ids_of(batch.rows)
        if on_leave == "archive":
            outcomes |= self._archive(ids)
        else:
            outcomes |= {key: self._delete(contact) for key, contact in ids.items()}
        return with_answers(batch.rows, outcomes)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _upsert(
        self,
        rows: tuple[Row, ...],
        values_of: Any,  # noqa: ANN401 - a function of a row
    ) -> dict[str, Outcome]:
        inputs = [
            {
                "id": _text(row.values[self._key]),
                "idProperty": self._key,
                _TRACE: row.idempotency_key,
                "properties": {
                    **{name: _text(value) for name, value in values_of(row).items()},
                    self._key: _text(row.values[self._key]),
                },
            }
            for row in rows
        ]
        answer = self._taken(json_request("POST", f"{_CONTACTS}/batch/upsert", {"inputs": inputs}))
        return outcomes_of(rows, self._key, answer.object())

    def _ids_of(self, rows: tuple[Row, ...]) -> tuple[dict[str, str], dict[str, Outcome]]:
        """HubSpot's id of each row, asked for where it is not known; who is not there is gone."""
        ids = {row.key: row.destination_id for row in rows if row.destination_id is not None}
        unknown = {_text(row.values[self._key]): row.key for row in rows if row.key not in ids}
        outcomes: dict[str, Outcome] = {}
        if unknown:
            asked = {
                "idProperty": self._key,
                "inputs": [{"id": value} for value in unknown],
                "properties": [self._key],
                "propertiesWithHistory": [],
            }
            said = self._taken(json_request("POST", f"{_CONTACTS}/batch/read", asked)).object()
            for contact in _dictionaries(said.get("results")):
                key = unknown.get(str(_dictionary(contact.get("properties")).get(self._key)))
                if key is not None and contact.get("id"):
                    ids[key] = str(contact["id"])
            for value in _not_found(said):
                if value in unknown and unknown[value] not in ids:
                    outcomes[unknown[value]] = ACKNOWLEDGED
        return ids, outcomes

    def _archive(self, ids: Mapping[str, str]) -> dict[str, Outcome]:
        if ids:
            inputs = {"inputs": [{"id": contact} for contact in ids.values()]}
            self._taken(
                json_request("POST", f"{_CONTACTS}/batch/archive", inputs, needs_json=False)
            )
        return dict.fromkeys(ids, ACKNOWLEDGED)

    def _delete(self, contact: str) -> Outcome:
        """Delete for good; a contact that is not there is gone already."""
        asked = {"objectId": contact}
        answer = self._client.send(
            json_request("POST", f"{_CONTACTS}/gdpr-delete", asked, needs_json=False)
        )
        if answer.is_ok or answer.status == _NOT_FOUND:
            return ACKNOWLEDGED
        return rejected(code_of(answer.object().get("category"), f"http_{answer.status}"))

    def _taken(self, request: Request) -> Answer:
        answer = self._client.send(request)
        if not answer.is_ok:
            refuse_batch("hubspot", answer, answer.object().get("category"))
        return answer


def outcomes_of(rows: tuple[Row, ...], key: str, said: Mapping[str, Any]) -> dict[str, Outcome]:
    """Return what an answer to an upsert says of each row.

    Args:
        rows: what was sent.
        key: the property that identifies a contact.
        said: the answer's body: ``results``, and ``errors`` when it is a 207.
    """
    by_trace = {row.idempotency_key: row.key for row in rows}
    by_value = {_text(row.values[key]): row.key for row in rows}
    found: dict[str, Outcome] = {}
    contradicted: set[str] = set()
    for result in _dictionaries(said.get("results")):
        value = _dictionary(result.get("properties")).get(key)
        name = by_trace.get(str(result.get(_TRACE))) or by_value.get(str(value))
        if name is not None and result.get("id"):
            found[name] = Outcome("acknowledged", destination_id=str(result["id"]))
    for error in _dictionaries(said.get("errors")):
        context = _dictionary(error.get("context"))
        traces = _texts(context.get(_TRACE)) + _texts(context.get("ids")) + [str(error.get("id"))]
        names = {by_trace.get(one) or by_value.get(one) for one in traces} - {None}
        for name in names:
            if name in found and found[name].status == "acknowledged":
                contradicted.add(name)
            found[str(name)] = _refusal(error)
    told = {name: one for name, one in found.items() if name not in contradicted}
    return with_answers(rows, told)


def _refusal(error: Mapping[str, Any]) -> Outcome:
    code = code_of(error.get("category"), "rejected")
    if code in _TRANSIENT:
        return Outcome("retry", error_code=code, error_class="throttled")
    return rejected(code)


def _not_found(said: Mapping[str, Any]) -> list[str]:
    return [
        value
        for error in _dictionaries(said.get("errors"))
        if error.get("category") == "OBJECT_NOT_FOUND"
        for value in _texts(_dictionary(error.get("context")).get("ids"))
    ]


def _text(value: Any) -> str:  # noqa: ANN401 - any cell
    """HubSpot takes texts only; an empty one clears a property."""
    return to_text(value) or ""


def _dictionaries(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _dictionary(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
