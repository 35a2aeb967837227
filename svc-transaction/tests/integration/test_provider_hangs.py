"""A provider that hangs for one merchant: the calls of another one, on the same interface, go on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Transient
from gateway_kit.crypto.config_secrets import seal_provider_secret
from gateway_kit.crypto.keyring import Keyring
from gateway_providers.breaker import FAILURES_MAX
from gateway_providers.errors import ProviderBusy
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from gateway_testkit.waiting import eventually
from gateway_testkit.webhook_bodies import MOLLIE_PAYMENT
from transaction.adapters.provider_gateway import ProviderGateway
from transaction.adapters.provider_places import BACKGROUND, PEOPLE
from transaction.provider_port import someone_waits

pytestmark = pytest.mark.integration


@dataclass
class Mollie:
    """One interface for all merchants; requests with A's key hang, or end without an answer."""

    url: str = ""
    hanging: int = 0
    seen: list[tuple[str, str]] = field(default_factory=list)
    is_broken: bool = False
    end: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        key, payment_id = request.headers["Authorization"], request.path.rsplit("/", 1)[-1]
        self.seen.append((key, payment_id))
        if key.endswith("A"):
            if self.is_broken:
                return web.Response(status=503)
            self.hanging += 1
            await self.end.wait()
        return web.json_response({**MOLLIE_PAYMENT, "id": payment_id})


@pytest_asyncio.fixture
async def mollie() -> AsyncIterator[Mollie]:
    double = Mollie()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", double.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield double
    double.end.set()
    await runner.cleanup()


@pytest_asyncio.fixture
async def gateway(mollie: Mollie, keyring: Keyring) -> AsyncIterator[ProviderGateway]:
    made = ProviderGateway(keyring, {"mollie": mollie.url})
    yield made
    await made.aclose()


@pytest.fixture
def account(keyring: Keyring) -> Any:
    def make(identifier: str, organization_id: str, key: str) -> ProviderConfig:
        return ProviderConfig(
            id=identifier,
            organization_id=organization_id,
            version=1,
            type="mollie",
            label="Mollie",
            livemode=False,
            secrets={"apiKey": (seal_provider_secret(keyring, identifier, "apiKey", key),)},
        )

    return make


async def test_a_flood_of_thin_events_while_the_provider_hangs_leaves_the_other_merchants_calls_alone(
    gateway: ProviderGateway, mollie: Mollie, account: Any
) -> None:
    ours = account("65c00000000000000000000a", TEST_ORGANIZATION, "test_A")
    theirs = account("65c00000000000000000000b", OTHER_ORGANIZATION, "test_B")
    flood = [asyncio.create_task(gateway.resolve_thin_event(ours, f"id=tr_{number}".encode())) for number in range(600)]
    await eventually(lambda: mollie.hanging == BACKGROUND.per_account)

    facts = await gateway.resolve_thin_event(theirs, b"id=tr_theirs")
    with someone_waits():
        payment = await gateway.fetch(theirs, "tr_theirs")

    assert {fact.provider_payment_id for fact in facts} == {"tr_theirs"}
    assert payment is not None
    assert mollie.hanging == BACKGROUND.per_account
    outcomes = await asyncio.gather(*[task for task in flood if task.done()], return_exceptions=True)
    assert all(isinstance(outcome, ProviderBusy) for outcome in outcomes)
    mollie.end.set()
    await asyncio.gather(*flood, return_exceptions=True)


async def test_while_background_calls_hang_the_same_merchants_customer_still_gets_through(
    gateway: ProviderGateway, mollie: Mollie, account: Any
) -> None:
    ours = account("65c00000000000000000000a", TEST_ORGANIZATION, "test_A")
    flood = [asyncio.create_task(gateway.resolve_thin_event(ours, f"id=tr_{number}".encode())) for number in range(20)]
    await eventually(lambda: mollie.hanging == BACKGROUND.per_account)

    with someone_waits():
        paying = asyncio.create_task(gateway.fetch(ours, "tr_now"))
    await eventually(lambda: ("Bearer test_A", "tr_now") in mollie.seen)

    mollie.end.set()
    assert await paying is not None
    await asyncio.gather(*flood, return_exceptions=True)
    assert PEOPLE.per_account > BACKGROUND.per_account


async def test_an_account_whose_provider_fails_is_left_alone_and_the_others_are_not(
    gateway: ProviderGateway, mollie: Mollie, account: Any
) -> None:
    ours = account("65c00000000000000000000a", TEST_ORGANIZATION, "test_A")
    theirs = account("65c00000000000000000000b", OTHER_ORGANIZATION, "test_B")
    mollie.is_broken = True
    await asyncio.gather(
        *(gateway.fetch(ours, f"tr_{number}") for number in range(FAILURES_MAX)), return_exceptions=True
    )
    asked = len(mollie.seen)

    with pytest.raises(ProviderBusy) as busy:
        await gateway.fetch(ours, "tr_again")
    assert await gateway.fetch(theirs, "tr_theirs") is not None

    assert isinstance(busy.value, Transient)
    assert busy.value.retry_after_s
    assert mollie.seen[asked:] == [("Bearer test_B", "tr_theirs")]


async def test_thin_events_of_one_payment_at_the_same_moment_ask_twice_at_most(
    gateway: ProviderGateway, mollie: Mollie, account: Any
) -> None:
    theirs = account("65c00000000000000000000b", OTHER_ORGANIZATION, "test_B")

    answers = await asyncio.gather(*(gateway.resolve_thin_event(theirs, b"id=tr_1") for _ in range(200)))

    assert len({tuple(fact.event_key for fact in facts) for facts in answers}) == 1
    assert len(mollie.seen) <= 2
