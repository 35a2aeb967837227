"""The health report: sentences, thresholds, processes that do not answer."""

import asyncio
from typing import Any

import httpx
import pytest

from gateway_contracts.services import SERVICES
from gateway_kit.health_report.addresses import Addresses, parse_addresses
from gateway_kit.health_report.finding import Finding
from gateway_kit.health_report.guard import guarded
from gateway_kit.health_report.metrics import Metrics
from gateway_kit.health_report.processes import check_processes
from gateway_kit.health_report.thresholds import CONSUMER_PENDING, THRESHOLDS

METRICS = """
# TYPE gateway_outbox_age_seconds gauge
gateway_outbox_age_seconds 3.5
# TYPE gateway_set_aside gauge
gateway_set_aside{source="outbox"} 0.0
# TYPE gateway_backlog gauge
gateway_backlog{consumer="a"} 2.0
# TYPE gateway_ipn_waiting gauge
gateway_ipn_waiting 1.0
# TYPE gateway_ipn_overdue_seconds gauge
gateway_ipn_overdue_seconds 0.0
# TYPE gateway_documents_waiting gauge
gateway_documents_waiting 0.0
# TYPE gateway_documents_set_aside gauge
gateway_documents_set_aside 0.0
# TYPE gateway_certificates_missing gauge
gateway_certificates_missing 0.0
# TYPE gateway_certificates_late gauge
gateway_certificates_late 0.0
# TYPE gateway_certificates_unchecked gauge
gateway_certificates_unchecked 0.0
# TYPE gateway_event_loop_lag_seconds gauge
gateway_event_loop_lag_seconds 0.012
"""
ADDRESSES = {service.name: [f"http://{service.name}:1"] for service in SERVICES}


async def test_a_check_has_a_deadline() -> None:
    async def hang() -> list[Finding]:
        await asyncio.Event().wait()
        return []

    [found] = await guarded("x", hang(), 0.01)
    assert (found.state, found.text) == ("unknown", "The deadline passed without an answer.")


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=lambda threshold: threshold.check)
def test_attention_begins_above_a_threshold(threshold: Any) -> None:
    [well] = threshold.findings({"a": threshold.limit, "b": 0.0})
    [bad] = threshold.findings({"a": threshold.limit + 0.5, "b": 0.0})

    assert (well.state, well.value) == ("ok", threshold.limit)
    assert (bad.state, bad.limit) == ("attention", threshold.limit)
    assert bad.text.startswith(f"a: {threshold.meaning} is ")


def test_amounts_are_read_by_people() -> None:
    [well] = CONSUMER_PENDING.findings({"a": 0.0, "b": 1000.0})
    [bad] = CONSUMER_PENDING.findings({"a": 12345.0})
    assert well.text == "The number of messages that are not delivered yet is 1,000 at most."
    assert "is 12,345, above 1,000: " in bad.text


def test_metrics_that_were_not_measured_are_not_zero() -> None:
    metrics = Metrics('# TYPE a gauge\na NaN\n# TYPE b gauge\nb{consumer="x"} 1.0\nb{consumer="y"} 2.0\n')
    assert not metrics.is_measured("a")
    assert not metrics.is_measured("missing")
    assert list(metrics.values("b")) == [("x", 1.0), ("y", 2.0)]


def answering(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """Every process is well, but for these answers by host or by path with ``_`` for ``/``."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = changed.get(request.url.host.replace("-", "_") + request.url.path.replace("/", "_"))
        if isinstance(found, Exception):
            raise found
        if found is not None:
            return found
        if request.url.path == "/internal/metrics":
            return httpx.Response(200, text=METRICS)
        return httpx.Response(200, json={"status": "ok"})

    real = httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **given: real(transport=httpx.MockTransport(answer), **given))


async def problems(addresses: Addresses = ADDRESSES) -> dict[str, str]:
    return {each.text: each.state for each in await check_processes(addresses) if each.state != "ok"}


async def test_processes_that_are_well(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch)
    found = await check_processes(ADDRESSES)
    assert {each.state for each in found} == {"ok"}
    assert "svc-ipn is alive and ready at svc-ipn:1." in [each.text for each in found]
    assert "The age of the oldest event that is not published is 3.5 s at most." in [each.text for each in found]


async def test_a_process_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, svc_invoice_livez=httpx.ConnectError("refused"))
    found = await problems()
    assert found["svc-invoice does not answer at svc-invoice:1 (ConnectError)."] == "attention"
    text = (
        "svc-invoice (svc-invoice:1): the number of documents without their PDF was not measured "
        "(gateway_documents_waiting)."
    )
    assert found[text] == "unknown"


async def test_a_process_that_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(
        monkeypatch,
        svc_ipn_readyz=httpx.Response(503, json={"failing": "mongodb,nats"}),
        svc_admin_api_internal_health=httpx.Response(503, json={"failing": {"outbox": "TimeoutError"}}),
        svc_domains_readyz=httpx.Response(502, text="<html>"),
    )
    assert list(await problems()) == [
        "svc-admin-api is alive at svc-admin-api:1 and not ready: outbox.",
        "svc-ipn is alive at svc-ipn:1 and not ready: mongodb,nats.",
        "svc-domains is alive at svc-domains:1 and not ready: status 502.",
    ]


async def test_a_metric_above_its_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    text = METRICS.replace('{source="outbox"} 0.0', '{source="outbox"} 2.0')
    answering(monkeypatch, svc_ipn_internal_metrics=httpx.Response(200, text=text))
    [(sentence, state)] = (await problems()).items()
    assert state == "attention"
    assert sentence.startswith("svc-ipn outbox: the number of rows that are set aside is 2, above 0: ")


async def test_a_service_without_an_address_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch)
    found = await problems(parse_addresses("svc-ipn=http://svc-ipn:1"))
    assert found["svc-invoice could not be checked: GATEWAY_SERVICES has no address of it."] == "unknown"
    assert set(found.values()) == {"unknown"}
