"""The webhook: Standard Webhooks' own vector, ids that do not change, no inner network."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance import Engine
from http_kits import WebhookKit
from stub_webhook import SECRET
from warehouse_cdp.destinations.webhook import WebhookType, signature
from warehouse_cdp.errors import ConfigurationError, DestinationUnauthorisedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[WebhookKit]:
    made = WebhookKit(tmp_path)
    yield made
    made.close()


def test_a_signature_is_that_of_the_specifications_vector() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(
        secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_repeated_batch_has_the_id_and_body_it_had_and_a_new_time(kit: WebhookKit) -> None:
    engine = Engine(kit, kit.open())
    engine.write("a", "b")
    kit.time.now += 100
    engine.known.clear()
    engine.write("a", "b")
    engine.write("a", version=2)
    engine.destination.close()
    first, second, third = kit.server.exchanges
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["idempotency-key"] == first.headers["webhook-id"]
    assert first.body == second.body
    assert int(second.headers["webhook-timestamp"]) == int(first.headers["webhook-timestamp"]) + 100
    assert third.headers["webhook-id"] != first.headers["webhook-id"]
    assert kit.stub.applied == 3


def test_a_retry_is_signed_for_its_own_moment(kit: WebhookKit) -> None:
    kit.server.plan.append("throttled_for_a_day")
    engine = Engine(kit, kit.open())
    engine.write("a")
    engine.destination.close()
    first, second = (int(one.headers["webhook-timestamp"]) for one in kit.server.exchanges)
    assert second - first == 60
    assert kit.stub.violations == []


def test_two_secrets_give_two_signatures_so_that_one_can_be_changed(kit: WebhookKit) -> None:
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    opening = kit.opening()
    object.__setattr__(opening, "secrets", {"signing": f"{other} {SECRET}"})
    opened = WebhookType(kit.wire).open(opening)
    Engine(kit, opened).write("a")
    opened.close()
    assert len(kit.server.exchanges[0].headers["webhook-signature"].split()) == 2
    assert kit.stub.violations == []


@pytest.mark.parametrize("secret", ["canary", "whsec_canary!", "whsec_Y2FuYXJ5", ""])
def test_a_secret_that_is_none_is_refused_without_it(kit: WebhookKit, secret: str) -> None:
    opening = kit.opening()
    object.__setattr__(opening, "secrets", {"signing": secret})
    with pytest.raises(ConfigurationError, match="openssl rand") as caught:
        WebhookType().open(opening)
    assert "canary" not in str(caught.value)


def test_a_receiver_that_is_not_there_is_not_asked_again(kit: WebhookKit) -> None:
    from stub_server import Reply, StubServer  # noqa: PLC0415

    gone = StubServer(lambda _exchange: Reply(410, b"canary"))
    engine = Engine(kit, kit.open(url=f"{gone.url}/in"))
    with pytest.raises(DestinationUnauthorisedError, match="nothing at the address"):
        engine.write("a", "b")
    engine.destination.close()
    assert len(gone.exchanges) == 1
    gone.close()


def test_an_address_that_is_a_secret_comes_from_the_environment(kit: WebhookKit) -> None:
    settings = {"allow_private_network": True}
    opening = replace(kit.opening(), settings=settings)
    with pytest.raises(ConfigurationError, match="must be a URL"):
        WebhookType(kit.wire).open(opening)
    secrets = {**kit.secrets(), "url": f"{kit.server.url}/hidden"}
    opened = WebhookType(kit.wire).open(replace(opening, secrets=secrets))
    Engine(kit, opened).write("a")
    opened.close()
    assert kit.server.exchanges[0].path == "/hidden"
    assert "hidden" not in opened.place + opened.identity()
    assert WebhookType().problems(settings, "upsert") == []


def test_the_inner_network_needs_permission(kit: WebhookKit) -> None:
    with pytest.raises(ConfigurationError, match="allow_private_network"):
        kit.open(allow_private_network=False)
    with pytest.raises(ConfigurationError, match="private network"):
        kit.open(allow_private_network=False, url="https://127.0.0.1/in")
    problems = WebhookType().problems({"url": kit.server.url}, "upsert")
    assert any("https" in one for one in problems)
