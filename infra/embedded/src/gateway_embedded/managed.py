"""One supervised process: started, watched, probed, started again."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from pymongo.errors import PyMongoError

from gateway_embedded.layout import Layout
from gateway_embedded.plan import Process, answers
from gateway_embedded.servers.forked import Nursery
from gateway_embedded.servers.process import STOP_TIMEOUT_S, ServerFailedError, ServerProcess, log_tail

State = Literal["waiting", "starting", "running", "restarting", "stopped"]

# Seventeen processes start at once: on a slow machine that takes minutes.
START_TIMEOUT_S = 240.0
START_ATTEMPTS = 3
POLL_INTERVAL_S = 0.1
# Looking after a process that runs; more often would cost as much as a small service.
WATCH_INTERVAL_S = 0.5
PROBE_INTERVAL_S = 2.0
PROBE_FAILURES_MAX = 3
BACKOFF_FIRST_S = 0.2
BACKOFF_MAX_S = 10.0
# After this long alive the next death counts as the first again.
STEADY_AFTER_S = 30.0
LOG_BYTES_MAX = 50 * 1024 * 1024


@dataclass
class Managed:
    """The life of one process of the plan. ``changed`` is called after every change of what ``describe`` says."""

    spec: Process
    layout: Layout
    changed: Callable[[], None]
    nursery: Nursery | None = None
    state: State = "waiting"
    restarts: int = 0
    reason: str = ""
    _process: ServerProcess | None = None
    _since: float = field(default_factory=time.time)
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when it is ready for the first time, and keeps it running from then on.

        Raises:
            ServerFailedError: it ended or was not ready in time, several times in a row.
        """
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                await self._launch()
                break
            except ServerFailedError:
                if attempt == START_ATTEMPTS:
                    raise
                await asyncio.sleep(BACKOFF_FIRST_S * attempt)
        self._task = asyncio.create_task(self._keep_running(), name=self.spec.name)

    async def stop(self) -> None:
        """Ends it for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._end()
        self._set("stopped")

    def describe(self) -> dict[str, Any]:
        """State for ``status`` and the descriptor."""
        shown: dict[str, Any] = {"state": self.state, "restarts": self.restarts, "since": self._since}
        shown["log"] = self.layout.shown(self.layout.log(self.spec.name))
        if self._process is not None and self.state != "stopped":
            shown["pid"] = self._process.pid
        if self.reason:
            shown["reason"] = self.reason
        return shown

    async def _launch(self) -> None:
        self._set("restarting" if self.restarts else "starting")
        log = self.layout.log(self.spec.name)
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
        self._process = ServerProcess.launch(
            self.spec.name, self.spec.command, log=log, env=self.spec.env, nursery=self.nursery
        )
        self.changed()
        try:
            await self._until_ready(self._process)
        except ServerFailedError:
            await self._end()
            raise
        if self.spec.niceness:
            # Not before: on a busy machine it would not get ready for minutes.
            self._process.give_way(self.spec.niceness)
        self._set("running")

    async def _until_ready(self, process: ServerProcess) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not await self.spec.ready():
            if (code := process.popen.poll()) is not None:
                raise ServerFailedError(f"{self.spec.name} ended with {code} at start:\n{log_tail(process.log)}")
            if time.monotonic() > deadline:
                raise ServerFailedError(
                    f"{self.spec.name} was not ready in {START_TIMEOUT_S:.0f} s:\n{log_tail(process.log)}"
                )
            await asyncio.sleep(POLL_INTERVAL_S)
        if process.popen.poll() is not None:
            raise ServerFailedError(f"{self.spec.name}: another program answers on its port:\n{log_tail(process.log)}")
        if self.spec.prepare is not None:
            try:
                await asyncio.to_thread(self.spec.prepare)
            except PyMongoError as error:
                raise ServerFailedError(f"{self.spec.name} could not be prepared: {error}") from error

    async def _keep_running(self) -> None:
        pause = BACKOFF_FIRST_S
        while True:
            began = time.monotonic()
            self.reason = await self._until_dead()
            self.restarts += 1
            self._set("restarting")
            await self._end()
            pause = BACKOFF_FIRST_S if time.monotonic() - began > STEADY_AFTER_S else min(pause * 2, BACKOFF_MAX_S)
            await asyncio.sleep(pause)
            try:
                await self._launch()
            except ServerFailedError as error:
                self.reason = str(error).splitlines()[0]

    async def _until_dead(self) -> str:
        """Why it needs a new start: it ended, or it is frozen."""
        process = self._process
        if process is None:
            return "not started"
        failures, next_probe = 0, time.monotonic() + PROBE_INTERVAL_S
        while (code := process.popen.poll()) is None:
            if self.spec.probe is not None and time.monotonic() >= next_probe:
                failures = 0 if await answers(self.spec.probe) else failures + 1
                if failures >= PROBE_FAILURES_MAX:
                    return f"{failures} probes were not answered"
                next_probe = time.monotonic() + PROBE_INTERVAL_S
            await asyncio.sleep(WATCH_INTERVAL_S)
        return f"killed by signal {-code}" if code < 0 else f"ended with {code}"

    async def _end(self) -> None:
        if self._process is not None:
            await asyncio.to_thread(self._process.terminate, timeout_s=STOP_TIMEOUT_S)

    def _set(self, state: State) -> None:
        self.state = state
        self._since = time.time()
        self.changed()
