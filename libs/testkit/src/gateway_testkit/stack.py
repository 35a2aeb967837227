"""A started stack as tests see it: its descriptor, its API, its processes."""

import json
import os
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
UP_TIMEOUT_S = 240


@dataclass(frozen=True)
class Stack:
    """A running stack. ``folder`` is its run directory."""

    folder: Path

    @property
    def descriptor(self) -> dict[str, Any]:
        """``stack.json`` as it is now (process ids change when a process was restarted)."""
        found: dict[str, Any] = json.loads((self.folder / "stack.json").read_text())
        return found

    def admin(self, key: str | None = None) -> httpx.AsyncClient:
        """A merchant's server: the admin API with the demo key."""
        descriptor = self.descriptor
        return httpx.AsyncClient(
            base_url=descriptor["urls"]["adminApi"],
            headers={"Authorization": f"Bearer {key or descriptor['demo']['apiKey']}"},
            timeout=30,
        )

    def checkout(self) -> httpx.AsyncClient:
        """A customer's browser: the checkout API, from the hosted page's origin."""
        descriptor = self.descriptor
        return httpx.AsyncClient(
            base_url=descriptor["urls"]["checkoutApi"],
            headers={"Origin": descriptor["edge"]["mainFrontend"]},
            timeout=30,
        )

    def edge(self, host: str) -> httpx.AsyncClient:
        """One of the four public hosts through Caddy (``adminBackend`` …), its certificate checked."""
        descriptor = self.descriptor
        origin = httpx.URL(descriptor["edge"][host])
        certificate = Path(descriptor["edge"]["caCert"])
        context = ssl.create_default_context(
            cafile=str(certificate if certificate.is_absolute() else REPOSITORY / certificate)
        )

        class Mapped(httpx.AsyncHTTPTransport):
            """Python does not resolve names under ``localhost``; the address is known."""

            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                request.extensions = {**request.extensions, "sni_hostname": request.url.host}
                request.url = request.url.copy_with(host="127.0.0.1")
                return await super().handle_async_request(request)

        return httpx.AsyncClient(base_url=origin, transport=Mapped(verify=context), timeout=30)

    async def kill(self, name: str) -> None:
        """``kill -9`` one process and wait until the supervisor has another one running."""
        before = self.process(name)["pid"]
        os.kill(before, signal.SIGKILL)
        await self.restarted(name, before)

    async def restarted(self, name: str, before: int) -> None:
        """Wait until the process has a new pid and runs."""

        def check() -> bool:
            shown = self.process(name)
            return shown.get("pid") not in (None, before) and shown.get("state") == "running"

        await eventually(check, 60)

    def process(self, name: str) -> dict[str, Any]:
        """What the supervisor says about one process now."""
        state: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        found: dict[str, Any] = state["processes"][name]
        return found


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
        subprocess.run([*command, "down"], env=environment, check=False, timeout=120)
        raise RuntimeError(f"the stack did not start:\n{up.stdout}{up.stderr}")
    try:
        yield Stack(folder)
    finally:
        subprocess.run([*command, "down"], env=environment, check=True, capture_output=True, timeout=120)
