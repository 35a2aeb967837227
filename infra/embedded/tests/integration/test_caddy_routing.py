"""The committed Caddyfile under a real Caddy, in front of two tiny upstreams that say what reached them."""

import asyncio
import http.client
import json
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from gateway_contracts.topology import HOOK_BODY_BYTES_MAX
from gateway_embedded.environment import DOMAINS
from gateway_embedded.layout import REPOSITORY
from gateway_embedded.servers import caddy
from gateway_embedded.servers.process import LOOPBACK, free_port
from gateway_kit.http.bodies import KNOWN_LIMITS, Patience
from gateway_kit.http.connections import ConnectionLimits
from gateway_testkit.waiting import in_thread

pytestmark = pytest.mark.integration

KNOWN_DOMAIN = "shop.merchant.example"
UUID_LENGTH = 36
CROWD = 50
BODY_PATIENCE_S = 5.0
BODY_BYTES_MAX = 2 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def seen(self) -> dict[str, str]:
        """The request as the upstream received it."""
        parsed: dict[str, str] = json.loads(self.body)
        return parsed


@dataclass(frozen=True)
class Edge:
    settings: caddy.CaddySettings
    asked: list[str]

    async def get(self, host: str, path: str, headers: dict[str, str] | None = None) -> Answer:
        """A request to a public host, with the edge's own authority trusted."""
        return await in_thread(self._request, host, "GET", path, headers or {}, None)

    async def post(self, host: str, path: str, body: bytes) -> Answer:
        return await in_thread(self._request, host, "POST", path, {}, body)

    async def open(self, host: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a public host on which nothing was sent yet."""
        context = ssl.create_default_context(cafile=str(self.settings.root_certificate))
        context.set_alpn_protocols(["http/1.1"])
        port = self.settings.https_port
        return await asyncio.open_connection(LOOPBACK, port, ssl=context, server_hostname=host)

    def _request(self, host: str, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        context = ssl.create_default_context(cafile=str(self.settings.root_certificate))
        raw = socket.create_connection((LOOPBACK, self.settings.https_port), timeout=60)
        connection = http.client.HTTPSConnection(host, self.settings.https_port, context=context)
        connection.sock = context.wrap_socket(raw, server_hostname=host)
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.read(), {k.lower(): v for k, v in response.getheaders()})
        finally:
            connection.close()


async def _upstream(name: str, port: int, asked: list[str]) -> web.AppRunner:
    async def verify(request: web.Request) -> web.Response:
        asked.append(request.query["domain"])
        return web.Response(status=200 if request.query["domain"] == KNOWN_DOMAIN else 403)

    async def echo(request: web.Request) -> web.Response:
        names = ("X-Real-IP", "X-Request-ID", "X-Forwarded-For", "Host")
        try:
            # As the services do.
            async with asyncio.timeout(BODY_PATIENCE_S):
                size = len(await request.read())
        except TimeoutError:
            return web.Response(status=408, headers={"connection": "close"})
        seen = {"upstream": name, "path": request.raw_path, "size": str(size)} | {
            key: request.headers.get(key, "") for key in names
        }
        return web.json_response(seen, headers={"Server": "upstream"})

    app = web.Application(client_max_size=BODY_BYTES_MAX * 4)
    app.router.add_get("/api/v1/domains/verify", verify)
    app.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    return runner


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> caddy.CaddySettings:
    https_port = free_port()
    variables = DOMAINS | {
        "CADDY_BIND": LOOPBACK,
        "HTTP_PORT": str(free_port()),
        "HTTPS_PORT": str(https_port),
        "CADDY_GLOBAL_FILE": str(REPOSITORY / "infra/caddy/global.embedded"),
        "ADMIN_UPSTREAM": f"{LOOPBACK}:{free_port()}",
        "CHECKOUT_UPSTREAM": f"{LOOPBACK}:{free_port()}",
        # Shorter than in production, so that the tests see their end.
        "CADDY_READ_HEADER": "2s",
        "CADDY_READ_BODY": "8s",
    }
    home = tmp_path_factory.mktemp("caddy")
    return caddy.CaddySettings(REPOSITORY / "infra/caddy/Caddyfile", https_port, home, variables)


@pytest.fixture(scope="module")
def process(settings: caddy.CaddySettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    log = tmp_path_factory.mktemp("caddy-log") / "caddy.log"
    running = caddy.start(settings, log=log)
    yield log
    running.terminate()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def edge(settings: caddy.CaddySettings, process: Path) -> AsyncIterator[Edge]:
    asked: list[str] = []
    runners = []
    for name, variable in (("admin", "ADMIN_UPSTREAM"), ("checkout", "CHECKOUT_UPSTREAM")):
        port = int(settings.variables[variable].rpartition(":")[2])
        runners.append(await _upstream(name, port, asked))
    yield Edge(settings, asked)
    for runner in runners:
        await runner.cleanup()


ROUTED = [
    ("admin.localhost", "/", "admin", "/"),
    ("admin.localhost", "/organizations", "admin", "/organizations"),
    ("admin.localhost", "/api/v1/sites?page=2", "admin", "/api/v1/sites?page=2"),
    ("api.localhost", "/api/v1/transactions", "admin", "/api/v1/transactions"),
    ("api.localhost", "/v1/checkouts/5f/create?x=1", "admin", "/api/v1/checkouts/5f/create?x=1"),
    ("api.localhost", "/health", "admin", "/health"),
    ("pay.localhost", "/checkout/Ab3dE6gH9j", "checkout", "/checkout/Ab3dE6gH9j"),
    ("pay.localhost", "/api/v1/checkouts/cs_1", "checkout", "/api/v1/checkouts/cs_1"),
    ("hooks.localhost", "/hooks/stripe/65a500000000000000000001", "checkout", "/hooks/stripe/65a500000000000000000001"),
    ("hooks.localhost", "/api/v1/transactions/1/status", "checkout", "/api/v1/transactions/1/status"),
    ("hooks.localhost", "/.well-known/apple-developer-merchantid-domain-association", "checkout", None),
    ("hooks.localhost", "/health", "checkout", "/health"),
    (KNOWN_DOMAIN, "/checkout/Ab3dE6gH9j", "checkout", "/checkout/Ab3dE6gH9j"),
    (KNOWN_DOMAIN, "/hooks/stripe/65a500000000000000000001", "checkout", None),
]


@pytest.mark.parametrize(("host", "path", "upstream", "arrives"), ROUTED)
async def test_a_request_reaches_its_service(
    edge: Edge, host: str, path: str, upstream: str, arrives: str | None
) -> None:
    answer = await edge.get(host, path)
    assert answer.status == 200
    assert answer.seen["upstream"] == upstream
    assert answer.seen["path"] == (arrives or path)


HOSTS = ["admin.localhost", "api.localhost", "pay.localhost", "hooks.localhost", KNOWN_DOMAIN]
CLOSED = ["/internal/health", "/internal", "//internal/health", "/INTERNAL/health", "/%69nternal/health"]
CLOSED += ["/api/v1/domains/verify?domain=x.example", "/api/v1/domains/verify/", "/api/../internal/health"]


@pytest.mark.parametrize("host", HOSTS)
async def test_internal_paths_are_closed_on_every_host(edge: Edge, host: str) -> None:
    for path in CLOSED:
        answer = await edge.get(host, path)
        assert (path, answer.status, answer.body) == (path, 404, b"")


async def test_the_rewrite_opens_no_way_to_the_ask_path(edge: Edge) -> None:
    before = list(edge.asked)
    answer = await edge.get("api.localhost", f"/v1/domains/verify?domain={KNOWN_DOMAIN}")
    assert answer.status == 404
    assert edge.asked == before


NOWHERE = [("api.localhost", "/"), ("api.localhost", "/checkout/x"), ("api.localhost", "/v2/x")]
NOWHERE += [("hooks.localhost", "/"), ("hooks.localhost", "/checkout/x"), ("pay.localhost", "/hooks/stripe/1")]


@pytest.mark.parametrize(("host", "path"), NOWHERE)
async def test_what_a_host_does_not_serve_is_not_found(edge: Edge, host: str, path: str) -> None:
    assert (await edge.get(host, path)).status == 404


async def test_a_name_is_asked_for_before_it_gets_a_certificate(edge: Edge) -> None:
    assert (await edge.get(KNOWN_DOMAIN, "/")).status == 200
    assert KNOWN_DOMAIN in edge.asked


async def test_an_unknown_name_gets_no_certificate(edge: Edge) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await edge.get("stranger.example", "/")
    assert "stranger.example" in edge.asked


async def test_forged_addresses_and_request_ids_are_overwritten(edge: Edge) -> None:
    forged = {"X-Real-IP": "203.0.113.9", "X-Request-ID": "mine", "X-Forwarded-For": "203.0.113.9"}
    for host in HOSTS:
        seen = (await edge.get(host, "/api/v1/x", forged)).seen
        assert seen["X-Real-IP"] == LOOPBACK
        assert len(seen["X-Request-ID"]) == UUID_LENGTH
        assert seen["X-Forwarded-For"] == LOOPBACK


async def test_every_answer_carries_the_security_headers(edge: Edge) -> None:
    for host in HOSTS:
        headers = (await edge.get(host, "/api/v1/x")).headers
        assert "strict-transport-security" in headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert "server" not in headers


async def test_bodies_that_services_may_judge_pass_and_floods_do_not(edge: Edge) -> None:
    answer = await edge.post("api.localhost", "/api/v1/x", b"x" * BODY_BYTES_MAX)
    assert answer.seen["size"] == str(BODY_BYTES_MAX)
    assert (await edge.post("api.localhost", "/api/v1/x", b"x" * (BODY_BYTES_MAX + 1))).status == 413


async def _to_the_end(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except (ConnectionError, ssl.SSLError):
        return b""


HALF = b"POST /hooks/stripe/65a500000000000000000001 HTTP/1.1\r\nHost: hooks.localhost\r\n"


async def _crowd(edge: Edge, sent: bytes) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    crowd = [await edge.open("hooks.localhost") for _ in range(CROWD)]
    for _, writer in crowd:
        writer.write(sent)
    return crowd


async def test_half_a_head_is_ended_and_others_are_served_meanwhile(edge: Edge) -> None:
    crowd = await _crowd(edge, HALF + b"X-Half: ")

    assert (await edge.post("hooks.localhost", "/hooks/stripe/65a500000000000000000002", b"{}")).status == 200
    ends = await asyncio.gather(*(_to_the_end(reader) for reader, _ in crowd))

    assert not any(end.startswith(b"HTTP/1.1 200") for end in ends)
    for _, writer in crowd:
        writer.close()


async def test_half_a_body_is_answered_and_others_are_served_meanwhile(edge: Edge) -> None:
    crowd = await _crowd(edge, HALF + b"Content-Length: 1000\r\n\r\n{")

    assert (await edge.post("hooks.localhost", "/hooks/stripe/65a500000000000000000002", b"{}")).status == 200
    lines = await asyncio.gather(*(reader.readline() for reader, _ in crowd))

    assert set(lines) == {b"HTTP/1.1 408 Request Timeout\r\n"}
    for _, writer in crowd:
        writer.close()


async def test_a_head_has_a_size(edge: Edge) -> None:
    reader, writer = await edge.open("hooks.localhost")
    writer.write(b"GET /health HTTP/1.1\r\nHost: hooks.localhost\r\nX-Long: " + b"x" * 64 * 1024)

    assert (await _to_the_end(reader)).startswith(b"HTTP/1.1 431")
    assert (await edge.get("hooks.localhost", "/health")).status == 200
    writer.close()


def test_the_times_of_production_end_after_those_of_the_services_and_before_idle_proxies() -> None:
    text = (REPOSITORY / "infra/caddy/Caddyfile").read_text()

    def seconds(name: str) -> int:
        found = re.search(rf"^\s*{name} (?:{{\$[A-Z_]+:)?(\d+)s}}?$", text, re.MULTILINE)
        assert found, name
        return int(found[1])

    assert seconds("read_header") <= ConnectionLimits().head_s
    assert Patience().total_s < seconds("read_body") <= 2 * Patience().total_s
    assert seconds("keepalive") < ConnectionLimits().idle_s, "a service does not close what is about to be used"
    assert "max_header_size 16KiB" in text
    assert ConnectionLimits().head_bytes >= 2 * 16 * 1024, "Caddy adds headers of its own"
    assert 2 * max(KNOWN_LIMITS.body_bytes, HOOK_BODY_BYTES_MAX) <= BODY_BYTES_MAX
