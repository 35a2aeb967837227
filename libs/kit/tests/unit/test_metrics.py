"""Metrics for the monitoring system, and for no other caller."""

import asyncio
from typing import Any

import httpx
import pytest

from gateway_kit import metrics as module
from gateway_kit.http.edge import edge
from gateway_kit.metrics import PATH, Metrics, with_metrics
from gateway_testkit.waiting import eventually


async def not_found(scope: Any, receive: Any, send: Any) -> None:
    scope["gateway.route"] = "/nothing"
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def ask(metrics: Metrics, *, address: str = "10.1.2.3", **headers: str) -> httpx.Response:
    application: Any = with_metrics(not_found, metrics)
    transport = httpx.ASGITransport(application, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        return await client.get(PATH, headers=headers)


async def test_gauges_are_measured_when_they_are_read_and_not_more_often_than_bearable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    metrics, waiting = Metrics(), {"orders": 3.0}

    async def read() -> dict[str, float]:
        return dict(waiting)

    metrics.gauge("gateway_test_waiting", "How many wait", read, label="queue")
    first = (await ask(metrics)).text
    waiting.clear()
    soon = (await ask(metrics)).text
    monkeypatch.setattr(module, "CACHE_S", 0)
    later = (await ask(metrics)).text

    assert 'gateway_test_waiting{queue="orders"} 3.0' in first
    assert "# HELP gateway_test_waiting How many wait" in first
    assert "process_cpu_seconds_total" in first
    assert soon == first
    assert "gateway_test_waiting{" not in later


async def test_what_cannot_be_measured_is_absent_and_spoils_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ_TIMEOUT_S", 0.01)
    metrics = Metrics()

    async def hang() -> dict[str, float]:
        await asyncio.Event().wait()
        return {}

    async def fail() -> dict[str, float]:
        raise ConnectionError

    async def works() -> dict[str, float]:
        return {"": 1}

    metrics.gauge("gateway_test_hanging", "Hangs", hang)
    metrics.gauge("gateway_test_failing", "Fails", fail, label="what")
    metrics.gauge("gateway_test_working", "Works", works)
    text = (await ask(metrics)).text

    assert "gateway_test_hanging NaN" in text
    assert "gateway_test_failing{" not in text
    assert "gateway_test_working 1.0" in text


async def test_a_late_event_loop_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAG_INTERVAL_S", 0)
    monkeypatch.setattr(module, "CACHE_S", 0)
    metrics = Metrics()
    watching = asyncio.create_task(metrics.watch_loop())

    async def is_reported() -> bool:
        return "gateway_event_loop_lag_seconds 0.0\n" not in (await ask(metrics)).text

    try:
        await eventually(is_reported)
    finally:
        watching.cancel()


@pytest.mark.parametrize(
    ("address", "headers"),
    [("10.1.2.3", {"X-Real-IP": "10.0.0.9"}), ("10.1.2.3", {"x-forwarded-for": "1.1.1.1"}), ("8.8.8.8", {}), ("x", {})],
)
async def test_who_comes_through_a_proxy_or_from_outside_finds_nothing(address: str, headers: dict[str, str]) -> None:
    assert (await ask(Metrics(), address=address, **headers)).status_code == 404


async def test_requests_are_counted_by_route_and_made_up_methods_are_not_remembered() -> None:
    application: Any = with_metrics(edge(not_found, trusted_proxies=(), is_https=False), metrics := Metrics())
    transport = httpx.ASGITransport(application, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        await client.get("/secret-name")
        await client.request("BREW", "/secret-name")
    text = (await ask(metrics)).text

    assert 'gateway_http_request_seconds_count{method="GET",route="/nothing",status="404"} 1.0' in text
    assert 'gateway_http_request_seconds_count{method="other",route="/nothing",status="404"} 1.0' in text
    assert "secret-name" not in text
    assert "BREW" not in text
