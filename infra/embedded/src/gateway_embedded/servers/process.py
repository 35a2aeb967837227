"""Starting a server, waiting until it answers, ending it: the same for every binary."""

import contextlib
import fcntl
import functools
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway_embedded.servers.forked import ForkedProcess, Nursery
from gateway_embedded.servers.parentage import die_with_parent

LOOPBACK = "127.0.0.1"
_PYTHON_VARIABLES = frozenset({"PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "PYTHONMALLOC", "PYTHONASYNCIODEBUG"})
PYTHON = (sys.executable, "-m")
"""The beginning of a command that runs a module."""
# On a machine that does ten other things a server takes its time; one that ended is noticed at once.
READY_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 15.0
PROBE_INTERVAL_S = 0.05

_FIRST_PORT = 20_000
_PORTS_MIN = 1_000


class ServerFailedError(Exception):
    """A server ended at start, or did not get ready in time; the message ends with the tail of its log."""


class PortClaims:
    """Loopback ports that this process keeps for its servers, from the choice on: they listen seconds later.

    A claim is a lock on a file per port, in a folder that all processes of this user share; it ends with the process,
    however that ends. So two stacks that start at the same moment do not choose the same ports.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"gateway-ports-{os.getuid()}"
        self._locks: dict[int, int] = {}

    def take(self, port: int) -> bool:
        """Whether it is ours: claimed already or from now on, and no process listens there."""
        if port in self._locks:
            return is_port_free(port)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._folder / str(port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        if not is_port_free(port):
            os.close(lock)
            return False
        self._locks[port] = lock
        return True

    def any(self, *, but: Collection[int] = ()) -> int:
        """Claims a port that is neither ours yet nor among those."""
        candidates = [port for port in _free_range() if port not in self._locks and port not in but]
        random.shuffle(candidates)
        return next(port for port in candidates if self.take(port))

    def release(self) -> None:
        """Gives all of them back."""
        while self._locks:
            os.close(self._locks.popitem()[1])


@functools.cache
def _own_claims() -> PortClaims:
    return PortClaims()


def free_port() -> int:
    """A loopback port on which no process listens; this process keeps it from other stacks as long as it lives."""
    return _own_claims().any()


def _free_range() -> range:
    """Below the ports that the system itself hands out, to clients and to servers that ask for any."""
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        first = 32_768
    return range(_FIRST_PORT, max(first, _FIRST_PORT + _PORTS_MIN))


def is_port_free(port: int) -> bool:
    """Whether one could listen on that loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def log_tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file, or nothing when there is none."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@dataclass
class ServerProcess:
    """One running binary whose output goes to a log file."""

    name: str
    popen: subprocess.Popen[bytes] | ForkedProcess = field(repr=False)
    log: Path

    @classmethod
    def launch(
        cls,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        nursery: Nursery | None = None,
    ) -> "ServerProcess":
        """Starts the binary in its own process group, so that a Ctrl-C at the terminal reaches only its supervisor.

        Args:
            nursery: forks it, if it is a module of Python and the environment sets nothing of the interpreter's own.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        variables = os.environ if env is None else env
        if nursery is not None and tuple(command[:2]) == PYTHON and not _PYTHON_VARIABLES.intersection(variables):
            return cls(name, nursery.launch([str(part) for part in command[2:]], log=log, env=variables), log)
        with log.open("ab") as output:
            popen = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        return cls(name, popen, log)

    @property
    def pid(self) -> int:
        """The process id."""
        return self.popen.pid

    def wait_ready(self, check: Callable[[], bool], *, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Waits until ``check`` is true.

        Raises:
            ServerFailedError: the process ended, or the deadline passed; the process is ended in that case.
        """
        deadline = time.monotonic() + timeout_s
        while not check():
            if self.popen.poll() is not None:
                raise ServerFailedError(f"{self.name} ended with {self.popen.returncode}:\n{log_tail(self.log)}")
            if time.monotonic() > deadline:
                self.terminate()
                raise ServerFailedError(f"{self.name} was not ready in {timeout_s:.0f} s:\n{log_tail(self.log)}")
            time.sleep(PROBE_INTERVAL_S)

    def give_way(self, niceness: int) -> None:
        """Lets other processes of this machine go first: from 1, a little, to 19, which leaves only idle time.

        Where Linux shares time between sessions first ("autogroups"), niceness counts only within one; so the process's
        session gets the same.
        """
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PGRP, self.pid, niceness)
        with contextlib.suppress(OSError):
            Path(f"/proc/{self.pid}/autogroup").write_text(str(niceness))

    def terminate(self, *, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Asks it to end, then insists. Harmless when it has ended already."""
        if self.popen.poll() is not None:
            return
        self.popen.terminate()
        try:
            self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()
