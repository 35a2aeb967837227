"""Python processes forked from one that has imported the modules of all of them.

The start of a service is imports for the most part. A `Nursery` does them once; each process that it forks has them,
runs its command as ``python -m`` does, and is a child of the process that asked for it, not of the nursery.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway_embedded.servers.parentage import adopt_orphans, die_with_parent, name_process

_POLL_S: Final = 0.001


class ForkedProcess:
    """A child of this process that a nursery forked; the part of `subprocess.Popen` that servers need.

    Attributes:
        returncode: as `subprocess.Popen` has it; None while it was not seen to end.
    """

    def __init__(self, pid: int) -> None:
        self.pid: Final = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The return code, once it has ended."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The return code, as soon as it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not.
        """
        if (code := self.poll()) is not None:
            return code
        descriptor = os.pidfd_open(self.pid)
        try:
            if not select.select([descriptor], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        finally:
            os.close(descriptor)
        code = self.poll()
        assert code is not None
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


class Nursery:
    """The process that imports and forks. It ends with the one that made it.

    What it forks is adopted by the process that made the nursery.

    Args:
        modules: what it imports.
    """

    def __init__(self, modules: Iterable[str]) -> None:
        adopt_orphans()
        self._socket, theirs = socket.socketpair()
        self._using = threading.Lock()
        # The end of its socket ends it, but only after its imports; the signal comes at once. That one follows the
        # thread that asks for it, so only the main thread does.
        is_main = threading.current_thread() is threading.main_thread()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno()), *modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                preexec_fn=die_with_parent if is_main else None,
            )
        self._replies = self._socket.makefile("rb")

    def launch(self, command: Sequence[str], *, log: Path, env: Mapping[str, str]) -> ForkedProcess:
        """Fork a process for ``module [arguments …]``, with its output appended to a file.

        Raises:
            ChildProcessError: the nursery has ended.
        """
        asked = {"command": list(command), "log": str(log), "env": dict(env), "parent": os.getpid()}
        with self._using:
            reply = b""
            with contextlib.suppress(ConnectionError):
                self._socket.sendall(json.dumps(asked).encode() + b"\n")
                reply = self._replies.readline()
        if not reply:
            raise ChildProcessError(f"the process that forks others ended with {self._process.wait()}")
        return ForkedProcess(int(reply))

    def close(self) -> None:
        """End it, also while it imports; what it forked goes on."""
        self._process.terminate()
        self._replies.close()
        self._socket.close()
        self._process.wait()


@dataclass(frozen=True)
class _Order:
    """The command of a forked process. ``between`` is the process that forked it and ends at once."""

    asked: Mapping[str, Any]
    between: int


def _wait_for_order(channel: socket.socket) -> _Order | None:
    """In a forked process its order; in the nursery nothing, at its end."""
    with channel.makefile("rb") as requests:
        for line in requests:
            there, here = os.pipe()
            between = os.fork()
            if not between:
                own = os.getpid()
                if child := os.fork():
                    os.write(here, b"%d\n" % child)
                    os._exit(0)
                os.close(there)
                os.close(here)
                return _Order(json.loads(line), own)
            os.close(here)
            os.waitpid(between, 0)
            channel.sendall(os.read(there, 32))
            os.close(there)
    return None


def _become(order: _Order) -> None:
    asked = order.asked
    os.setsid()
    output = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    while os.getppid() == order.between:
        # Its end must not count as the parent's.
        time.sleep(_POLL_S)
    die_with_parent()
    if os.getppid() != asked["parent"]:
        sys.exit("the process that asked for this one has ended")
    module, *sys.argv[1:] = asked["command"]
    name_process(module.removeprefix("gateway_"))
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main(descriptor: str, *modules: str) -> None:
    """Import, fork on request, and end with the other side of the socket."""
    for module in modules:
        importlib.import_module(module)
    if threading.active_count() > 1:
        raise RuntimeError("an import has started a thread, which a forked process would not have")
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(descriptor)) as channel:
        order = _wait_for_order(channel)
    if order is not None:
        _become(order)


if __name__ == "__main__":
    main(*sys.argv[1:])
