"""The daemon that owns the stack's processes: ``python -m gateway_embedded supervise``."""

import asyncio
import fcntl
import os
import signal
import time
from pathlib import Path
from typing import Any, TextIO

from gateway_embedded.credentials import load_credentials
from gateway_embedded.descriptor import build_descriptor
from gateway_embedded.environment import PRELOADED, Environment
from gateway_embedded.layout import Layout, read_json, write_json
from gateway_embedded.managed import Managed
from gateway_embedded.plan import Job, build_plan
from gateway_embedded.ports import choose_ports
from gateway_embedded.servers.binaries import BinaryMissingError
from gateway_embedded.servers.forked import Nursery
from gateway_embedded.servers.process import PortClaims, ServerFailedError, ServerProcess, log_tail

JOB_TIMEOUT_S = 300.0
_POLL_S = 0.1


class AlreadyRunningError(Exception):
    """Another supervisor holds the lock."""


def acquire_lock(path: Path) -> TextIO:
    """The lock of a stack, held until the process ends, however it ends. The file tells the pid.

    Raises:
        AlreadyRunningError: another process holds it.
    """
    lock = path.open("a+")
    while not _locked(lock, fcntl.LOCK_EX):
        # A process that asks whether one runs shares a lock for a moment: that is not another supervisor.
        if not _locked(lock, fcntl.LOCK_SH):
            lock.close()
            raise AlreadyRunningError(f"{path} is held by another supervisor")
        fcntl.flock(lock, fcntl.LOCK_UN)
        time.sleep(_POLL_S)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _locked(lock: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class Supervisor:
    """Starts the plan's stages in order, keeps them, and ends them in the reverse order."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._env: Environment | None = None
        self._stages: list[list[Managed]] = []
        self._phase = "starting"
        self._message = ""
        self._notes: list[str] = []
        self._claims = PortClaims()
        self._nursery = Nursery(PRELOADED)
        self._stop = asyncio.Event()

    async def run(self) -> int:
        """Until SIGTERM; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.request_stop)
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        code = 0
        if starting.done():
            code = self._outcome(starting)
            if code == 0:
                self._set_phase("ready")
                await stopping
        starting.cancel()
        stopping.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)
        await self._end(failed=code != 0)
        return code

    def request_stop(self) -> None:
        """Let ``run`` end everything and return."""
        self._stop.set()

    def _outcome(self, starting: asyncio.Task[None]) -> int:
        try:
            starting.result()
        except (ServerFailedError, BinaryMissingError) as error:
            self._message = str(error)
            return 1
        return 0

    async def _start(self) -> None:
        self._publish()
        kept = read_json(self._layout.ports)
        ports = choose_ports(self._layout, self._claims)
        self._notes = [
            f"port {kept[name]} of {name} is taken by another program: using {port}"
            for name, port in ports.items()
            if kept.get(name, port) != port
        ]
        env = self._env = Environment(self._layout, ports, load_credentials(self._layout))
        for stage in build_plan(env):
            if isinstance(stage, Job):
                self._set_phase(stage.name)
                await self._run_job(stage)
                continue
            self._set_phase("starting")
            managed = [Managed(spec, self._layout, self._publish, self._nursery) for spec in stage]
            self._stages.append(managed)
            await asyncio.gather(*(process.start() for process in managed))

    async def _run_job(self, job: Job) -> None:
        log = self._layout.log(job.name)
        process = ServerProcess.launch(job.name, job.command, log=log, env=job.env, nursery=self._nursery)
        deadline = time.monotonic() + JOB_TIMEOUT_S
        try:
            while process.popen.poll() is None:
                if time.monotonic() > deadline:
                    raise ServerFailedError(f"{job.name} did not end in {JOB_TIMEOUT_S:.0f} s:\n{log_tail(log)}")
                await asyncio.sleep(_POLL_S)
        finally:
            process.terminate()
        if process.popen.returncode != 0:
            raise ServerFailedError(f"{job.name} failed with {process.popen.returncode}:\n{log_tail(log)}")

    async def _end(self, *, failed: bool) -> None:
        self._set_phase("failed" if failed else "stopping")
        self._layout.descriptor.unlink(missing_ok=True)
        for stage in reversed(self._stages):
            await asyncio.gather(*(process.stop() for process in stage))
        self._nursery.close()
        self._claims.release()
        self._set_phase("failed" if failed else "stopped")

    def _set_phase(self, phase: str) -> None:
        self._phase = phase
        self._publish()

    def _publish(self) -> None:
        processes = {m.spec.name: m.describe() for stage in self._stages for m in stage}
        state: dict[str, Any] = {"pid": os.getpid(), "phase": self._phase, "processes": processes}
        if self._notes:
            state["notes"] = self._notes
        if self._message:
            state["message"] = self._message
        write_json(self._layout.state, state)
        if self._env is not None and self._phase == "ready":
            write_json(self._layout.descriptor, build_descriptor(self._env, processes))


def supervise(layout: Layout) -> int:
    """Runs a supervisor in this process; 0 after a normal end, also when another one runs already."""
    layout.prepare()
    try:
        lock = acquire_lock(layout.lock)
    except AlreadyRunningError:
        return 0
    with lock:
        return asyncio.run(Supervisor(layout).run())
