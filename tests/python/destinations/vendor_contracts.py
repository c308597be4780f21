"""Vendors' own machine-readable contracts, against which stubs check each request they get.

They lie beside the repository, not in it. Without them the stubs answer all the same, and the
tests that a contract is needed for skip.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from worlds import SHARED_DATA

if TYPE_CHECKING:
    from stub_server import Exchange, Reply

CONTRACTS = SHARED_DATA / "contracts"
needs_contracts = pytest.mark.skipif(
    not CONTRACTS.exists(),
    reason="the folder shared/ with the contracts is not beside this checkout",
)


class Contract:
    """One vendor's OpenAPI description."""

    def __init__(self, description: dict[str, Any], host: str) -> None:
        core = pytest.importorskip("openapi_core", reason="openapi-core is not installed")
        self._host = host
        # Whether the description itself is flawless is its maker's business.
        self._api = core.OpenAPI.from_dict(description, config=core.Config(spec_validator_cls=None))

    def problem(self, exchange: Exchange) -> str | None:
        """What is wrong with a request; None: nothing."""
        try:
            self._api.validate_request(self._request(exchange))
        except Exception as error:  # noqa: BLE001 - it raises a dozen kinds
            return _cause(error)
        return None

    def problem_of_reply(self, exchange: Exchange, reply: Reply) -> str | None:
        """What is wrong with a reply of the stub: a stub must not lie either."""
        from openapi_core.testing import MockResponse  # noqa: PLC0415 - only where it is installed

        kind = reply.headers.get("Content-Type", "application/json")
        response = MockResponse(reply.body, status_code=reply.status, content_type=kind)
        try:
            self._api.validate_response(self._request(exchange), response)
        except Exception as error:  # noqa: BLE001 - it raises a dozen kinds
            return _cause(error)
        return None

    def _request(self, exchange: Exchange) -> Any:  # noqa: ANN401 - openapi-core's
        from openapi_core.testing import MockRequest  # noqa: PLC0415 - only where it is installed

        return MockRequest(
            self._host,
            exchange.method.lower(),
            exchange.path,
            args=exchange.query,
            headers=dict(exchange.headers),
            data=exchange.body or None,
            content_type=exchange.headers.get("content-type", "application/json"),
        )


def _cause(error: BaseException) -> str:
    told = [str(error)]
    while error.__cause__ is not None:
        error = error.__cause__
        told.append(str(error))
    schema_errors = getattr(error, "schema_errors", ())
    told += [str(getattr(one, "message", one)) for one in schema_errors]
    return "; ".join(told)


@functools.cache
def contract_of(name: str, host: str) -> Contract | None:
    """The contract of a file in the folder; None where the folder is absent."""
    path = CONTRACTS / name
    if not path.exists():
        return None
    text = path.read_text()
    return Contract(json.loads(text) if path.suffix == ".json" else yaml.safe_load(text), host)
