"""Fault 10: a header of a merchant's server broke the arithmetic of retries: the delivery was sent again without end,
and no attempt was recorded. The same values of a receiver leave other merchants alone."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from gateway_testkit.backlog import is_served
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Payment, Seller, Two
from gateway_testkit.waiting import PATIENCE_S, eventually

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

INSTALLATION: dict[str, Any] = {}

ABSURD = [
    "9" * 40,
    "-9" + "9" * 40,
    "1e308",
    "NaN",
    "Infinity",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "Mon, 01 Jan 0001 00:00:00 GMT",
    "Fri, 31 Dec 99999 23:59:59 GMT",
    "Thu, 29 Nov 2026 99:99:99 GMT",
    "Sun, 29 Nov 2026 10:00:00 +9999",
    f"Sun, 29 Nov 2026 10:00:00 +{'9' * 30}",
    f"Sun, 29 Nov {'9' * 30} 10:00:00 GMT",
    f"Sun, {'9' * 30} Nov 2026 10:00:00 GMT",
    "x" * 4_000,
]
# The longest delay that a header may ask for, and what spreads retries.
DELAY_MAX = timedelta(hours=24)


@pytest_asyncio.fixture
async def overloaded() -> AsyncIterator[str]:
    """A merchant's server that is overloaded, and names a time to come back; the path says which."""
    calls: dict[str, int] = {}

    async def answer(request: web.Request) -> web.Response:
        number = request.match_info["number"]
        calls[number] = calls.get(number, 0) + 1
        return web.Response(status=503, headers={"Retry-After": ABSURD[int(number)]})

    application = web.Application()
    application.router.add_post("/{number}", answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_each_attempt_is_recorded_and_the_next_one_is_within_a_day(
    two: Two, overloaded: str, installation: Installation
) -> None:
    payments = [await two.a.begin(ipnUrl=f"{overloaded}/{number}") for number in range(len(ABSURD))]
    for payment in payments:
        await two.a.confirm(payment)
    await is_served(two.b, await two.b.pay())

    for made in (1, 2):
        recorded = {}
        for header, payment in zip(ABSURD, payments, strict=True):
            recorded[header] = await attempts_of(two.a, payment, made)
        assert {header: found for header, found in recorded.items() if len(found) < made} == {}
        for payment in payments:
            [delivery] = await two.a.deliveries(payment)
            attempted, due = (
                datetime.fromisoformat(at) for at in (delivery["attempts"][-1]["at"], delivery["nextAttemptAt"])
            )
            assert attempted < due <= installation.clock.now() + DELAY_MAX
        installation.clock.advance(DELAY_MAX)
    await is_served(two.b, await two.b.pay())


async def attempts_of(seller: Seller, payment: Payment, count: int) -> list[int]:
    """The statuses of the attempts, once there are that many; what there is after a while."""
    found: list[int] = []

    async def check() -> bool:
        [delivery] = await seller.deliveries(payment)
        found[:] = [attempt["httpStatus"] for attempt in delivery["attempts"]]
        return len(found) >= count

    try:
        await eventually(check, PATIENCE_S / 4)
    except AssertionError:
        return found
    return found
