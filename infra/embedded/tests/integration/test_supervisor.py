"""A whole life of a supervisor with a small plan of real processes."""

import asyncio
import sys
from pathlib import Path

import pytest

from gateway_embedded import supervisor
from gateway_embedded.control import running_pid
from gateway_embedded.layout import Layout, read_json
from gateway_embedded.plan import Job, Process, Stage
from gateway_embedded.supervisor import AlreadyRunningError, Supervisor, acquire_lock
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

# Notes its start and its end in the journal, one line each.
CHILD = """
import pathlib, signal, sys, time
name, journal = sys.argv[1], pathlib.Path(sys.argv[2])
def note(word):
    with journal.open("a") as out:
        out.write(f"{word} {name}\\n")
signal.signal(signal.SIGTERM, lambda *_: (note("end"), sys.exit(0)))
note("begin")
time.sleep(600)
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "run")
    layout.prepare()
    return layout


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    journal = tmp_path / "journal"
    journal.touch()
    return journal


def _process(name: str, journal: Path) -> Process:
    async def begun() -> bool:
        return f"begin {name}\n" in journal.read_text()

    return Process(name, (sys.executable, "-c", CHILD, name, str(journal)), {}, begun)


def _job(name: str, journal: Path, *, code: int = 0) -> Job:
    script = f"open({str(journal)!r}, 'a').write('job {name}\\n'); print('the reason'); raise SystemExit({code})"
    return Job(name, (sys.executable, "-c", script), {})


def _use(monkeypatch: pytest.MonkeyPatch, plan: list[Stage]) -> None:
    monkeypatch.setattr(supervisor, "build_plan", lambda env: plan)


async def test_stages_start_in_order_and_end_in_the_reverse_one(
    layout: Layout, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan: list[Stage] = [(_process("store", journal),), _job("prepare", journal), (_process("service", journal),)]
    _use(monkeypatch, plan)
    subject = Supervisor(layout)
    running = asyncio.create_task(subject.run())
    await eventually(lambda: read_json(layout.state).get("phase") == "ready")
    stack = read_json(layout.descriptor)
    assert set(stack["processes"]) == {"store", "service"}
    assert layout.descriptor.stat().st_mode & 0o777 == 0o600
    subject.request_stop()
    assert await running == 0
    assert journal.read_text().splitlines() == [
        "begin store",
        "job prepare",
        "begin service",
        "end service",
        "end store",
    ]
    assert read_json(layout.state)["phase"] == "stopped"
    assert not layout.descriptor.exists()


async def test_a_failed_job_ends_the_start_with_its_reason(
    layout: Layout, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan: list[Stage] = [(_process("store", journal),), _job("prepare", journal, code=2), (_process("never", journal),)]
    _use(monkeypatch, plan)
    assert await Supervisor(layout).run() == 1
    state = read_json(layout.state)
    assert state["phase"] == "failed"
    assert "prepare failed with 2" in state["message"]
    assert "the reason" in state["message"]
    assert journal.read_text().splitlines() == ["begin store", "job prepare", "end store"]


async def test_a_stop_during_the_start_is_obeyed(
    layout: Layout, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> bool:
        return False

    plan: list[Stage] = [(Process("slow", (sys.executable, "-c", CHILD, "slow", str(journal)), {}, never),)]
    _use(monkeypatch, plan)
    subject = Supervisor(layout)
    running = asyncio.create_task(subject.run())
    await eventually(lambda: "begin slow" in journal.read_text())
    subject.request_stop()
    assert await running == 0
    assert "end slow" in journal.read_text()


def test_a_stack_has_one_supervisor_and_a_stale_file_is_none(layout: Layout) -> None:
    assert running_pid(layout) is None
    layout.lock.write_text("999999")
    assert running_pid(layout) is None
    with acquire_lock(layout.lock):
        assert running_pid(layout) is not None
        with pytest.raises(AlreadyRunningError):
            acquire_lock(layout.lock)
    assert running_pid(layout) is None
