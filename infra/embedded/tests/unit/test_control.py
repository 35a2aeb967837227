"""``up`` waits for a supervisor as long as that lives, and no longer."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway_embedded import control
from gateway_embedded.control import StackError
from gateway_embedded.layout import Layout, write_json
from gateway_embedded.supervisor import AlreadyRunningError, acquire_lock

Turns = Callable[[dict[int, Callable[[], None]]], None]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "run")
    layout.prepare()
    return layout


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """It lives until its input ends."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as running:
        yield running
        running.kill()


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    """Between two looks at the state ten seconds pass; what happens in which pause."""

    def happen(events: dict[int, Callable[[], None]]) -> None:
        count = 0

        def sleep(_seconds: float) -> None:
            nonlocal count
            count += 1
            events.get(count, lambda: None)()

        monkeypatch.setattr(time, "sleep", sleep)
        monkeypatch.setattr(time, "monotonic", lambda: 10.0 * count)

    return happen


def test_a_supervisor_that_takes_minutes_to_say_something_is_waited_for(
    layout: Layout, process: subprocess.Popen[bytes], turns: Turns
) -> None:
    def ready() -> None:
        write_json(layout.descriptor, {})
        write_json(layout.state, {"phase": "ready"})

    turns({20: ready})

    control._wait_ready(layout, process)


def test_one_that_ended_is_reported_at_once_with_its_last_words(
    layout: Layout, process: subprocess.Popen[bytes], turns: Turns
) -> None:
    layout.log("supervisor").write_text("no memory left")

    def die() -> None:
        process.kill()
        process.wait()

    turns({3: die})

    with pytest.raises(StackError, match=r"ended:\nno memory left"):
        control._wait_ready(layout, process)


def test_what_it_says_while_it_ends_is_not_missed(
    layout: Layout, process: subprocess.Popen[bytes], turns: Turns
) -> None:
    def fail() -> None:
        write_json(layout.state, {"phase": "failed", "message": "mongod did not start"})
        process.kill()
        process.wait()

    turns({1: fail})

    with pytest.raises(StackError, match="mongod did not start"):
        control._wait_ready(layout, process)


def test_a_stack_that_never_gets_ready_is_given_up(
    layout: Layout, process: subprocess.Popen[bytes], turns: Turns
) -> None:
    turns({})

    with pytest.raises(StackError, match="not ready in 900 s"):
        control._wait_ready(layout, process)


def test_of_two_commands_at_once_both_wait_for_the_one_supervisor(
    layout: Layout, process: subprocess.Popen[bytes], turns: Turns
) -> None:
    process.kill()
    process.wait()

    def ready() -> None:
        write_json(layout.descriptor, {})
        write_json(layout.state, {"phase": "ready"})

    turns({20: ready})

    with acquire_lock(layout.lock):
        control._wait_ready(layout, process)
        assert control.running_pid(layout) == os.getpid()
        with pytest.raises(AlreadyRunningError):
            acquire_lock(layout.lock)


def test_who_asks_whether_one_runs_is_no_supervisor(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    asking = layout.lock.open("a+")
    fcntl.flock(asking, fcntl.LOCK_SH)
    monkeypatch.setattr("gateway_embedded.supervisor.time.sleep", lambda _seconds: asking.close())

    with acquire_lock(layout.lock):
        assert control.is_running(layout)
