"""Fault 7: bodies that callers sent in part took the memory and the places that all merchants share."""

import asyncio
from pathlib import Path

import pytest

from gateway_kit.cancellation import cancel_tasks
from gateway_testkit.backlog import all_of, is_served
from gateway_testkit.half_sent import half_sent
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Two
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

STRANGER = {"X-Real-IP": "198.18.0.7"}
PROVIDER = "203.0.113.9"
HOOK_CONNECTIONS, HOOK_LENGTH = 340, 520_000
WEBHOOKS = 8
API_CONNECTIONS, API_PART = 250, 1_000_000


def resident_bytes(pid: int) -> int:
    """Memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


async def settled(pid: int) -> int:
    """Memory of a process once it does not grow any more."""
    seen = [0]

    def is_steady() -> bool:
        seen.append(resident_bytes(pid))
        return len(seen) > 5 and max(seen[-5:]) - min(seen[-5:]) < 1_000_000

    await eventually(is_steady)
    return seen[-1]


def stranger(number: int) -> dict[str, str]:
    """An unknown caller, at an address of its own."""
    return {"X-Real-IP": f"198.18.{number // 250}.{number % 250 + 1}"}


async def test_slow_bodies_of_one_address_leave_room_for_the_webhooks_of_b(
    two: Two, installation: Installation
) -> None:
    port = installation.parts.env.ports["svc-checkout-api"]
    path = f"/hooks/stripe/{two.a.provider_id}"
    payments = [await two.b.begin() for _ in range(WEBHOOKS)]
    async with half_sent() as slow:
        filling = [
            asyncio.create_task(slow.fill(port, path, length=HOOK_LENGTH, headers=STRANGER))
            for _ in range(HOOK_CONNECTIONS)
        ]
        # As full as these callers can make it.
        await eventually(lambda: slow.refused > 20)

        answers = [
            (await two.b.webhook("payment_intent.succeeded", payment.intent, address=PROVIDER)).status_code
            for payment in payments
        ]

        await cancel_tasks(filling)
        assert answers == [200] * WEBHOOKS
        for payment in payments:
            await is_served(two.b, payment)


@pytest.mark.parametrize("service", ["svc-admin-api", "svc-checkout-api"])
async def test_bodies_of_strangers_are_not_collected(two: Two, installation: Installation, service: str) -> None:
    port = installation.parts.env.ports[service]
    path = {
        "svc-admin-api": f"/api/v1/checkouts/{two.a.site_id}/create",
        "svc-checkout-api": "/api/v1/transactions/create",
    }[service]
    # What a process had once, it may keep.
    await installation.restart(service)
    pid = installation.parts.running[service].pid
    before = resident_bytes(pid)
    async with half_sent() as slow:
        await all_of(
            range(API_CONNECTIONS),
            lambda number: slow.open(port, path, length=API_PART + 1, part=API_PART, headers=stranger(number)),
            at_once=64,
        )

        grown = await settled(pid) - before
        payment = await two.b.pay()
        await is_served(two.b, payment)

        assert grown < API_CONNECTIONS * API_PART / 2
        assert installation.parts.running[service].popen.poll() is None


async def test_bodies_of_a_with_its_key_are_not_collected_without_end(two: Two, installation: Installation) -> None:
    port = installation.parts.env.ports["svc-admin-api"]
    await installation.restart("svc-admin-api")
    pid = installation.parts.running["svc-admin-api"].pid
    before = resident_bytes(pid)
    headers = {"Authorization": f"Bearer {two.a.tenant.key}"}
    async with half_sent() as slow:
        path = f"/api/v1/checkouts/{two.a.site_id}/create"
        await all_of(
            range(API_CONNECTIONS),
            lambda _: slow.open(port, path, length=API_PART + 1, part=API_PART, headers=headers),
            at_once=64,
        )

        grown = await settled(pid) - before
        served = await asyncio.gather(*(two.b.ask("GET", "/transactions?limit=1") for _ in range(8)))

        assert [answer.status_code for answer in served] == [200] * 8
        assert grown < API_CONNECTIONS * API_PART / 2
    await is_served(two.b, await two.b.pay())
