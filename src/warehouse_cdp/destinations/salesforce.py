"""Salesforce records through the Bulk API 2.0. Unverified: Salesforce publishes no contract of it.

Rows are upserted by an external id of your own. Each row's result is read back: taken, refused
with a code, or not worked on, which is sent again. In a table an empty cell changes nothing, so
null is written as ``#N/A``, which clears.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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
from warehouse_cdp.destinations.addresses import PRIVATE_NETWORK, problems_of_address
from warehouse_cdp.destinations.answers import code_of, rejected, with_answers
from warehouse_cdp.destinations.http import Wire
from warehouse_cdp.destinations.limits import limit_rows
from warehouse_cdp.destinations.openings import single_key
from warehouse_cdp.destinations.salesforce_jobs import SalesforceOrg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from warehouse_cdp.activation.protocol import Batch, Row, Value

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CLEARS = "#N/A"
_LOCKED = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT"})
_DELETED = "ENTITY_IS_DELETED"


class SalesforceType:
    """Records of one object of an org."""

    name = "salesforce"
    capabilities = Capabilities(
        modes=("upsert", "mirror"),
        on_leave=("keep", "clear_fields", "delete"),
        on_withdrawal="delete",
        on_erasure="delete",
        batch_rows=limits.SALESFORCE.batch_rows,
        batch_bytes=limits.SALESFORCE.batch_bytes,
        concurrency=limits.SALESFORCE.concurrency,
        settings=(
            Setting(
                "instance_url", "text", "https://YOURS.my.salesforce.com.", is_required=True
            ),
            Setting("object", "text", "API name of the object.", default="Contact"),
            Setting("api_version", "text", "Version of the API.", default="v64.0"),
            PRIVATE_NETWORK,
        ),
        secrets=(
            Secret("client_id", "SALESFORCE_CLIENT_ID", "Of a connected app."),
            Secret("client_secret", "SALESFORCE_CLIENT_SECRET", "Of the same app."),
        ),
        limits=limit_rows(limits.SALESFORCE),
    )  # fmt: skip

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire or Wire()

    def problems(self, settings: Mapping[str, object], mode: Mode) -> Sequence[str]:  # noqa: ARG002
        """What is wrong with the address and the names."""
        found = problems_of_address(settings, "", "instance_url")
        if not _NAME.fullmatch(str(settings.get("object", "Contact"))):
            found.append("object must be the API name of an object, such as Contact")
        if not re.fullmatch(r"v[0-9]+\.0", str(settings.get("api_version", "v64.0"))):
            found.append("api_version must read like v64.0")
        return found

    def open(self, opening: Opening) -> Salesforce:
        """Open it; nothing is sent.

        Raises:
            ConfigurationError: the key has several columns.
        """
        return Salesforce(opening, self._wire)


class Salesforce:
    """The records of one object."""

    def __init__(self, opening: Opening, wire: Wire) -> None:
        self._key = single_key(opening, "salesforce")
        self._columns = opening.columns
        self._object = str(opening.settings["object"])
        self._host = str(opening.settings["instance_url"]).partition("://")[2]
        self._org = SalesforceOrg(
            str(opening.settings["instance_url"]),
            str(opening.settings["api_version"]),
            (opening.secrets["client_id"], opening.secrets["client_secret"]),
            wire,
        )

    @property
    def place(self) -> str:
        """The object and the org's address."""
        return f"Salesforce {self._object} at {self._host}"

    def identity(self) -> str:
        """The org's id and the object.

        Raises:
            DestinationUnauthorisedError, DestinationUnavailableError: no sign-in.
        """
        return f"salesforce:{self._org.org_id() or self._host}:{self._object}"

    def remembered_of(self, row: Row) -> Mapping[str, str] | None:  # noqa: ARG002 - the protocol's
        """Nothing: Salesforce's own id, or the key, finds a record."""
        return None

    def deliver(self, batch: Batch) -> Mapping[str, Outcome]:
        """Carry out a batch as one job.

        Raises:
            DestinationUnauthorisedError, DestinationUnavailableError: as the protocol has it.
        """
        on_leave = batch.rows[0].on_leave if batch.lane == "remove" else None
        if on_leave == "keep":
            return {row.key: ACKNOWLEDGED for row in batch.rows}
        if on_leave == "delete":
            return self._delete(batch.rows)
        if on_leave == "clear_fields":
            return self._upsert(batch.rows, lambda _row: {})
        return self._upsert(batch.rows, lambda row: row.values)

    def close(self) -> None:
        """Close the connections."""
        self._org.close()

    def _upsert(
        self, rows: tuple[Row, ...], values_of: Callable[[Row], Mapping[str, Value]]
    ) -> dict[str, Outcome]:
        others = [name for name in self._columns if name != self._key]
        names, lines, outcomes = {}, [], {}
        for row in rows:
            value = to_text(row.values[self._key]) or ""
            values = values_of(row)
            line = [value, *(to_text(values.get(name)) or _CLEARS for name in others)]
            if any("\ud800" <= one <= "\udfff" for cell in line for one in cell):
                outcomes[row.key] = rejected("not_text")
                continue
            names[value] = row.key
            lines.append(line)
        if lines:
            job = {
                "object": self._object,
                "operation": "upsert",
                "externalIdFieldName": self._key,
            }
            results = self._org.run(job, [self._key, *others], lines)
            outcomes |= outcomes_of(names, self._key, results)
        return with_answers(rows, outcomes)

    def _delete(self, rows: tuple[Row, ...]) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        ids: dict[str, str] = {}
        for row in rows:
            value = to_text(row.values[self._key]) or ""
            found = row.destination_id or self._org.id_of(self._object, self._key, value)
            if found is None:
                outcomes[row.key] = ACKNOWLEDGED
            else:
                ids[found] = row.key
        if ids:
            job = {"object": self._object, "operation": "delete"}
            results = self._org.run(job, ["Id"], [[one] for one in ids])
            outcomes |= outcomes_of(ids, "Id", results)
        return with_answers(rows, outcomes)


def outcomes_of(
    names: Mapping[str, str], field: str, results: Mapping[str, Sequence[Mapping[str, str]]]
) -> dict[str, Outcome]:
    """Return what a job's results say of each row.

    Args:
        names: the row's key by the value that was sent in ``field``.
        field: the column of the results that tells rows apart.
        results: rows of ``salesforce_jobs.RESULTS`` by table.
    """
    found: dict[str, Outcome] = {}
    for row in results.get("successfulResults", ()):
        name = names.get(row.get(field) or row.get("sf__Id") or "")
        if name is not None:
            found[name] = Outcome("acknowledged", destination_id=row.get("sf__Id") or None)
    for row in results.get("failedResults", ()):
        name = names.get(row.get(field) or row.get("sf__Id") or "")
        if name is not None:
            found[name] = _refusal(row.get("sf__Error") or "")
    for row in results.get("unprocessedrecords", ()):
        name = names.get(row.get(field) or "")
        if name is not None:
            found[name] = Outcome("retry", error_code="unprocessed", error_class="no_answer")
    return found


def _refusal(error: str) -> Outcome:
    """What ``CODE:message:fields --`` means; the message may hold a value and goes nowhere."""
    code = code_of(error.partition(":")[0], "rejected")
    if code == _DELETED:
        return ACKNOWLEDGED
    if code in _LOCKED:
        return Outcome("retry", error_code=code, error_class="locked")
    return rejected(code)
