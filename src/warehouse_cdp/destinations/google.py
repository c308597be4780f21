"""Google Data Manager: members of an audience of Google Ads or Display & Video 360.

The Data Manager API and not the Google Ads API: since 2026-04-01 the latter refuses Customer Match
from tokens that had not used it before. Requests are JSON of the messages in the package
``google-ads-datamanager``, against which tests check them.

Google takes a request as a whole and works on it later. A request that it accepted has passed its
checks of form, so by default that counts; with ``confirm: processed`` a batch counts when Google
says that it was processed, which takes minutes to hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse_cdp.activation.hashing import GOOGLE
from warehouse_cdp.activation.protocol import Capabilities, Mode, Opening, Secret, Setting
from warehouse_cdp.destinations import limits
from warehouse_cdp.destinations.addresses import address_settings, problems_of_address
from warehouse_cdp.destinations.answers import code_of, refuse_batch
from warehouse_cdp.destinations.extras import wanted
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

_VENDOR_URL = "https://datamanager.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/datamanager"
_FIELDS = {
    name: name
    for name in ("email", "phone", "given_name", "family_name", "region_code", "postal_code")
}
_FINDABLE = ("email", "phone")
_ADDRESS = {
    "given_name": "givenName", "family_name": "familyName",
    "region_code": "regionCode", "postal_code": "postalCode",
}  # fmt: skip
_CONSENTS = ("granted", "denied", "unspecified")
_FIRST_LOOK, _LONGEST_LOOK = 5.0, 300.0  # seconds between questions whether it is processed


class GoogleAudienceType:
    """Members of one audience."""

    name = "google_audience"
    capabilities = Capabilities(
        modes=("audience",),
        on_leave=("remove_from_list", "keep"),
        on_withdrawal="remove_from_list",
        on_erasure="remove_from_list",
        batch_rows=limits.GOOGLE_DATA_MANAGER.batch_rows,
        batch_bytes=limits.GOOGLE_DATA_MANAGER.batch_bytes,
        concurrency=limits.GOOGLE_DATA_MANAGER.concurrency,
        hash_rules_version=GOOGLE,
        verified_against="protobufs of google-ads-datamanager 0.9 (Apache-2.0)",
        settings=(
            Setting("audience_id", "text", "Id of the user list.", is_required=True),
            Setting("account_id", "text", "Account that owns it, digits.", is_required=True),
            Setting(
                "account_type", "choice", "Kind of both accounts.",
                ("GOOGLE_ADS", "DISPLAY_VIDEO_ADVERTISER", "DISPLAY_VIDEO_PARTNER"),
                default="GOOGLE_ADS",
            ),
            Setting("login_account_id", "text", "Manager account that we come through."),
            Setting(
                "ad_user_data", "choice", "The consent that is stated for every member.",
                _CONSENTS, default="granted",
            ),
            Setting(
                "ad_personalization", "choice", "The same for personalised advertising.",
                _CONSENTS, default="granted",
            ),
            Setting(
                "confirm", "choice", "When a batch counts: accepted, or processed.",
                ("accepted", "processed"), default="accepted",
            ),
            *address_settings(_VENDOR_URL),
        ),
        secrets=(
            Secret(
                "access_token", "GOOGLE_DATA_MANAGER_TOKEN",
                "An OAuth token; without it, Google's default credentials.", is_required=False,
            ),
        ),
        limits=limit_rows(limits.GOOGLE_DATA_MANAGER),
    )  # fmt: skip

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def problems(self, settings: Mapping[str, object], mode: Mode) -> Sequence[str]:  # noqa: ARG002
        """What is wrong with the ids and the address."""
        found = problems_of_address(settings, _VENDOR_URL)
        for name in ("audience_id", "account_id", "login_account_id"):
            value = settings.get(name)
            if value is not None and not str(value).isdigit():
                found.append(f"{name} must be digits, without hyphens")
        return found

    def open(self, opening: Opening) -> GoogleAudience:
        """Check the columns.

        Raises:
            ConfigurationError: a column maps to what Google does not match, or the package for
                Google's default credentials is missing.
        """
        return GoogleAudience(opening, self._wire)


class GoogleAudience:
    """One audience."""

    def __init__(self, opening: Opening, wire: Wire) -> None:
        names = column_names(_FIELDS, _FINDABLE)
        findable = [name for name in names if name.startswith(_FINDABLE)]
        require_columns(opening, known=names, any_of=findable)
        self._settings = opening.settings
        self._timing = wire.timing
        token = opening.secrets.get("access_token")
        self._credentials = None if token else _default_credentials()
        self._token = token or ""
        self._client = HttpClient(
            "google",
            str(opening.settings["base_url"]),
            limits.GOOGLE_DATA_MANAGER,
            headers=lambda: {"Authorization": f"Bearer {self._token}"},
            renew=self._renew if self._credentials is not None else None,
            wire=wire,
        )
        self._audience = HashedAudience(
            GOOGLE,
            _FIELDS,
            _FINDABLE,
            self._add,
            self._remove,
            limits.GOOGLE_DATA_MANAGER.batch_rows,
            opening.key,
        )

    @property
    def place(self) -> str:
        """The audience and its account."""
        return f"Google audience {self._settings['audience_id']}"

    def identity(self) -> str:
        """Account and audience as declared: an audience is of one account only."""
        return f"google:{self._settings['account_id']}:{self._settings['audience_id']}"

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

    def _add(self, members: Sequence[Member]) -> None:
        consents = {
            name: f"CONSENT_{str(self._settings[setting]).upper()}"
            for name, setting in (
                ("adUserData", "ad_user_data"),
                ("adPersonalization", "ad_personalization"),
            )
            if self._settings[setting] != "unspecified"
        }
        terms = {"customerMatchTermsOfServiceStatus": "ACCEPTED"}
        self._send("ingest", members, {"consent": consents, "termsOfService": terms})

    def _remove(self, members: Sequence[Member]) -> None:
        self._send("remove", members, {})

    def _send(self, verb: str, members: Sequence[Member], more: Mapping[str, Any]) -> None:
        payload = {
            "destinations": [self._destination()],
            "audienceMembers": [{"userData": _user_data(member)} for member in members],
            "encoding": "HEX",
            **more,
        }
        answer = self._authorised(json_request("POST", f"/v1/audienceMembers:{verb}", payload))
        if not answer.is_ok:
            refuse_batch("google", answer, _status(answer.object()))
        request_id = answer.object().get("requestId")
        if not request_id:
            message = "google: took a request without saying so; it is sent again"
            raise DestinationUnavailableError(message)
        if self._settings.get("confirm") == "processed":
            self._await(str(request_id))

    def _authorised(self, request: Request) -> Any:  # noqa: ANN401 - an Answer
        if not self._token:
            self._renew()
        return self._client.send(request)

    def _await(self, request_id: str) -> None:
        """Ask until the request was processed.

        Raises:
            BatchRefusedError: some of it failed; which rows, Google does not say.
            DestinationUnavailableError: it takes longer than an hour.
        """
        wait, until = _FIRST_LOOK, self._timing.monotonic() + 3600.0
        while True:
            path = f"/v1/requestStatus:retrieve?requestId={request_id}"
            answer = self._authorised(Request("GET", path))
            statuses = answer.object().get("requestStatusPerDestination")
            first = statuses[0] if isinstance(statuses, list) and statuses else {}
            status = first.get("requestStatus")
            if status == "SUCCESS":
                return
            if status in ("FAILED", "PARTIAL_SUCCESS"):
                counts = first.get("errorInfo", {}).get("errorCounts") or [{}]
                message = "google: could not process a batch"
                raise BatchRefusedError(message, code_of(counts[0].get("reason"), status))
            if self._timing.monotonic() > until:
                message = "google: has not processed a batch within an hour; it is sent again"
                raise DestinationUnavailableError(message)
            self._timing.sleep(wait)
            wait = min(wait * 2, _LONGEST_LOOK)

    def _destination(self) -> dict[str, Any]:
        kind = self._settings["account_type"]
        account = {"accountType": kind, "accountId": str(self._settings["account_id"])}
        found: dict[str, Any] = {
            "operatingAccount": account,
            "productDestinationId": str(self._settings["audience_id"]),
        }
        if self._settings.get("login_account_id"):
            login = str(self._settings["login_account_id"])
            found["loginAccount"] = {"accountType": kind, "accountId": login}
        return found

    def _renew(self) -> None:
        """Get a token with Google's default credentials.

        Raises:
            DestinationUnauthorisedError: they are not accepted.
        """
        errors = wanted("google.auth.exceptions", "google", "the destination google_audience")
        transport = wanted(
            "google.auth.transport.requests", "google", "the destination google_audience"
        )
        credentials: Any = self._credentials
        try:
            credentials.refresh(transport.Request())
        except errors.GoogleAuthError:
            self._token = ""
        else:
            self._token = str(credentials.token)
        if not self._token:
            message = "google: does not accept the default credentials; nothing was sent"
            raise DestinationUnauthorisedError(message)


def _user_data(member: Member) -> dict[str, Any]:
    """A member as Google has it; names and place count only together."""
    found = member.identifiers
    identifiers: list[dict[str, Any]] = []
    if "email" in found:
        identifiers.append({"emailAddress": found["email"]})
    if "phone" in found:
        identifiers.append({"phoneNumber": found["phone"]})
    if set(_ADDRESS) <= set(found):
        address = {theirs: found[ours] for ours, theirs in _ADDRESS.items()}
        identifiers.append({"address": address})
    return {"userIdentifiers": identifiers}


def _status(said: Mapping[str, Any]) -> object:
    error = said.get("error")
    return error.get("status") if isinstance(error, dict) else None


def _default_credentials() -> Any:  # noqa: ANN401 - google.auth's
    auth = wanted("google.auth", "google", "the destination google_audience without a token")
    errors = wanted("google.auth.exceptions", "google", "the destination google_audience")
    try:
        credentials, _ = auth.default(scopes=[_SCOPE])
    except errors.GoogleAuthError:
        credentials = None
    if credentials is None:
        message = (
            "google: there are no default credentials here; set GOOGLE_APPLICATION_CREDENTIALS to "
            "the file of a service account, or GOOGLE_DATA_MANAGER_TOKEN to a token"
        )
        raise DestinationUnauthorisedError(message)
    return credentials
