"""``make demo`` and ``make up``: every address that they print answers, and nothing stays that was not announced."""

import asyncio
import ctypes
import io
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from einvoice_rules import RulesProcess
from pypdf import PdfReader

from gateway_embedded import control
from gateway_embedded.layout import Layout, read_json
from gateway_testkit.stack import UP_TIMEOUT_S, Stack
from gateway_testkit.waiting import eventually

_PR_SET_CHILD_SUBREAPER = 36
_HEADER = re.compile(r"(?P<name>[\w-]+): (?P<value>.+)")
_ADDRESS = re.compile(r"(?:(?P<method>GET|POST) )?(?P<url>https?://\S+)(?: with (?P<header>.+))?")
_MAIL = re.compile(r"(?P<url>https?://\S+/mails/\d+) shows it")
ENDED_S = 120


class Command:
    """A command that runs, and what it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.output = ""

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.output += line.decode()

    async def says(self, text: str) -> None:
        """Wait until it has printed that."""

        def check() -> bool:
            assert self.process.returncode is None or text in self.output, self.output
            return text in self.output

        await eventually(check, UP_TIMEOUT_S)

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        return await asyncio.wait_for(self.process.wait(), UP_TIMEOUT_S)


@asynccontextmanager
async def running(folder: Path, *arguments: str) -> AsyncIterator[Command]:
    """A command on the stack of that folder."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway_embedded", *arguments),
        env=os.environ | {"GATEWAY_RUN_DIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    command = Command(process)
    reading = asyncio.create_task(command.read())
    try:
        yield command
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A run directory of its own. What a failing test leaves there is ended."""
    yield tmp_path / "run"
    control.down(Layout(tmp_path / "run"))


@pytest.fixture
def orphans() -> Iterator[set[int]]:
    """Processes that lost their parent come to this process while the test runs; those that it had before.

    What a failing test leaves is ended: a supervisor that has no lock yet is not found in any other way.
    """
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    before = children()
    yield before
    for left in children() - before:
        os.kill(left, signal.SIGTERM)
    prctl(_PR_SET_CHILD_SUBREAPER, 0)


def children() -> set[int]:
    """The living child processes of this process."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.add(int(folder.name))
    return found


async def assert_nothing_left(folder: Path, before: set[int]) -> None:
    """No process of that stack lives, and no process listens on one of its ports."""
    layout = Layout(folder)
    pids = [shown["pid"] for shown in read_json(layout.state).get("processes", {}).values() if "pid" in shown]
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
    left = {pid: Path(f"/proc/{pid}/cmdline").read_text()[:90] for pid in children() - before}
    assert left == {}
    assert [name for name, port in read_json(layout.ports).items() if listens(int(port))] == []


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def addresses(output: str) -> list[tuple[str, str, dict[str, str]]]:
    """Method, address and header of everything printed; a bare address is one to open."""
    found = []
    for match in _ADDRESS.finditer(output):
        header = _HEADER.fullmatch(match["header"] or "")
        found.append((match["method"] or "GET", match["url"], {header["name"]: header["value"]} if header else {}))
    return found


async def ask(stack: Stack, method: str, url: str, headers: dict[str, str]) -> int:
    """The status of the answer; through the edge where the address leads there."""
    key = stack.descriptor["demo"]["apiKey"]
    sent = {name: re.sub(r"<demo\.apiKey of .+>", key, value) for name, value in headers.items()}
    edge = {origin: host for host, origin in stack.descriptor["edge"].items()}
    origin = re.match(r"https?://[^/]+", url)
    assert origin is not None
    client = stack.edge(edge[origin[0]]) if origin[0] in edge else httpx.AsyncClient()
    async with client:
        answer = await client.request(method, url, headers=sent, json={} if method == "POST" else None)
    return answer.status_code


async def test_every_address_that_the_demo_prints_answers(stack: Stack) -> None:
    async with running(stack.folder, "demo", "--once") as demo:
        assert await demo.ended() == 0
    printed = addresses(demo.output)

    assert len(printed) > 20
    assert {"GET", "POST"} == {method for method, _, _ in printed}
    for method, url, headers in printed:
        status = await ask(stack, method, url, headers)
        # A POST is sent without its body: its address is known and says what is wrong with it.
        assert status == 200 if method == "GET" else status in (200, 400, 401, 415, 422), f"{method} {url}: {status}"


async def test_every_address_that_up_prints_answers(stack: Stack) -> None:
    async with running(stack.folder, "up") as up:
        assert await up.ended() == 0

    assert "`make down` ends them" in up.output
    for method, url, headers in addresses(up.output):
        assert await ask(stack, method, url, headers) == 200, url


async def test_a_stack_that_ran_before_stays_up_and_the_demo_says_so(stack: Stack) -> None:
    async with running(stack.folder, "demo", "--once") as demo:
        assert await demo.ended() == 0
    async with running(stack.folder, "demo") as interrupted:
        await interrupted.says("Ctrl-C ends the demo; the stack stays up")
        interrupted.process.send_signal(signal.SIGINT)
        assert await interrupted.ended() == 0

    for output in (demo.output, interrupted.output):
        last = output.strip().splitlines()[-1]
        assert "ran before and stays up" in last
        assert f"{len(stack.descriptor['processes'])} processes keep running" in last
        assert "`make down` ends them" in last
    async with stack.admin() as api:
        assert (await api.get("/health")).status_code == 200


async def test_the_mail_of_the_demo_carries_a_valid_electronic_invoice(stack: Stack, rules: RulesProcess) -> None:
    async with running(stack.folder, "demo", "--once") as demo:
        assert await demo.ended() == 0
    shown = _MAIL.search(demo.output)
    assert shown is not None, demo.output
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{shown['url']}/attachments/0")

    assert answer.headers["Content-Type"] == "application/pdf"
    # The same bytes as the merchant downloads.
    assert answer.content == (stack.folder / "demo" / "invoice.pdf").read_bytes()
    [xml] = PdfReader(io.BytesIO(answer.content)).attachments["factur-x.xml"]
    assert b"<ram:GrandTotalAmount>49.00</ram:GrandTotalAmount>" in xml
    assert b"<ram:DuePayableAmount>0.00</ram:DuePayableAmount>" in xml
    findings = await asyncio.to_thread(rules.check, xml, "zugferd")
    assert findings.fatal == ()
    if findings.left_out:
        pytest.skip(f"valid for all rules but those that need Maven: {', '.join(findings.left_out)}")


async def test_a_demo_ends_what_it_started(folder: Path, orphans: set[int]) -> None:
    async with running(folder, "demo", "--once") as demo:
        assert await demo.ended() == 0

    assert "From REST call to PDF" in demo.output
    assert "All of it ends with this demo" in demo.output
    assert "is ended" in demo.output.strip().splitlines()[-1]
    assert (folder / "demo" / "invoice.pdf").read_bytes().startswith(b"%PDF-")
    await assert_nothing_left(folder, orphans)


@pytest.mark.parametrize(
    ("arguments", "moment", "stop"),
    [
        pytest.param(("demo",), "mongod running", signal.SIGINT, id="database"),
        # The same at other moments.
        pytest.param(("up",), "caddy running", signal.SIGHUP, id="up-terminal-closed", marks=pytest.mark.nightly),
        pytest.param(("demo",), "Starting the stack", signal.SIGINT, id="at-once", marks=pytest.mark.nightly),
        pytest.param(
            ("demo", "--once"), "svc-admin-api running", signal.SIGINT, id="first-service", marks=pytest.mark.nightly
        ),
        pytest.param(("demo",), "svc-transaction running", signal.SIGTERM, id="killed", marks=pytest.mark.nightly),
        pytest.param(("up",), "nats-server running", signal.SIGINT, id="up", marks=pytest.mark.nightly),
    ],
)
async def test_an_interrupted_start_leaves_nothing_behind(
    folder: Path, orphans: set[int], arguments: tuple[str, ...], moment: str, stop: signal.Signals
) -> None:
    async with running(folder, *arguments) as command:
        await command.says(moment)
        command.process.send_signal(stop)
        assert await asyncio.wait_for(command.process.wait(), ENDED_S) == 130

    assert "Traceback" not in command.output
    await assert_nothing_left(folder, orphans)


@pytest.mark.nightly
async def test_an_interrupted_story_and_a_reader_who_leaves_end_the_stack(folder: Path, orphans: set[int]) -> None:
    async with running(folder, "demo") as command:
        await command.says("The customer opens the payment page")
        command.process.send_signal(signal.SIGINT)
        await command.ended()
    assert "Traceback" not in command.output
    await assert_nothing_left(folder, orphans)

    pipe = f"{sys.executable} -m gateway_embedded demo | head -n 1"
    environment = os.environ | {"GATEWAY_RUN_DIR": str(folder)}
    shell = await asyncio.create_subprocess_shell(pipe, env=environment, stderr=asyncio.subprocess.PIPE)
    _, error = await shell.communicate()
    assert b"Traceback" not in error
    await assert_nothing_left(folder, orphans)
