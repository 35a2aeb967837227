"""The memory of a real process while strangers send what they can."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

SERVER = Path(__file__).parent.parent / "body_server.py"
CROWD = 300
BODY_BYTES = 1_000_000
GROWTH_BYTES_MAX = 100 * 1024 * 1024
"""Less than a third of what the crowd sends."""


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    @property
    def resident_bytes(self) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) * 1024

    async def is_up(self) -> bool:
        try:
            return b" 200 " in await self.post("203.0.113.5", b"{}", announced="content-length: 2")
        except ConnectionError:
            return False

    async def post(self, address: str, body: bytes, *, announced: str) -> bytes:
        """The answer's first line; what the server does not take any more is not sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"POST / HTTP/1.1\r\nhost: test\r\nx-real-ip: {address}\r\n{announced}\r\n\r\n".encode())
        try:
            writer.write(body)
            return await reader.readline()
        except ConnectionError:
            return b""
        finally:
            writer.close()


@pytest.fixture
def server() -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, str(SERVER)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    yield Server(int(process.stdout.readline()), process.pid)
    process.terminate()
    process.communicate()


@pytest.mark.parametrize("announced", [f"content-length: {BODY_BYTES + 1}", "transfer-encoding: chunked"])
async def test_large_bodies_of_many_addresses_stay_out_of_memory(server: Server, announced: str) -> None:
    is_chunked = "chunked" in announced
    body = (b"%x\r\n" % BODY_BYTES if is_chunked else b"") + b"x" * BODY_BYTES
    await eventually(server.is_up)
    before = server.resident_bytes

    crowd = [server.post(f"198.51.100.{number}", body, announced=announced) for number in range(CROWD)]
    tasks = [asyncio.create_task(one) for one in crowd]
    peak = 0
    while not all(task.done() for task in tasks):
        peak = max(peak, server.resident_bytes)
        assert await server.is_up(), "another client is served meanwhile"
    answers = {task.result().partition(b" ")[2][:3] for task in tasks}

    assert answers <= {b"413", b"429", b"503", b""}
    assert peak - before < GROWTH_BYTES_MAX
