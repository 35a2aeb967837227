"""A started stack as tests see it: its descriptor, its API, its processes."""

import json
import os
import secrets
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway_testkit.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[4]
UP_TIMEOUT_S = 900
DOWN_TIMEOUT_S = 300
RESTARTED_S = 240
REQUEST_S = 120
"""For one answer: a bound against hangs, on a machine that stands still for seconds."""
_TRIES_MAX = 10


class PatientTransport(httpx.AsyncHTTPTransport):
    """Sends a request again when its body came too slowly (408), after which nothing was done.

    The client writes head and body one after the other; a machine that stands still for seconds between them exceeds
    the time that the server gives to a body.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See the base class."""
        for _ in range(_TRIES_MAX):
            response = await super().handle_async_request(request)
            if response.status_code != httpx.codes.REQUEST_TIMEOUT:
                break
            await response.aclose()
        return response


@dataclass(frozen=True)
class Stack:
    """A running stack. ``folder`` is its run directory."""

    folder: Path

    @property
    def descriptor(self) -> dict[str, Any]:
        """``stack.json`` as it is now (process ids change when a process was restarted)."""
        found: dict[str, Any] = json.loads((self.folder / "stack.json").read_text())
        return found

    def admin(self, key: str | None = None, *, address: str | None = None) -> httpx.AsyncClient:
        """A merchant's server: the admin API with the demo key; ``address`` is where it calls from."""
        descriptor = self.descriptor
        return httpx.AsyncClient(
            base_url=descriptor["urls"]["adminApi"],
            headers={"Authorization": f"Bearer {key or descriptor['demo']['apiKey']}", **_from(address)},
            timeout=REQUEST_S,
            transport=PatientTransport(),
        )

    def checkout(self, *, address: str | None = None) -> httpx.AsyncClient:
        """A customer's browser: the checkout API, from the hosted page's origin; ``address`` is where it calls from."""
        descriptor = self.descriptor
        return httpx.AsyncClient(
            base_url=descriptor["urls"]["checkoutApi"],
            headers={"Origin": descriptor["edge"]["mainFrontend"], **_from(address)},
            timeout=REQUEST_S,
            transport=PatientTransport(),
        )

    def edge(self, host: str) -> httpx.AsyncClient:
        """One of the four public hosts through Caddy (``adminBackend`` …), its certificate checked."""
        descriptor = self.descriptor
        origin = httpx.URL(descriptor["edge"][host])
        certificate = Path(descriptor["edge"]["caCert"])
        context = ssl.create_default_context(
            cafile=str(certificate if certificate.is_absolute() else REPOSITORY / certificate)
        )

        class Mapped(PatientTransport):
            """Python does not resolve names under ``localhost``; the address is known."""

            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                request.extensions = {**request.extensions, "sni_hostname": request.url.host}
                request.url = request.url.copy_with(host="127.0.0.1")
                return await super().handle_async_request(request)

        return httpx.AsyncClient(base_url=origin, transport=Mapped(verify=context), timeout=REQUEST_S)

    async def kill(self, name: str) -> None:
        """``kill -9`` one process and wait until the supervisor has another one running."""
        before: int = await eventually(lambda: self._running_pid(name), RESTARTED_S)
        os.kill(before, signal.SIGKILL)
        await self.restarted(name, before)

    async def restarted(self, name: str, before: int) -> None:
        """Wait until the process has a new pid and runs."""
        await eventually(lambda: self._running_pid(name) not in (None, before), RESTARTED_S)

    def _running_pid(self, name: str) -> int | None:
        shown = self.process(name)
        return shown.get("pid") if shown.get("state") == "running" else None

    def process(self, name: str) -> dict[str, Any]:
        """State of one process now, as the supervisor reports it."""
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        found: dict[str, Any] = state["processes"][name]
        return found


def fresh_address() -> str:
    """An address from which no request came: what is counted for an address begins at nothing.

    A test that shows wrong credentials asks from one of these, so that it neither meets the limit that others used up
    nor uses it up for others.
    """
    return f"198.{secrets.choice((18, 19))}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"


def _from(address: str | None) -> dict[str, str]:
    # The stack's services believe this machine's own address, as they do their proxy.
    return {} if address is None else {"X-Real-IP": address}


@contextmanager
def running_stack(folder: Path) -> Iterator[Stack]:
    """A fresh stack in that folder (which is emptied), taken down afterwards.

    ``TEST_STACK`` names the run directory of a stack that already runs and is left alone.
    """
    if named := os.environ.get("TEST_STACK"):
        yield Stack(Path(named).resolve())
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = os.environ | {"GATEWAY_RUN_DIR": str(folder)}
    command = [sys.executable, "-m", "gateway_embedded"]
    up = subprocess.run([*command, "up"], env=environment, capture_output=True, text=True, timeout=UP_TIMEOUT_S)
    if up.returncode != 0:
        subprocess.run([*command, "down"], env=environment, check=False, timeout=DOWN_TIMEOUT_S)
        raise RuntimeError(f"the stack did not start:\n{up.stdout}{up.stderr}")
    try:
        yield Stack(folder)
    finally:
        subprocess.run([*command, "down"], env=environment, check=True, capture_output=True, timeout=DOWN_TIMEOUT_S)
