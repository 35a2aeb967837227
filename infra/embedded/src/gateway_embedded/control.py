"""``up``, ``down``, ``status``, ``logs``: what a person says to the supervisor."""

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from gateway_embedded.layout import Layout, read_json
from gateway_embedded.preflight import missing_for_running
from gateway_embedded.servers.process import log_tail

UP_TIMEOUT_S = 900.0
DOWN_TIMEOUT_S = 120.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends a command: Ctrl-C, a polite kill, a terminal that was closed."""
_POLL_S = 0.1


class StackError(Exception):
    """A command could not do its work; the message is for the person."""


def running_pid(layout: Layout) -> int | None:
    """The supervisor's pid, None when none runs. A stale file does not matter: only the lock counts."""
    while is_running(layout):
        # Empty for a moment, between taking the lock and writing who took it.
        if pid := int(layout.lock.read_text() or 0):
            return pid
        time.sleep(_POLL_S)
    return None


def is_running(layout: Layout) -> bool:
    """Whether a supervisor holds the lock."""
    try:
        with layout.lock.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
    except FileNotFoundError:
        pass
    return False


def up(layout: Layout) -> bool:
    """Starts the stack unless it runs, and returns when all is ready. Whether this call started it.

    When it does not get ready, or the call is interrupted, everything that it started is ended.

    Raises:
        StackError: something did not start; the message ends with its log.
    """
    launched: subprocess.Popen[bytes] | None = None
    try:
        if not is_running(layout):
            if missing := missing_for_running():
                raise StackError("\n".join(missing))
            with _interrupts_wait():
                launched = _launch_supervisor(layout)
        _wait_ready(layout, launched)
    except BaseException:
        if launched is not None:
            _end(launched)
        raise
    # Of two commands at once, one's supervisor runs and the other's ended at once.
    return launched is not None and running_pid(layout) == launched.pid


def down(layout: Layout) -> bool:
    """Ends the stack; whether one ran.

    Raises:
        StackError: it does not end.
    """
    pid = running_pid(layout)
    if pid is None:
        return False
    # The process itself is waited for: its lock is free a moment before it is gone.
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        signal.pidfd_send_signal(process, signal.SIGTERM)
        if not select.select([process], [], [], DOWN_TIMEOUT_S)[0]:
            # The servers end with their supervisor.
            signal.pidfd_send_signal(process, signal.SIGKILL)
            raise StackError(f"the supervisor {pid} did not end in {DOWN_TIMEOUT_S:.0f} s and was killed")
    finally:
        os.close(process)
    return True


def status(layout: Layout) -> dict[str, Any]:
    """State that the supervisor reports; ``phase`` is ``down`` when none runs."""
    if running_pid(layout) is None:
        return {"phase": "down", "processes": {}}
    return read_json(layout.state)


def print_status(layout: Layout) -> int:
    """A table; 0 when everything runs."""
    now = status(layout)
    if now["phase"] == "down":
        print("The stack is down. Start it with `make up`.")
        return 1
    print(f"{now['phase']}, supervisor pid {now['pid']}")
    print(f"{'PROCESS':<20} {'STATE':<11} {'PID':>8} {'FOR':>9} {'RESTARTS':>8}  LOG")
    for name, shown in now["processes"].items():
        seconds = int(time.time() - shown["since"])
        age = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        line = f"{name:<20} {shown['state']:<11} {shown.get('pid', '-'):>8} {age:>9} {shown['restarts']:>8}"
        reason = f"  ({shown['reason']})" if shown.get("reason") else ""
        print(f"{line}  {shown['log']}{reason}")
    return 0 if all(shown["state"] == "running" for shown in now["processes"].values()) else 1


def follow_logs(layout: Layout, names: list[str], *, lines: int, follow: bool) -> None:
    """Replaces this process by ``tail``.

    Raises:
        StackError: no such log.
    """
    folder = layout.log("x").parent
    known = sorted(path.stem for path in folder.glob("*.log"))
    if unknown := set(names) - set(known):
        raise StackError(f"no log of {', '.join(sorted(unknown))}; there are: {', '.join(known) or 'none yet'}")
    files = [str(layout.log(name)) for name in names or known]
    if not files:
        raise StackError("there are no logs yet; start the stack with `make up`")
    os.execvp("tail", ["tail", "-n", str(lines), *(["-F"] if follow else []), *files])  # noqa: S606 - no shell


def print_json(layout: Layout) -> None:
    """The state as JSON, for scripts."""
    print(json.dumps(status(layout), indent=2))


def _launch_supervisor(layout: Layout) -> "subprocess.Popen[bytes]":
    layout.prepare()
    # The last stack's word must not be taken for this one's.
    layout.state.unlink(missing_ok=True)
    with layout.log("supervisor").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "gateway_embedded", "supervise"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"GATEWAY_RUN_DIR": str(layout.run)},
            cwd=layout.repository,
        )


def _end(launched: "subprocess.Popen[bytes]") -> None:
    """Ends a supervisor, with or without its lock, and thereby its processes."""
    launched.terminate()
    try:
        launched.wait(DOWN_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        # The servers end with their supervisor.
        launched.kill()
        launched.wait()


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """A signal that comes within raises at the end: what was launched is known by then."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt


def _wait_ready(layout: Layout, launched: "subprocess.Popen[bytes] | None") -> None:
    """``launched`` is the supervisor that this command began, None where one ran already."""
    deadline = time.monotonic() + UP_TIMEOUT_S
    said: set[str] = set()
    while True:
        # Before its last word is read: what it says when it ends is not missed.
        is_alive = _is_alive(layout, launched)
        now = read_json(layout.state)
        _say_progress(now, said)
        phase = now.get("phase")
        if phase == "ready" and layout.descriptor.exists():
            return
        if phase == "failed":
            raise StackError(now.get("message", "the stack failed to start"))
        if not is_alive:
            raise StackError(f"the supervisor ended:\n{log_tail(layout.log('supervisor'))}")
        if time.monotonic() > deadline:
            raise StackError(f"the stack was not ready in {UP_TIMEOUT_S:.0f} s; see `make status` and `make logs`")
        time.sleep(_POLL_S)


def _is_alive(layout: Layout, launched: "subprocess.Popen[bytes] | None") -> bool:
    """However long it takes to say its first word. One that another command launched at the same moment does, too: ours
    ended then, and theirs holds the lock."""
    return (launched is not None and launched.poll() is None) or is_running(layout)


def _say_progress(now: dict[str, Any], said: set[str]) -> None:
    steps = list(now.get("notes", ()))
    steps += [f"{name} {shown['state']}" for name, shown in now.get("processes", {}).items()]
    if now.get("phase") in ("topology", "seed"):
        steps.append(f"{now['phase']} job")
    for step in steps:
        if step not in said and not step.endswith(("waiting", "starting")):
            said.add(step)
            print(f"  {step}", flush=True)
