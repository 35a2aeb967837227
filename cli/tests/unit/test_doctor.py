"""``gateway doctor``: sentences, thresholds, exit codes."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from command_line import invoke

from gateway_cli.doctor import guard, report
from gateway_cli.doctor.finding import Finding
from gateway_cli.doctor.metrics import Metrics
from gateway_cli.doctor.processes import check_processes
from gateway_cli.doctor.thresholds import CONSUMER_PENDING, THRESHOLDS
from gateway_cli.installation import Installation, Misused
from gateway_contracts.services import SERVICES

WELL = Finding("a", "ok", "A is well.")
BAD = Finding("b", "attention", "B is full.", 9, 3)
AWAY = Finding("c", "unknown", "C does not answer.")
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
# TYPE gateway_event_loop_lag_seconds gauge
gateway_event_loop_lag_seconds 0.012
"""
ADDRESSES = " ".join(f"{service.name}=http://{service.name}:1" for service in SERVICES)
INSTALLATION = Installation("the environment", {"GATEWAY_SERVICES": ADDRESSES})


def checks(monkeypatch: pytest.MonkeyPatch, *found: list[Finding] | Exception) -> None:
    def check(result: list[Finding] | Exception) -> Any:
        async def run(_installation: Installation) -> list[Finding]:
            if isinstance(result, Exception):
                raise result
            return result

        return run

    monkeypatch.setattr(report, "CHECKS", tuple((f"part{n}", check(each)) for n, each in enumerate(found)))


@pytest.mark.parametrize(
    ("found", "code", "summary"),
    [
        ([[WELL], [WELL]], 0, "All is well: 2 checks."),
        ([[WELL], [BAD]], 1, "1 finding needs attention."),
        ([[WELL], [AWAY]], 2, "1 check could not be made."),
        ([[BAD, BAD], [AWAY]], 1, "2 findings need attention, 1 check could not be made."),
    ],
)
def test_the_exit_code_and_the_summary(
    monkeypatch: pytest.MonkeyPatch, found: list[list[Finding]], code: int, summary: str
) -> None:
    checks(monkeypatch, *found)
    result = invoke("doctor")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (code, summary)


def test_the_report_is_sentences_without_colour_and_json(monkeypatch: pytest.MonkeyPatch) -> None:
    checks(monkeypatch, [WELL, BAD], [AWAY])

    assert invoke("doctor").stdout.splitlines()[:3] == [
        "ok         A is well.",
        "ATTENTION  B is full.",
        "UNKNOWN    C does not answer.",
    ]
    as_json = json.loads(invoke("doctor", "--json").stdout)
    assert as_json["status"] == "attention"
    expected = {"check": "b", "state": "attention", "text": "B is full.", "value": 9, "limit": 3}
    assert as_json["findings"][1] == expected


def test_a_check_that_fails_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    checks(monkeypatch, KeyError("x"), ConnectionRefusedError(), Misused("NATS_URL is not set."), [WELL])

    lines = invoke("doctor").stdout.splitlines()

    assert lines[0].endswith("The check failed (KeyError).")
    assert lines[1].endswith("The connection failed (ConnectionRefusedError).")
    assert lines[2].endswith("NATS_URL is not set.")
    assert lines[3].endswith("A is well.")


async def test_a_check_has_a_deadline() -> None:
    async def hang() -> list[Finding]:
        await asyncio.Event().wait()
        return []

    [found] = await guard.guarded("x", hang(), 0.01)
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


async def problems(installation: Installation = INSTALLATION) -> dict[str, str]:
    return {each.text: each.state for each in await check_processes(installation) if each.state != "ok"}


async def test_processes_that_are_well(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch)
    found = await check_processes(INSTALLATION)
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
    assert sentence.startswith("svc-ipn (svc-ipn:1) outbox: the number of rows that are set aside is 2, above 0: ")


async def test_a_service_without_an_address_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch)
    found = await problems(Installation("the environment", {"GATEWAY_SERVICES": "svc-ipn=http://svc-ipn:1"}))
    assert found["svc-invoice could not be checked: GATEWAY_SERVICES has no address of it."] == "unknown"
    assert set(found.values()) == {"unknown"}
