"""Klaviyo: profiles, and who is on a list.

A profile is found by ``external_id``, the key, and by Klaviyo's own id once that is known: then a
changed address changes the profile and makes no second one. ``null`` clears a field, what is not
mapped stays.

A list is joined through ``/lists/{id}/relationships/profiles``, which touches nobody's consent.
The endpoint that subscribes is never used: it takes away that a person unsubscribed, complained
or was suppressed, and may send a mail that asks to confirm.
"""

from __future__ import annotations

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
from warehouse_cdp.destinations import limits
from warehouse_cdp.destinations.addresses import address_settings, problems_of_address
from warehouse_cdp.destinations.answers import code_of, one_by_one, refuse_batch, rejected
from warehouse_cdp.destinations.http import HttpClient, Request, Wire, json_request
from warehouse_cdp.destinations.limits import limit_rows
from warehouse_cdp.destinations.openings import require_columns, single_key
from warehouse_cdp.destinations.tables import json_value
from warehouse_cdp.errors import (
    BatchRefusedError,
    ConfigurationError,
    DestinationUnauthorisedError,
    DestinationUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from warehouse_cdp.activation.protocol import Batch, Row, Value
    from warehouse_cdp.destinations.http import Answer
    from warehouse_cdp.destinations.limits import Limits

_VENDOR_URL = "https://a.klaviyo.com"
REVISION = "2026-07-15"
_CONTRACT = f"github.com/klaviyo/openapi, revision {REVISION} (MIT)"
_JSON_API = {"Content-Type": "application/vnd.api+json"}
_NOT_FOUND = 404
_KEY = "external_id"
_FIELDS = (
    "email", "phone_number", "first_name", "last_name", "organization", "locale", "title", "image",
)  # fmt: skip
_PLACES = ("address1", "address2", "city", "country", "region", "zip", "timezone")
_SETTINGS = (
    *address_settings(_VENDOR_URL),
)  # fmt: skip
_SECRETS = (Secret("api_key", "KLAVIYO_API_KEY", "Private API key."),)


class KlaviyoProfilesType:
    """Profiles of a Klaviyo account."""

    name = "klaviyo_profiles"
    capabilities = Capabilities(
        modes=("upsert", "mirror"),
        on_leave=("keep", "clear_fields", "delete"),
        on_withdrawal="delete",
        on_erasure="delete",
        batch_rows=100,
        batch_bytes=limits.KLAVIYO_PROFILES.batch_bytes * 100,
        concurrency=limits.KLAVIYO_PROFILES.concurrency,
        verified_against=f"{_CONTRACT}; but the question which account this is stands in none",
        settings=_SETTINGS,
        secrets=_SECRETS,
        limits=limit_rows(limits.KLAVIYO_PROFILES) + limit_rows(limits.KLAVIYO_DELETIONS),
    )

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def problems(self, settings: Mapping[str, object], mode: Mode) -> Sequence[str]:  # noqa: ARG002
        """What is wrong with the address."""
        return problems_of_address(settings, _VENDOR_URL)

    def open(self, opening: Opening) -> KlaviyoProfiles:
        """Check the columns.

        Raises:
            ConfigurationError: the key is not ``external_id``, or a column is none of Klaviyo's.
        """
        return KlaviyoProfiles(opening, self._wire)


class KlaviyoListType:
    """Who is on one list of a Klaviyo account."""

    name = "klaviyo_list"
    capabilities = Capabilities(
        modes=("audience",),
        on_leave=("remove_from_list", "keep", "delete"),
        on_withdrawal="remove_from_list",
        on_erasure="delete",
        batch_rows=200,
        batch_bytes=limits.KLAVIYO_LISTS.batch_bytes,
        concurrency=limits.KLAVIYO_LISTS.concurrency,
        verified_against=_CONTRACT,
        settings=(Setting("list_id", "text", "Id of the list.", is_required=True), *_SETTINGS),
        secrets=_SECRETS,
        limits=limit_rows(limits.KLAVIYO_LISTS) + limit_rows(limits.KLAVIYO_PROFILES),
    )

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def problems(self, settings: Mapping[str, object], mode: Mode) -> Sequence[str]:  # noqa: ARG002
        """What is wrong with the address and the list's id."""
        found = problems_of_address(settings, _VENDOR_URL)
        if not str(settings.get("list_id", "")).isalnum():
            found.append("list_id must be the id of a list, letters and digits")
        return found

    def open(self, opening: Opening) -> KlaviyoList:
        """Check the columns.

        Raises:
            ConfigurationError: the key is not ``external_id``, or a column is none of Klaviyo's.
        """
        return KlaviyoList(opening, self._wire)


class _Account:
    """Calls of one account: profiles are written and found alike for both destinations."""

    def __init__(self, opening: Opening, wire: Wire) -> None:
        if single_key(opening, "klaviyo") != _KEY:
            message = f"{opening.sync_name}: the key must be mapped to {_KEY}"
            raise ConfigurationError(message)
        plain = [name for name in opening.columns if not name.startswith("properties.")]
        places = [f"location.{name}" for name in _PLACES]
        if unknown := sorted(set(plain) - {_KEY, *_FIELDS, *places}):
            message = (
                f"{opening.sync_name}: Klaviyo has no {', '.join(unknown)}; columns may map to "
                f"{', '.join((*_FIELDS, *places))} and properties.<name>"
            )
            raise ConfigurationError(message)
        require_columns(opening, any_of=("email", "phone_number"))
        self._columns = opening.columns
        self._base = str(opening.settings["base_url"])
        self._authorisation = {
            "Authorization": f"Klaviyo-API-Key {opening.secrets['api_key']}",
            "revision": REVISION,
            "Accept": "application/vnd.api+json",
        }
        self._wire = wire
        self._profiles = self._client(limits.KLAVIYO_PROFILES)
        self._deletions = self._client(limits.KLAVIYO_DELETIONS)

    def _client(self, bounds: Limits) -> HttpClient:
        return HttpClient(
            "klaviyo", self._base, bounds, headers=lambda: self._authorisation, wire=self._wire
        )

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:  # noqa: ARG002 - the protocol's
        """Nothing: Klaviyo's own id, or the key, finds a profile."""
        return None

    def close(self) -> None:
        """Close the connections."""
        self._profiles.close()
        self._deletions.close()

    def _import(self, row: Row, values: Mapping[str, Value]) -> Outcome:
        """Write one profile; one that was deleted at Klaviyo is made anew."""
        answer = self._sent(row, values, row.destination_id)
        if answer.status == _NOT_FOUND and row.destination_id is not None:
            answer = self._sent(row, values, None)
        if not answer.is_ok:
            if answer.status == _NOT_FOUND:
                refuse_batch("klaviyo", answer)
            return rejected(_code(answer))
        profile = answer.object().get("data")
        found = profile.get("id") if isinstance(profile, dict) else None
        if not found:
            return Outcome("retry", error_code="no_id", error_class="no_answer")
        return Outcome("acknowledged", destination_id=str(found))

    def _sent(self, row: Row, values: Mapping[str, Value], profile: str | None) -> Answer:
        data = {"type": "profile", "attributes": attributes_of({**values, _KEY: row.values[_KEY]})}
        if profile is not None:
            data["id"] = profile
        return self._profiles.send(
            json_request("POST", "/api/profile-import", {"data": data}, headers=_JSON_API)
        )

    def _id_of(self, row: Row) -> str | None:
        """Klaviyo's id of a row; None where it has no such profile."""
        if row.destination_id is not None:
            return row.destination_id
        key = str(row.values[_KEY]).replace("\\", "\\\\").replace('"', '\\"')
        answer = self._profiles.send(
            Request("GET", f'/api/profiles?filter=equals({_KEY},"{key}")&fields[profile]={_KEY}')
        )
        found = answer.object().get("data")
        if not answer.is_ok or not isinstance(found, list):
            refuse_batch("klaviyo", answer, _code(answer))
            return None
        same = [one for one in found if one.get("attributes", {}).get(_KEY) == row.values[_KEY]]
        return str(same[0]["id"]) if same else None

    def _delete(self, row: Row) -> Outcome:
        """Ask for the deletion of a profile and all that Klaviyo knows of the person."""
        profile = self._id_of(row)
        if profile is None:
            return ACKNOWLEDGED
        person = {"data": {"type": "profile", "id": profile, "attributes": {}}}
        asked = {"type": "data-privacy-deletion-job", "attributes": {"profile": person}}
        answer = self._deletions.send(
            json_request(
                "POST", "/api/data-privacy-deletion-jobs", {"data": asked},
                headers=_JSON_API, needs_json=False,
            )
        )  # fmt: skip
        if answer.is_ok or answer.status == _NOT_FOUND:
            return ACKNOWLEDGED
        return rejected(_code(answer))


class KlaviyoProfiles(_Account):
    """The profiles of one account."""

    @property
    def place(self) -> str:
        """The object."""
        return "Klaviyo profiles"

    def identity(self) -> str:
        """The account's id.

        Raises:
            DestinationUnauthorisedError: the key is not accepted.
            DestinationUnavailableError: no answer, or one without an id.
        """
        answer = self._profiles.send(Request("GET", "/api/accounts"))
        accounts = answer.object().get("data")
        if not isinstance(accounts, list) or not accounts or not accounts[0].get("id"):
            message = f"klaviyo: does not say which account this is (http_{answer.status})"
            raise DestinationUnavailableError(message)
        return f"klaviyo:{accounts[0]['id']}:profiles"

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Carry out a batch, one request a row.

        Raises:
            DestinationUnauthorisedError, DestinationUnavailableError: as the protocol has it.
        """
        on_leave = batch.rows[0].on_leave if batch.lane == "remove" else None
        if on_leave == "keep":
            return {row.key: ACKNOWLEDGED for row in batch.rows}
        if on_leave == "delete":
            return one_by_one(batch.rows, self._delete)
        if on_leave == "clear_fields":
            empty: dict[str, Value] = dict.fromkeys(self._columns)
            return one_by_one(batch.rows, lambda row: self._import(row, empty))
        return one_by_one(batch.rows, lambda row: self._import(row, row.values))


class KlaviyoList(_Account):
    """One list of one account."""

    def __init__(self, opening: Opening, wire: Wire) -> None:
        super().__init__(opening, wire)
        self._list = str(opening.settings["list_id"])
        self._lists = self._client(limits.KLAVIYO_LISTS)

    @property
    def place(self) -> str:
        """The list."""
        return f"Klaviyo list {self._list}"

    def identity(self) -> str:
        """The list's id, once it is known to be there.

        Raises:
            DestinationUnauthorisedError: the key is not accepted, or there is no such list.
        """
        self._require_list()
        return f"klaviyo:list:{self._list}"

    def close(self) -> None:
        """Close the connections."""
        super().close()
        self._lists.close()

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Carry out a batch: profiles one by one, their places on the list in one request.

        Raises:
            BatchRefusedError, DestinationUnauthorisedError, DestinationUnavailableError: as the
                protocol has it.
        """
        if batch.lane == "write":
            return self._join(batch.rows)
        on_leave = batch.rows[0].on_leave
        if on_leave == "keep":
            return {row.key: ACKNOWLEDGED for row in batch.rows}
        if on_leave == "delete":
            return one_by_one(batch.rows, self._delete)
        return self._leave(batch.rows)

    def _join(self, rows: tuple[Row, ...]) -> Mapping[str, Outcome]:
        written = one_by_one(rows, lambda row: self._import(row, row.values))
        ids = [one.destination_id for one in written.values() if one.destination_id is not None]
        if ids and not self._related("POST", ids):
            if len(rows) > 1:
                message = "klaviyo: knows one of the profiles no more"
                raise BatchRefusedError(message, "profile_not_found")
            return {rows[0].key: rejected("profile_not_found", "gone")}
        return written

    def _leave(self, rows: tuple[Row, ...]) -> Mapping[str, Outcome]:
        found = {row.key: self._id_of(row) for row in rows}
        ids = [one for one in found.values() if one is not None]
        # A profile that is gone is on no list; it must not keep the others there.
        if ids and not self._related("DELETE", ids) and len(rows) > 1:
            message = "klaviyo: knows one of the profiles no more"
            raise BatchRefusedError(message, "profile_not_found")
        return {row.key: ACKNOWLEDGED for row in rows}

    def _related(self, method: str, ids: Iterable[str]) -> bool:
        """Add profiles to the list or take them off it; False where one of them is not there."""
        data = [{"type": "profile", "id": one} for one in dict.fromkeys(ids)]
        path = f"/api/lists/{self._list}/relationships/profiles"
        answer = self._lists.send(
            json_request(method, path, {"data": data}, headers=_JSON_API, needs_json=False)
        )
        if answer.status == _NOT_FOUND:
            self._require_list()
            return False
        if not answer.is_ok:
            refuse_batch("klaviyo", answer, _code(answer))
        return True

    def _require_list(self) -> None:
        answer = self._lists.send(Request("GET", f"/api/lists/{self._list}"))
        if not answer.is_ok:
            message = f"klaviyo: there is no list {self._list} in this account"
            raise DestinationUnauthorisedError(message)


def attributes_of(values: Mapping[str, Value]) -> dict[str, Any]:
    """Return values under dotted names as Klaviyo's nested attributes; None clears."""
    attributes: dict[str, Any] = {}
    for name, value in values.items():
        group, dot, inner = name.partition(".")
        if dot:
            attributes.setdefault(group, {})[inner] = json_value(value)
        elif name in (_KEY, *_FIELDS):
            attributes[name] = None if value is None else str(value)
    return attributes


def _code(answer: Answer) -> str:
    errors = answer.object().get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    code = first.get("code") if isinstance(first, dict) else None
    return code_of(code, f"http_{answer.status}")
