"""Names of hosts: looked up on a real DNS server, in fair turns, remembered for a while."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from gateway_kit.http import names as module
from gateway_kit.http.names import (
    FOUND_S,
    FOUND_S_MIN,
    LOOK_UPS_PER_TENANT_MAX,
    MISSING_S,
    DnsNames,
    Found,
    looking_up_for,
)
from gateway_kit.http.outbound import OutboundClient, OutboundFailed, OutboundLimits
from gateway_testkit.dns_server import DnsServer, dns_server
from gateway_testkit.waiting import eventually

A, B = "organization a", "organization b"
ANY = socket.AF_UNSPEC
PATIENT = OutboundLimits(total_s=60, connect_s=60, read_s=60)


class Bench:
    """Names by a DNS server of the test, and a clock that it moves."""

    def __init__(self, server: DnsServer) -> None:
        self.server = server
        self.moment = 1_000.0
        self.names = DnsNames([f"127.0.0.1:{server.port}"], now=lambda: self.moment)

    async def look_up(self, host: str, tenant: str = B) -> Found:
        with looking_up_for(tenant):
            return await self.names.look_up(host, ANY)

    def begin(self, host: str, tenant: str) -> "asyncio.Task[Found]":
        return asyncio.create_task(self.look_up(host, tenant))


@pytest_asyncio.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    # A look-up of a silent name ends with the test, not before it.
    monkeypatch.setattr(module, "DEADLINE_S", 600.0)
    monkeypatch.setattr(module, "_TRY_S", 600.0)
    async with dns_server() as server:
        server.a = {"shop.test": "192.0.2.7", "other.test": "192.0.2.8"}
        bench = Bench(server)
        yield bench
        await bench.names.aclose()


async def test_a_name_has_its_addresses(bench: Bench) -> None:
    bench.server.cname = {"www.shop.test": "shop.test"}

    assert (await bench.look_up("shop.test")).addresses == ((socket.AF_INET, "192.0.2.7"),)
    assert (await bench.look_up("SHOP.test")).addresses == ((socket.AF_INET, "192.0.2.7"),)


async def test_a_name_is_remembered_for_a_moment_even_if_it_does_not_want_to_be(bench: Bench) -> None:
    bench.server.ttl_s = 0
    await bench.look_up("shop.test")
    asked = len(bench.server.asked)
    bench.server.a["shop.test"] = "192.0.2.9"

    bench.moment += FOUND_S_MIN / 2
    assert (await bench.look_up("shop.test")).addresses == ((socket.AF_INET, "192.0.2.7"),)
    assert len(bench.server.asked) == asked
    bench.moment += FOUND_S_MIN
    assert (await bench.look_up("shop.test")).addresses == ((socket.AF_INET, "192.0.2.9"),)


async def test_a_name_is_remembered_no_longer_than_its_limit(bench: Bench) -> None:
    bench.server.ttl_s = 86_400

    assert (await bench.look_up("shop.test")).ttl_s == FOUND_S


async def test_what_is_remembered_has_a_limit(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RENEWED_AFTER", 10)
    for number in range(25):
        await bench.look_up(f"n{number}.test")

    assert len(bench.names._retiring) == 2
    assert (await bench.look_up("shop.test")).addresses == ((socket.AF_INET, "192.0.2.7"),)


async def test_a_name_that_does_not_exist_is_remembered_shortly(bench: Bench) -> None:
    assert await bench.look_up("nowhere.test") == Found()
    asked = len(bench.server.asked)
    bench.server.a["nowhere.test"] = "192.0.2.1"

    assert await bench.look_up("nowhere.test") == Found()
    assert len(bench.server.asked) == asked
    bench.moment += MISSING_S + 1
    assert (await bench.look_up("nowhere.test")).addresses == ((socket.AF_INET, "192.0.2.1"),)


async def test_those_who_ask_for_the_same_name_share_one_look_up(bench: Bench) -> None:
    found = await asyncio.gather(*(bench.begin("shop.test", f"organization {n}") for n in range(50)))

    assert {answer.addresses for answer in found} == {((socket.AF_INET, "192.0.2.7"),)}
    assert len(bench.server.asked) == 2  # one question per kind of address


async def test_unanswered_names_of_one_tenant_leave_another_tenants_alone(bench: Bench) -> None:
    slow = [bench.begin(f"n{number}.silent.test", A) for number in range(64)]
    await eventually(lambda: bench.names._slots.in_use == LOOK_UPS_PER_TENANT_MAX)

    assert (await bench.look_up("shop.test", B)).addresses == ((socket.AF_INET, "192.0.2.7"),)

    assert not any(task.done() for task in slow)
    assert len({name for name in bench.server.asked if name.endswith(".silent.test")}) == LOOK_UPS_PER_TENANT_MAX


async def test_the_last_places_go_to_tenants_that_have_none(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_UPS_MAX", 32)
    monkeypatch.setattr(module, "LOOK_UPS_PER_TENANT_MAX", 8)
    few = Bench(bench.server)
    for tenant in range(5):
        for number in range(8):
            few.begin(f"n{number}.t{tenant}.silent.test", f"hanging {tenant}")
    await eventually(lambda: few.names._slots.in_use == 26)  # three of them all they may have, the others one each

    assert (await few.look_up("shop.test", B)).addresses == ((socket.AF_INET, "192.0.2.7"),)
    await few.names.aclose()


async def test_a_name_that_waits_behind_its_own_tenants_is_not_waited_for_by_another(bench: Bench) -> None:
    for number in range(LOOK_UPS_PER_TENANT_MAX):
        bench.begin(f"n{number}.silent.test", A)
    await eventually(lambda: bench.names._slots.in_use == LOOK_UPS_PER_TENANT_MAX)
    waiting = bench.begin("shop.test", A)
    await eventually(lambda: bench.names._slots.waiting == 1)

    assert (await bench.look_up("shop.test", B)).addresses == ((socket.AF_INET, "192.0.2.7"),)
    assert not waiting.done()


async def test_what_one_tenant_asks_for_beyond_its_line_is_refused_at_once(bench: Bench) -> None:
    asked = [bench.begin(f"n{number}.silent.test", A) for number in range(LOOK_UPS_PER_TENANT_MAX + 129)]

    done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)

    assert [task.result() for task in done] == [Found(is_silent=True)]


async def test_a_caller_that_gives_up_leaves_its_place_to_the_look_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEADLINE_S", 0.2)
    task = bench.begin("quiet.silent.test", A)
    await eventually(lambda: bench.server.asked)
    task.cancel()
    await asyncio.wait([task])

    assert bench.names._slots.in_use == 1
    await eventually(lambda: bench.names._slots.in_use == 0)
    assert await bench.look_up("quiet.silent.test", B) == Found(is_silent=True)


async def test_a_request_to_a_name_is_made_to_its_address_and_only_if_that_is_open(bench: Bench) -> None:
    async def ok(request: web.Request) -> web.Response:
        return web.Response(text=request.host)

    app = web.Application()
    app.router.add_post("/", ok)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    bench.server.a["shop.test"] = "127.0.0.1"
    inside = OutboundClient(allow_private=True, limits=PATIENT, names=bench.names)
    public = OutboundClient(limits=PATIENT, names=bench.names)

    answer = await inside.post(f"http://shop.test:{port}/", b"", {}, tenant=B)
    with pytest.raises(OutboundFailed) as refused:
        await public.post(f"https://shop.test:{port}/", b"", {}, tenant=B)
    with pytest.raises(OutboundFailed) as missing:
        await inside.post(f"http://nowhere.test:{port}/", b"", {}, tenant=B)

    assert (answer.status, answer.body) == (200, f"shop.test:{port}".encode())
    assert refused.value.fault == "forbidden_target"
    assert missing.value.fault == "name_not_found"
    await inside.aclose()
    await public.aclose()
    await runner.cleanup()


async def test_a_name_whose_servers_do_not_answer_ends_in_a_timeout(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEADLINE_S", 0.1)
    client = OutboundClient(limits=PATIENT, names=bench.names)

    with pytest.raises(OutboundFailed) as failed:
        await client.post("https://quiet.silent.test/", b"", {}, tenant=A)
    await client.aclose()

    assert failed.value.fault == "timeout"


@pytest.mark.parametrize("host", ["localhost", "a.localhost"])
async def test_names_of_this_machine_come_from_its_own_files_and_stay_closed(bench: Bench, host: str) -> None:
    client = OutboundClient(limits=PATIENT, names=bench.names)
    with pytest.raises(OutboundFailed) as failed:
        await client.post(f"https://{host}/", b"", {}, tenant=A)
    await client.aclose()

    assert failed.value.fault == "forbidden_target"
    assert bench.server.asked == []


async def test_a_text_that_is_no_name_has_no_address(bench: Bench) -> None:
    for text in ("0x7f.1", "a" * 300, "..", "under_score.test", "\udcff.test"):
        assert (await bench.look_up(text)).addresses == ()
