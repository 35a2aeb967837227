"""The simulator as its own process, a webhook receiver, and the official SDK pointed at them."""

import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import stripe

from gateway_embedded.servers.process import free_port
from gateway_testkit.waiting import PATIENCE_S


@dataclass
class Receiver:
    """A merchant's webhook endpoint. ``answers`` are used up first; then it answers 200."""

    url: str = ""
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


class Simulator:
    """A running simulator process that can be killed and started again on the same port and state."""

    def __init__(self, provider: str, state_dir: Path) -> None:
        prefix = f"{provider.upper()}_SIM"
        self._module = f"gateway_simulators.{provider}"
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.secret_key = f"sk_test_{secrets.token_hex(12)}"
        self.publishable_key = self.secret_key.replace("sk_", "pk_")
        self._environment = {
            **os.environ,
            f"{prefix}_PORT": str(self.port),
            f"{prefix}_STATE_DIR": str(state_dir),
            f"{prefix}_RETRY_SCHEDULE": "0.05,0.05,0.05",
            "LOG_LEVEL": "warning",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", self._module], env=self._environment)
        wait_until(self._answers, timeout_s=240)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

    def client(self, **options: Any) -> stripe.StripeClient:
        return stripe.StripeClient(
            options.pop("api_key", self.secret_key), base_addresses={"api": self.origin}, **options
        )

    async def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        async with aiohttp.ClientSession() as session:
            arguments: dict[str, Any] = {} if method == "GET" else {"json": body or {}}
            async with session.request(method, f"{self.origin}/_sim{path}", **arguments) as answer:
                assert answer.status == 200, await answer.text()
                result: dict[str, Any] = await answer.json()
                return result


def wait_until(check: Callable[[], Any], timeout_s: float = PATIENCE_S) -> Any:
    """The result of the check as soon as it is true."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := check():
            return found
        threading.Event().wait(0.02)
    raise AssertionError(f"not true within {timeout_s} s: {check}")


@pytest.fixture(scope="session")
def until() -> Callable[..., Any]:
    return wait_until


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    running = Simulator("stripe", tmp_path_factory.mktemp("stripe"))
    running.start()
    yield running
    running.kill()


@pytest.fixture
def fresh_simulator(tmp_path: Path) -> Iterator[Simulator]:
    running = Simulator("stripe", tmp_path / "state")
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="session")
def start_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Simulator]]:
    """Starts the simulator of a provider; each runs once for all tests."""
    running: dict[str, Simulator] = {}

    def start(provider: str) -> Simulator:
        if provider not in running:
            running[provider] = Simulator(provider, tmp_path_factory.mktemp(provider))
            running[provider].start()
        return running[provider]

    yield start
    for simulator in running.values():
        simulator.kill()


@pytest.fixture
def account(simulator: Simulator) -> str:
    """A secret key whose account is empty."""
    return f"sk_test_{secrets.token_hex(12)}"


@pytest.fixture
def client(simulator: Simulator, account: str) -> stripe.StripeClient:
    return simulator.client(api_key=account)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.received.append((dict(self.headers), body))
            self.send_response(state.answers.pop(0) if state.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()
