"""Fetches of certificates while strangers invent addresses: genuine webhooks get their certificate meanwhile."""

import asyncio
from datetime import UTC, datetime

import pytest

from gateway_contracts.errors import Transient
from gateway_providers.events import Sender
from gateway_providers.paypal.certificates import Certificates
from gateway_simulators.paypal.keys import new_key
from gateway_testkit.waiting import eventually
from webhook_ingest.adapters.fetch_places import KNOWN, STRANGERS, WAITING_PER_ADDRESS, FetchPlaces

BASE = "https://api.paypal.com/v1/notifications/certs/CERT-"
GENUINE, GREEDY = Sender("203.0.113.5"), Sender("203.0.113.66")
PEM = new_key("messageverificationcerts.paypal.com", now=datetime(2026, 1, 15, tzinfo=UTC)).pem


class Host:
    """PayPal: answers genuine addresses at once and invented ones when it is let."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.may_answer = asyncio.Event()

    async def fetch(self, url: str) -> bytes:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if "invented" in url:
                await self.may_answer.wait()
            return PEM
        finally:
            self.running -= 1


async def ended(tasks: "list[asyncio.Task[None]]") -> list[object]:
    for task in tasks:
        task.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_one_address_that_invents_addresses_leaves_the_others_their_place() -> None:
    """60 of 60 genuine webhooks got 503 before."""
    host = Host()
    kept = Certificates(fetch=host.fetch, places=FetchPlaces())
    flood = [asyncio.create_task(kept.have_ready(f"{BASE}invented-{n}", GREEDY)) for n in range(200)]
    await eventually(lambda: host.running == 1)

    for number in range(60):
        await kept.have_ready(f"{BASE}genuine-{number}", GENUINE)

    waiting = sum(not task.done() for task in flood)
    assert waiting == 1 + WAITING_PER_ADDRESS
    assert host.most == 2
    host.may_answer.set()
    outcomes = await asyncio.gather(*flood, return_exceptions=True)
    assert sum(isinstance(outcome, Transient) for outcome in outcomes) == 200 - waiting


async def test_many_addresses_leave_proven_senders_their_places_and_strangers_their_turn() -> None:
    host = Host()
    kept = Certificates(fetch=host.fetch, places=FetchPlaces())
    flood = [asyncio.create_task(kept.have_ready(f"{BASE}invented-{n}", Sender(f"198.51.100.{n}"))) for n in range(100)]
    await eventually(lambda: host.running == STRANGERS)

    await kept.have_ready(f"{BASE}genuine-1", Sender("203.0.113.5", is_proven=True))
    turn = asyncio.create_task(kept.have_ready(f"{BASE}genuine-2", GENUINE))
    host.may_answer.set()
    await turn

    assert host.most <= STRANGERS + KNOWN
    await asyncio.gather(*flood)


async def test_who_finds_no_place_in_time_shall_come_back() -> None:
    host = Host()
    kept = Certificates(fetch=host.fetch, places=FetchPlaces(wait_s=0.01))
    flood = [
        asyncio.create_task(kept.have_ready(f"{BASE}invented-{n}", Sender(f"198.51.100.{n}"))) for n in range(STRANGERS)
    ]
    await eventually(lambda: host.running == STRANGERS)

    with pytest.raises(Transient) as late:
        await kept.have_ready(f"{BASE}genuine-1", GENUINE)

    assert (late.value.code, late.value.retry_after_s) == ("OVERLOADED", 2)
    await ended(flood)
    host.may_answer.set()
