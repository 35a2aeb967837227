"""Health tells which dependency fails, and never hangs."""

import asyncio
from types import SimpleNamespace

import pytest

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


async def test_a_hanging_check_counts_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_TIMEOUT_S", 0.05)
    checks = Health()
    checks.add("hanging", asyncio.Event().wait)  # type: ignore[arg-type]  # never set, result unused
    assert await asyncio.wait_for(checks.failures(), 60) == {"hanging": "TimeoutError"}


async def test_the_answer_is_kept_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, now = [], [100.0]
    monkeypatch.setattr(health, "time", SimpleNamespace(monotonic=lambda: now[0]))

    async def count() -> None:
        calls.append(1)

    checks = Health()
    checks.add("counted", count)
    await checks.failures()
    await checks.failures()
    assert len(calls) == 1
    now[0] += health.CACHE_S
    await checks.failures()
    assert len(calls) == 2
