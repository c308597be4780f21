"""Jobs of Salesforce's Bulk API 2.0: a table goes up, three tables of results come back."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from warehouse_cdp.destinations.answers import code_of
from warehouse_cdp.destinations.http import HttpClient, Request, Wire, json_request
from warehouse_cdp.destinations.limits import SALESFORCE
from warehouse_cdp.errors import DestinationUnauthorisedError, DestinationUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from warehouse_cdp.destinations.http import Answer

RESULTS = ("successfulResults", "failedResults", "unprocessedrecords")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_TABLE = {"Content-Type": "text/csv; charset=UTF-8"}
_WORKING = frozenset({"UploadComplete", "InProgress"})
_ENDED = frozenset({"JobComplete", "Failed", "Aborted"})
_THROTTLES = frozenset(
    {"REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "TXN_SECURITY_METERING_ERROR", "ExceededQuota"}
)
_NOT_FOUND = 404
# A job cannot be uploaded twice: after an answer that got lost it is given up for a new one.
_JOBS_A_BATCH = 3
_FIRST_LOOK, _LONGEST_LOOK, _PATIENCE = 2.0, 30.0, 3600.0  # seconds


class SalesforceOrg:
    """One org, signed in to with the credentials of a connected app.

    Args:
        instance: ``https://….my.salesforce.com``.
        version: of the API, such as ``v64.0``.
        client: id and secret of the app.
        wire: patience and time.
    """

    def __init__(self, instance: str, version: str, client: tuple[str, str], wire: Wire) -> None:
        self._base = f"/services/data/{version}"
        self._secrets = client
        self._timing = wire.timing
        self._token = ""
        self._org = ""
        self._door = HttpClient("salesforce", instance, SALESFORCE, wire=wire)
        self._client = HttpClient(
            "salesforce",
            instance,
            SALESFORCE,
            headers=lambda: {"Authorization": f"Bearer {self._token}"},
            renew=self._sign_in,
            is_throttled=lambda answer: error_code(answer) in _THROTTLES,
            wire=wire,
        )

    def org_id(self) -> str:
        """The org's id, as its own sign-in says.

        Raises:
            DestinationUnauthorisedError, DestinationUnavailableError: no sign-in.
        """
        if not self._token:
            self._sign_in()
        return self._org

    def close(self) -> None:
        """Close the connections."""
        self._door.close()
        self._client.close()

    def id_of(self, kind: str, field: str, value: str) -> str | None:
        """Salesforce's id of the record with an external id; None where there is none.

        Raises:
            DestinationUnauthorisedError: there is no such object or field, or no access.
            DestinationUnavailableError: no answer.
        """
        place = f"{self._base}/sobjects/{kind}/{field}/{quote(value, safe='')}?fields=Id"
        answer = self._send(Request("GET", place))
        if answer.status == _NOT_FOUND:
            return None
        found = answer.object().get("Id")
        if not answer.is_ok or not found:
            raise self._refusal(answer, "does not find records by that external id")
        return str(found)

    def run(
        self, job: dict[str, str], columns: Sequence[str], rows: Sequence[Sequence[str]]
    ) -> dict[str, list[dict[str, str]]]:
        """Carry out a job; return its rows by the table of results in which they stand.

        Raises:
            DestinationUnauthorisedError: the job as such is refused: object, field or column.
            DestinationUnavailableError: no answer, or no end within an hour.
        """
        table = _table(columns, rows)
        for _ in range(_JOBS_A_BATCH):
            name = self._made(job)
            if self._uploaded(name, table) and self._closed(name):
                state = self._awaited(name)
                results = {kind: list(self._results(name, kind)) for kind in RESULTS}
                if state != "JobComplete" and not any(results.values()):
                    message = (
                        f"salesforce: a job ended as {state} before any row; check object, "
                        "external id and columns. Nothing was applied"
                    )
                    raise DestinationUnauthorisedError(message)
                return results
        message = "salesforce: could not hand over a batch; it is sent again"
        raise DestinationUnavailableError(message)

    def _made(self, job: dict[str, str]) -> str:
        said = {"contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA", **job}
        answer = self._send(json_request("POST", f"{self._base}/jobs/ingest", said))
        name = answer.object().get("id")
        if not answer.is_ok or not name:
            raise self._refusal(answer, "refuses the job; check object and external id")
        return str(name)

    def _uploaded(self, name: str, table: bytes) -> bool:
        place = f"{self._base}/jobs/ingest/{name}/batches"
        return self._send(Request("PUT", place, table, _TABLE, needs_json=False)).is_ok

    def _closed(self, name: str) -> bool:
        """Say that all is uploaded; True as well where that was heard already."""
        place = f"{self._base}/jobs/ingest/{name}"
        if self._send(json_request("PATCH", place, {"state": "UploadComplete"})).is_ok:
            return True
        return self._state(name) in _WORKING | _ENDED

    def _state(self, name: str) -> str:
        answer = self._send(Request("GET", f"{self._base}/jobs/ingest/{name}"))
        return str(answer.object().get("state"))

    def _awaited(self, name: str) -> str:
        wait, until = _FIRST_LOOK, self._timing.monotonic() + _PATIENCE
        while (state := self._state(name)) not in _ENDED:
            if self._timing.monotonic() > until:
                message = "salesforce: a job has not ended within an hour; its rows are sent again"
                raise DestinationUnavailableError(message)
            self._timing.sleep(wait)
            wait = min(wait * 2, _LONGEST_LOOK)
        return state

    def _results(self, name: str, kind: str) -> Iterator[dict[str, str]]:
        place, locator = f"{self._base}/jobs/ingest/{name}/{kind}/", ""
        while True:
            query = f"?{urlencode({'locator': locator})}" if locator else ""
            answer = self._send(Request("GET", f"{place}{query}", needs_json=False))
            if not answer.is_ok:
                message = f"salesforce: does not tell the results of a job (http_{answer.status})"
                raise DestinationUnavailableError(message)
            text = answer.body.decode("utf-8", "replace")
            yield from csv.DictReader(io.StringIO(text, newline=""))
            locator = answer.headers.get("Sforce-Locator", "null")
            if locator in ("", "null"):
                return

    def _send(self, request: Request) -> Answer:
        if not self._token:
            self._sign_in()
        return self._client.send(request)

    def _sign_in(self) -> None:
        client_id, client_secret = self._secrets
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        answer = self._door.send(
            Request("POST", "/services/oauth2/token", urlencode(form).encode(), _FORM)
        )
        token = answer.object().get("access_token")
        if not answer.is_ok or not token:
            raise self._refusal(answer, "refuses the connected app's id and secret")
        self._token = str(token)
        self._org = str(answer.object().get("id", "")).rstrip("/").rpartition("/id/")[2]
        self._org = self._org.partition("/")[0]

    def _refusal(self, answer: Answer, what: str) -> DestinationUnauthorisedError:
        code = error_code(answer) or f"http_{answer.status}"
        return DestinationUnauthorisedError(f"salesforce: {what} ({code}). Nothing was applied")


def error_code(answer: Answer) -> str:
    """The code of an error as Salesforce words it: a list with a code, or OAuth's own form."""
    if answer.is_ok:
        return ""
    try:
        said: Any = json.loads(answer.body)
    except ValueError:
        return ""
    first = said[0] if isinstance(said, list) and said else said
    if not isinstance(first, dict):
        return ""
    return code_of(first.get("errorCode") or first.get("error"), "")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    handle = io.StringIO(newline="")
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return handle.getvalue().encode()
