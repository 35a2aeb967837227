"""The HTTP layer that all connectors share; Stripe's tests cover repeats, deadlines and the breaker."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from gateway_contracts.errors import OutcomeUnknown, Transient
from gateway_contracts.requests.books import GIVEN_UP
from gateway_providers.errors import ProviderRefused
from gateway_providers.http import ProviderHttp, required_secret
from gateway_providers.ports import ProviderAccount
from gateway_providers.recording import REQUESTS_MAX, recorded, recording
from gateway_providers.redaction import Shown

ACCOUNT = ProviderAccount("p1", "o1", "any", livemode=False, secrets={"key": "k"})


class Dialect(ProviderHttp):
    async def authorize(self, account: ProviderAccount, *, timeout_s: float) -> dict[str, str]:
        return {"Authorization": required_secret(account, "key")}


@dataclass
class Double:
    url: str = ""
    script: list[web.Response | Callable[[web.Request], Awaitable[web.Response]]] = field(default_factory=list)
    seen: list[tuple[str, str, str | None, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        self.seen.append((request.method, request.path_qs, request.headers.get("Idempotency-Key"), body))
        answer = self.script.pop(0)
        return answer if isinstance(answer, web.Response) else await answer(request)


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Double]:
    double = Double()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", double.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield double
    await runner.cleanup()


@pytest_asyncio.fixture
async def http(api: Double) -> AsyncIterator[Dialect]:
    dialect = Dialect(f"{api.url}/live", sandbox_url=f"{api.url}/sandbox")
    yield dialect
    await dialect.aclose()


async def test_each_mode_has_its_address(api: Double, http: Dialect) -> None:
    api.script = [web.json_response({}), web.json_response({})]

    await http.get(ACCOUNT, "/x", query={"a": "1"}, timeout_s=30)
    await http.get(replace(ACCOUNT, livemode=True), "/x", timeout_s=30)

    assert [path for _, path, _, _ in api.seen] == ["/sandbox/x?a=1", "/live/x"]


async def test_json_lists_and_empty_answers(api: Double, http: Dialect) -> None:
    api.script = [web.json_response([{"id": 1}]), web.Response(status=204)]

    found = await http.get(ACCOUNT, "/x", timeout_s=30)
    gone = await http.send(ACCOUNT, "DELETE", "/x", idempotency_key="k", timeout_s=30)

    assert (found.items, found.body) == ([{"id": 1}], {})
    assert (gone.status, gone.body) == (204, {})


async def test_json_goes_out_under_its_key(api: Double, http: Dialect) -> None:
    api.script = [web.json_response({"ok": True}, status=201, headers={"X-Id": "7"})]

    answer = await http.send(ACCOUNT, "POST", "/x", json={"a": 1}, idempotency_key="k-1", timeout_s=30)

    assert (answer.body, answer.headers["x-id"]) == ({"ok": True}, "7")
    assert api.seen == [("POST", "/sandbox/x", "k-1", '{"a": 1}')]


async def test_without_a_key_a_fault_is_not_repeated(api: Double, http: Dialect) -> None:
    api.script = [web.json_response({}, status=503)]

    with pytest.raises(OutcomeUnknown):
        await http.send(ACCOUNT, "POST", "/x", json={}, idempotency_key=None, timeout_s=30)

    assert len(api.seen) == 1


async def test_with_a_key_it_is(api: Double, http: Dialect) -> None:
    api.script = [web.json_response({}, status=503, headers={"Retry-After": "0"}), web.json_response({"id": 1})]

    answer = await http.send(ACCOUNT, "POST", "/x", json={}, idempotency_key="k", timeout_s=30)

    assert (answer.body, [key for _, _, key, _ in api.seen]) == ({"id": 1}, ["k", "k"])


@pytest.mark.parametrize(("status", "code"), [(401, "invalid_credentials"), (403, "missing_permission")])
async def test_refused_credentials_say_nothing_about_the_key(
    api: Double, http: Dialect, status: int, code: str
) -> None:
    api.script = [web.json_response({"message": "the key k is wrong"}, status=status)]

    with pytest.raises(ProviderRefused) as refused:
        await http.get(ACCOUNT, "/x", timeout_s=30)

    assert "key k" not in str(refused.value)
    assert refused.value.provider_code == code


async def test_a_missing_credential_is_refused_before_anything_is_sent(api: Double, http: Dialect) -> None:
    with pytest.raises(ProviderRefused):
        await http.get(replace(ACCOUNT, secrets={}), "/x", timeout_s=30)

    assert api.seen == []


async def test_too_many_requests_is_certainly_not_done(api: Double, http: Dialect) -> None:
    api.script = [web.json_response({}, status=429, headers={"Retry-After": "60"})]

    with pytest.raises(Transient):
        await http.send(ACCOUNT, "POST", "/x", json={}, idempotency_key="k", timeout_s=30)


async def test_a_closed_client_opens_no_connection(api: Double, http: Dialect) -> None:
    # A shared question goes on after the one who asked was cancelled, also beyond the end of its service.
    api.script = [web.json_response({})]
    await http.get(ACCOUNT, "/x", timeout_s=30)
    await http.aclose()

    with pytest.raises(Transient):
        await http.get(ACCOUNT, "/x", timeout_s=1)

    assert len(api.seen) == 1


async def test_requests_are_recorded_for_their_operation(api: Double, http: Dialect) -> None:
    http.shown = Shown.of("id status")  # type: ignore[misc]  # of this one alone
    answer = {"id": "pi_1", "status": "ok", "client_secret": "canary"}
    api.script = [web.json_response({}, status=503), web.json_response(answer), web.json_response({"id": 1})]

    with recording("op"):
        await http.send(ACCOUNT, "POST", "/x", form={"name": "canary"}, idempotency_key="op", timeout_s=30)
        first, second = recorded("op")
        assert recorded("other") == ()
    await http.get(ACCOUNT, "/x", timeout_s=30)

    assert recorded("op") == ()
    assert (first.method, first.path, first.status, first.request) == ("POST", "/x", 503, '{"name":"<text>"}')
    assert json.loads(second.answer or "") == {"id": "pi_1", "status": "ok", "client_secret": "<text>"}
    assert second.error is None


async def test_a_request_without_an_answer_is_recorded_as_such(api: Double, http: Dialect) -> None:
    is_over = asyncio.Event()

    async def late(_request: web.Request) -> web.Response:
        await is_over.wait()
        return web.json_response({})

    api.script = [late]
    with recording("op"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await http.send(ACCOUNT, "POST", "/x", json={"id": "1"}, idempotency_key="op", timeout_s=30)
        [given_up] = recorded("op")
    is_over.set()
    assert (given_up.status, given_up.answer, given_up.request) == (None, None, '{"id":"<text>"}')
    assert given_up.error == GIVEN_UP


async def test_a_provider_that_is_not_reached_is_recorded(http: Dialect) -> None:
    await http.aclose()
    with recording("op"):
        with pytest.raises(Transient):
            await http.send(ACCOUNT, "POST", "/x", json={}, idempotency_key="op", timeout_s=0.1)
        [unsent] = recorded("op")
    assert (unsent.status, unsent.error) == (None, "the provider was not reached: the client is closed.")


async def test_only_the_latest_requests_are_kept(api: Double, http: Dialect) -> None:
    api.script = [web.json_response({}) for _ in range(REQUESTS_MAX + 2)]
    with recording("op"):
        for number in range(REQUESTS_MAX + 2):
            await http.get(ACCOUNT, f"/x{number}", timeout_s=30)
        assert [request.path for request in recorded("op")] == [f"/x{2 + number}" for number in range(REQUESTS_MAX)]
