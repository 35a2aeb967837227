"""The supervisor's care for one process, with small real processes."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gateway_embedded import managed
from gateway_embedded.layout import Layout
from gateway_embedded.managed import Managed
from gateway_embedded.plan import Process, answers
from gateway_embedded.servers.process import LOOPBACK, ServerFailedError, free_port
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

SERVER = f"""
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("{LOOPBACK}", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[Managed]:
    layout = Layout(tmp_path)
    layout.prepare()
    url = f"http://{LOOPBACK}:{(port := free_port())}/"
    spec = Process("small", (sys.executable, "-c", SERVER, str(port)), {}, lambda: answers(url), probe=url)
    process = Managed(spec, layout, lambda: None)
    await process.start()
    yield process
    await process.stop()


async def test_a_killed_process_is_started_again_and_shown(server: Managed) -> None:
    first = server.describe()
    assert (first["state"], first["restarts"]) == ("running", 0)
    os.kill(first["pid"], signal.SIGKILL)
    await eventually(lambda: server.describe()["restarts"] >= 1 and server.describe()["state"] == "running")
    second = server.describe()
    assert second["pid"] != first["pid"]
    assert second["reason"] == "killed by signal 9"


async def test_a_process_that_gives_way_does_so_once_it_is_ready_and_after_each_start(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.prepare()
    url = f"http://{LOOPBACK}:{(port := free_port())}/"
    while_starting: set[int] = set()

    async def ready() -> bool:
        if (pid := process.describe().get("pid")) is not None:
            while_starting.add(os.getpriority(os.PRIO_PROCESS, pid))
        return await answers(url)

    process = Managed(
        Process("polite", (sys.executable, "-c", SERVER, str(port)), {}, ready, niceness=7), layout, lambda: None
    )
    await process.start()
    try:
        first = process.describe()["pid"]
        assert _niceness(first) == (7, 7)
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: process.describe()["restarts"] >= 1 and process.describe()["state"] == "running")
        assert _niceness(process.describe()["pid"]) == (7, 7)
        assert while_starting == {os.getpriority(os.PRIO_PROCESS, 0)}
    finally:
        await process.stop()


def _niceness(pid: int) -> tuple[int, int]:
    """Of the process and of its session, as far as this kernel knows about sessions."""
    own = os.getpriority(os.PRIO_PROCESS, pid)
    session = Path(f"/proc/{pid}/autogroup")
    return own, int(session.read_text().split()[-1]) if session.exists() else own


async def test_a_frozen_process_is_replaced(server: Managed, monkeypatch: pytest.MonkeyPatch) -> None:
    # Impatient from now on: on a machine that stands still a sound process may then be replaced too, which is no harm.
    monkeypatch.setattr(managed, "PROBE_INTERVAL_S", 0.1)
    monkeypatch.setattr("gateway_embedded.plan.PROBE_TIMEOUT_S", 1.0)
    monkeypatch.setattr(managed, "STOP_TIMEOUT_S", 0.3)
    frozen = server.describe()["pid"]
    os.kill(frozen, signal.SIGSTOP)
    await eventually(lambda: server.describe()["state"] == "running" and server.describe()["pid"] != frozen)
    assert server.describe()["reason"] == "3 probes were not answered"


async def test_a_stopped_process_stays_down(server: Managed) -> None:
    pid = server.describe()["pid"]
    await server.stop()
    assert server.describe()["state"] == "stopped"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_process_that_cannot_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    layout = Layout(tmp_path)
    layout.prepare()
    spec = Process("broken", (sys.executable, "-c", "print('no such setting'); raise SystemExit(3)"), {}, never)
    with pytest.raises(ServerFailedError, match=r"broken ended with 3 at start:(.|\n)*no such setting"):
        await Managed(spec, layout, lambda: None).start()
