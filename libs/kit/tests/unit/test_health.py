"""Health tells which dependency fails, and never hangs."""

import asyncio

from gateway_kit import health
from gateway_kit.health import Health


async def fine() -> None:
    pass


async def broken() -> None:
    raise ConnectionError("no details leave the process")


async def test_failing_checks_are_named_by_kind() -> None:
    checks = Health()
    checks.add("fine", fine)
    checks.add("broken", broken)
    assert await checks.failures() == {"broken": "ConnectionError"}


async def test_a_hanging_check_counts_as_failed() -> None:
    checks = Health()
    checks.add("hanging", asyncio.Event().wait)  # type: ignore[arg-type]  # never set, result unused
    started = asyncio.get_running_loop().time()
    assert await checks.failures() == {"hanging": "TimeoutError"}
    assert asyncio.get_running_loop().time() - started < health.CHECK_TIMEOUT_S + 1


async def test_the_answer_is_kept_for_a_moment() -> None:
    calls = []

    async def count() -> None:
        calls.append(1)

    checks = Health()
    checks.add("counted", count)
    await checks.failures()
    await checks.failures()
    assert len(calls) == 1
