"""Meta custom audiences: members by hash. Unverified: Meta publishes no contract that may be used.

A call is all or nothing but for entries that Meta cannot read, which it counts and does not name
(other than by samples of the hashes, which are not looked at): such a batch is refused, so that the
engine halves it. Adding and removing may be repeated. What Meta answers with 400 or 403 is often a
limit: its codes tell, not its status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse_cdp.activation.hashing import META
from warehouse_cdp.activation.protocol import Capabilities, Mode, Opening, Secret, Setting
from warehouse_cdp.destinations import limits
from warehouse_cdp.destinations.addresses import address_settings, problems_of_address
from warehouse_cdp.destinations.answers import refuse_batch
from warehouse_cdp.destinations.hashed_audiences import HashedAudience, Member, column_names
from warehouse_cdp.destinations.http import HttpClient, Request, Wire, json_request
from warehouse_cdp.destinations.limits import limit_rows
from warehouse_cdp.destinations.openings import require_columns
from warehouse_cdp.errors import (
    BatchRefusedError,
    DestinationUnauthorisedError,
    DestinationUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warehouse_cdp.activation.protocol import Batch, Outcome, Row
    from warehouse_cdp.destinations.http import Answer

_VENDOR_URL = "https://graph.facebook.com"
VERSION = "v25.0"
_FIELDS = {
    "email": "EMAIL", "phone": "PHONE", "first_name": "FN", "last_name": "LN",
    "first_initial": "FI", "city": "CT", "state": "ST", "zip": "ZIP", "country": "COUNTRY",
    "gender": "GEN", "birth_year": "DOBY", "birth_month": "DOBM", "birth_day": "DOBD",
    "mobile_advertiser_id": "MADID",
}  # fmt: skip
_FINDABLE = ("email", "phone")
# Limits of the app, the user, the account and the audience; an audience that is being changed.
_THROTTLES = frozenset({1, 2, 4, 17, 32, 341, 368, 613, 80000, 80003, 80004, 80014})
_BUSY_AUDIENCE = 1713230
_TOKEN_CODES = frozenset({10, 102, 190})
_PERMISSIONS = range(200, 300)


class MetaAudienceType:
    """Members of one custom audience."""

    name = "meta_audience"
    capabilities = Capabilities(
        modes=("audience",),
        on_leave=("remove_from_list", "keep"),
        on_withdrawal="remove_from_list",
        on_erasure="remove_from_list",
        batch_rows=limits.META.batch_rows,
        batch_bytes=limits.META.batch_bytes,
        concurrency=limits.META.concurrency,
        hash_rules_version=META,
        settings=(
            Setting("audience_id", "text", "Id of the custom audience.", is_required=True),
            *address_settings(_VENDOR_URL),
        ),
        secrets=(Secret("access_token", "META_ACCESS_TOKEN", "Token of a system user."),),
        limits=limit_rows(limits.META),
    )  # fmt: skip

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def problems(self, settings: Mapping[str, object], mode: Mode) -> Sequence[str]:  # noqa: ARG002
        """What is wrong with the id and the address."""
        found = problems_of_address(settings, _VENDOR_URL)
        if not str(settings.get("audience_id", "")).isdigit():
            found.append("audience_id must be digits")
        return found

    def open(self, opening: Opening) -> MetaAudience:
        """Check the columns.

        Raises:
            ConfigurationError: a column maps to what Meta does not match.
        """
        return MetaAudience(opening, self._wire)


class MetaAudience:
    """One custom audience."""

    def __init__(self, opening: Opening, wire: Wire) -> None:
        names = column_names(_FIELDS, _FINDABLE)
        findable = [name for name in names if name.startswith(_FINDABLE)]
        require_columns(opening, known=names, any_of=findable)
        self._id = str(opening.settings["audience_id"])
        headers = {"Authorization": f"Bearer {opening.secrets['access_token']}"}
        self._client = HttpClient(
            "meta",
            str(opening.settings["base_url"]),
            limits.META,
            headers=lambda: headers,
            is_throttled=_is_throttled,
            wire=wire,
        )
        self._audience = HashedAudience(
            META,
            _FIELDS,
            _FINDABLE,
            lambda members: self._send("POST", members),
            lambda members: self._send("DELETE", members),
            limits.META.batch_rows,
            opening.key,
        )

    @property
    def place(self) -> str:
        """The audience."""
        return f"Meta custom audience {self._id}"

    def identity(self) -> str:
        """The audience's id, once the token is known to reach it.

        Raises:
            DestinationUnauthorisedError: it does not.
        """
        answer = self._client.send(Request("GET", f"/{VERSION}/{self._id}?fields=id"))
        if str(answer.object().get("id")) != self._id:
            message = f"meta: the token does not reach audience {self._id}"
            raise DestinationUnauthorisedError(message)
        return f"meta:{self._id}"

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:
        """The hashes of address and number, and those before while an answer is out."""
        return self._audience.remembered_of(row)

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Carry out a batch, in one request, or two where hashes have changed.

        Raises:
            BatchRefusedError, DestinationUnauthorisedError, DestinationUnavailableError: as the
                protocol has it.
        """
        return self._audience.deliver(batch)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, method: str, members: Sequence[Member]) -> None:
        used = {name for member in members for name in member.identifiers}
        schema = [name for name in _FIELDS if name in used]
        data = [[member.identifiers.get(name, "") for name in schema] for member in members]
        payload = {"schema": [_FIELDS[name] for name in schema], "data": data}
        answer = self._client.send(
            json_request(method, f"/{VERSION}/{self._id}/users", {"payload": payload})
        )
        said = answer.object()
        if not answer.is_ok:
            _refuse(answer)
        if said.get("num_received") != len(members):
            message = "meta: does not say that it received what was sent; it is sent again"
            raise DestinationUnavailableError(message)
        if said.get("num_invalid_entries"):
            message = "meta: could not read some entries of a batch"
            raise BatchRefusedError(message, "invalid_entries")


def _error(answer: Answer) -> Mapping[str, Any]:
    error = answer.object().get("error")
    return error if isinstance(error, dict) else {}


def _is_throttled(answer: Answer) -> bool:
    error = _error(answer)
    return (
        error.get("code") in _THROTTLES
        or error.get("error_subcode") == _BUSY_AUDIENCE
        or error.get("is_transient") is True
    )


def _refuse(answer: Answer) -> None:
    code = _error(answer).get("code")
    if code in _TOKEN_CODES or (isinstance(code, int) and code in _PERMISSIONS):
        message = f"meta: refused the token ({code}); check its permission ads_management"
        raise DestinationUnauthorisedError(message)
    refuse_batch("meta", answer, f"code_{code}" if isinstance(code, int) else None)
