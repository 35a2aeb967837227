"""Traces over HTTP and as pages: for those who run the installation alone."""

from dataclasses import replace

import pytest
from admin_world import Api
from console_visits import member, operator, texts
from events_world import MemoryLog, events_over
from traced import OTHER, TRACE, a_payment_traced

pytestmark = pytest.mark.integration

VIEWER = "https://viewer.example/trace/{traceId}"


@pytest.fixture
def traced(owned: Api) -> Api:
    """An installation with two traces and a viewer."""
    log = MemoryLog()
    a_payment_traced(log)
    owned.applications[0].state.deps = replace(owned.deps, events=events_over(log), trace_viewer=VIEWER)
    return owned


async def test_operators_list_and_read_traces(traced: Api) -> None:
    listed = (await traced.ask("GET", "/traces?status=failed", traced.system_key)).json()["traces"]
    assert [(trace["id"], trace["spanCount"], trace["durationMs"]) for trace in listed] == [(TRACE, 5, 200)]

    trace = (await traced.ask("GET", f"/traces/{TRACE}", traced.system_key)).json()
    assert trace["spans"][0]["name"] == "POST"
    assert trace["viewerUrl"] == f"https://viewer.example/trace/{TRACE}"
    missing = await traced.ask("GET", f"/traces/{'c' * 32}", traced.system_key)
    assert (missing.status_code, missing.json()["code"]) == (404, "TRACE_NOT_FOUND")


async def test_merchants_see_none(traced: Api) -> None:
    key = await traced.key(await traced.organization())
    for path in ("/traces", f"/traces/{TRACE}"):
        assert (await traced.ask("GET", path, key)).json()["code"] == "SYSTEM_KEY_REQUIRED"


@pytest.mark.parametrize(
    "query", ["traceId=x", "minDurationMs=-1", "minDurationMs=a", "status=odd", "limit=101", "x=1"]
)
async def test_filters_that_make_no_sense_are_refused_at_their_field(traced: Api, query: str) -> None:
    answer = await traced.ask("GET", f"/traces?{query}", traced.system_key)
    assert answer.status_code == 422
    assert [detail["field"] for detail in answer.json()["details"]] == [query.partition("=")[0]]


async def test_pages_for_operators(traced: Api) -> None:
    organization_id = await traced.organization()
    visits = await operator(traced)
    await visits.select(organization=organization_id)

    listed = await visits.get("/traces?service=svc-ipn")
    assert f'href="/traces/{TRACE}"' in listed.text
    assert OTHER not in listed.text
    page = await visits.get(f"/traces/{TRACE}")
    assert page.status_code == 200
    assert "ipn.send Failed" in texts(page)
    assert f'href="https://viewer.example/trace/{TRACE}"' in page.text
    assert "style=" not in page.text
    assert (await visits.get(f"/traces/{'c' * 32}")).status_code == 404


async def test_no_page_for_members(traced: Api) -> None:
    visits = await member(traced, await traced.organization(), "admin")
    assert 'href="/traces"' not in (await visits.get("/payments")).text
    for path in ("/traces", f"/traces/{TRACE}"):
        assert (await visits.get(path)).status_code == 403
