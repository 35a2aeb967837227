"""Starting a server, waiting until it answers, ending it: the same for every binary."""

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = "127.0.0.1"
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
PROBE_INTERVAL_S = 0.05

_FIRST_PORT = 20_000
_PORT_TRIES = 100
_given: set[int] = set()

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ServerFailedError(Exception):
    """A server ended at start, or did not get ready in time; the message ends with the tail of its log."""


def free_port() -> int:
    """A loopback port that nobody listens on now, another one each time.

    It lies below the ports that the system itself hands out (to clients, and to servers that ask for any), so that it
    is still free when a process binds it seconds later.
    """
    for _ in range(_PORT_TRIES):
        port = secrets.choice(range(_FIRST_PORT, _first_port_of_the_system()))
        if port not in _given and is_port_free(port):
            _given.add(port)
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port = int(probe.getsockname()[1])
        return port


def _first_port_of_the_system() -> int:
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        first = 32_768
    return max(first, _FIRST_PORT + 1)


def is_port_free(port: int) -> bool:
    """Whether one could listen on that loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def die_with_parent() -> None:
    """Runs in the child before exec: a parent that is killed leaves no servers behind."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def log_tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file, or nothing when there is none."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@dataclass
class ServerProcess:
    """One running binary whose output goes to a log file."""

    name: str
    popen: subprocess.Popen[bytes] = field(repr=False)
    log: Path

    @classmethod
    def launch(
        cls, name: str, command: Sequence[str | Path], *, log: Path, env: Mapping[str, str] | None = None
    ) -> "ServerProcess":
        """Starts the binary in its own process group, so that a Ctrl-C at the terminal reaches only its supervisor."""
        log.parent.mkdir(parents=True, exist_ok=True)
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
