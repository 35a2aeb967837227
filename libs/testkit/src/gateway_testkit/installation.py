"""A whole installation on real servers: each service in this process or as one of its own, started and stopped one by
one. Services in this process take the clock of the test."""

import asyncio
import contextlib
import functools
import importlib
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import nats
import structlog
from nats.aio.client import Client
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.collections import DATABASES
from gateway_embedded.environment import API_SERVICES, MODULES, WORKERS
from gateway_kit.logging import configure_logging
from gateway_kit.nats.permissions import ADMIN_USER
from gateway_kit.service import Runtime, running
from gateway_testkit.clock import MovableClock
from gateway_testkit.parts import Parts, parts_in
from gateway_testkit.stack import REQUEST_S, Stack

Variables = Mapping[str, str]
_PROCESSES = frozenset(API_SERVICES)


@dataclass
class Installation:
    """Servers, services and simulators at work.

    Attributes:
        processes: the services that run as processes of their own; the others run here.
        variables: what differs from the usual environment, by service.
        bus: a connection with the operator's rights.
        mongo: the database server with all rights.
    """

    parts: Parts
    clock: MovableClock
    bus: Client
    mongo: AsyncMongoClient[dict[str, Any]]
    processes: Collection[str] = _PROCESSES
    variables: Mapping[str, Variables] = field(default_factory=dict)
    runtimes: dict[str, Runtime] = field(default_factory=dict)
    _here: dict[str, contextlib.AsyncExitStack] = field(default_factory=dict)
    _stack: Stack | None = None

    @property
    def stack(self) -> Stack:
        """The same as the helpers of tenants and shops see it."""
        assert self._stack is not None, "svc-admin-api was not started yet"
        return self._stack

    def database(self, service: str) -> AsyncDatabase[dict[str, Any]]:
        """The database of a service."""
        return self.mongo[DATABASES[service]]

    async def start(self, *services: str) -> None:
        """Start services and wait until they are ready."""
        apart = [name for name in services if name in self.processes]
        started = [self.parts.launch(name, LOG_LEVEL="WARNING", **self.variables.get(name, {})) for name in apart]
        for name in services:
            if name not in apart:
                await self._start_here(name)
        for process in started:
            await asyncio.to_thread(process.wait_ready, functools.partial(self.parts.is_ready, process.name))
        if self._stack is None and "svc-admin-api" in services:
            self._stack = await self.parts.as_stack()

    async def stop(self, *services: str) -> None:
        """End services, politely."""
        for name in services:
            if name in self._here:
                del self.runtimes[name]
                await self._here.pop(name).aclose()
            else:
                await asyncio.to_thread(self.parts.stop, name)

    async def restart(self, service: str) -> None:
        """Stop it and start it again."""
        await self.stop(service)
        await self.start(service)

    async def failing(self, service: str) -> dict[str, str]:
        """Failed readiness checks of a service; empty when it is ready."""
        if service in self.runtimes:
            return await self.runtimes[service].health.failures()
        path = "/internal/health" if service in API_SERVICES else "/readyz"
        answer = await self._get(service, path)
        if answer.status_code == 200:
            return {}
        failing: dict[str, str] = answer.json()
        return failing

    async def metrics(self, service: str) -> dict[str, float]:
        """Metrics of a service as a monitoring system reads them: values by series, as the text format writes them."""
        if service in self.runtimes:
            text = (await self.runtimes[service].metrics.text()).decode()
        else:
            text = (await self._get(service, "/internal/metrics")).text
        lines = [line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#")]
        return {series: float(value) for series, _, value in lines}

    async def _get(self, service: str, path: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.parts.env.http(service), timeout=REQUEST_S) as http:
            return await http.get(path)

    async def _start_here(self, service: str) -> None:
        module = MODULES[service]
        app = importlib.import_module(f"{module}.app")
        kind = importlib.import_module(f"{module}.settings").Settings
        variables = {**self.parts.env.service(service), **self.variables.get(service, {})}
        known = {name.lower(): value for name, value in variables.items() if name.lower() in kind.model_fields}
        settings = kind(**known)
        build = app.build if app.build.__code__.co_argcount == 1 else lambda runtime: app.build(runtime, settings)
        own = contextlib.AsyncExitStack()
        runtime, _ = await own.enter_async_context(running(settings, service, build, clock=self.clock))
        self._here[service], self.runtimes[service] = own, runtime


@contextlib.asynccontextmanager
async def running_installation(
    folder: Path,
    *,
    processes: Collection[str] = _PROCESSES,
    simulators: Collection[str] = ("stripe",),
    variables: Mapping[str, Variables] | None = None,
) -> AsyncIterator[Installation]:
    """All services at work until the block ends. ``variables`` are further ones of a service's environment."""
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(_quiet())
        # Starting and stopping servers blocks.
        manager = parts_in(folder)
        parts = await loop.run_in_executor(None, manager.__enter__)
        stack.push_async_callback(asyncio.to_thread, manager.__exit__, None, None, None)
        for provider in simulators:
            await asyncio.to_thread(parts.start_simulator, provider)
        bus = await connect_operator(parts)
        stack.push_async_callback(bus.close)
        mongo = await stack.enter_async_context(
            AsyncMongoClient[dict[str, Any]](parts.env.mongod.admin_uri, tz_aware=True)
        )
        made = Installation(parts, MovableClock(), bus, mongo, processes, variables or {})
        stack.push_async_callback(_stop_all, made)
        await made.start(*API_SERVICES, *WORKERS)
        yield made


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Services in this process write as a process does, warnings only: pretty tracebacks take longer than the work."""
    before = structlog.get_config()
    configure_logging("tests", "WARNING")
    try:
        yield
    finally:
        structlog.configure(**before)


async def connect_operator(parts: Parts) -> Client:
    """A connection to the broker with the operator's rights."""
    return await nats.connect(
        parts.env.nats.url,
        user=ADMIN_USER,
        password=parts.env.credentials.nats[ADMIN_USER],
        inbox_prefix=f"_INBOX_{ADMIN_USER}".encode(),
    )


async def _stop_all(made: Installation) -> None:
    """Services before their servers."""
    await made.stop(*list(made.runtimes), *[name for name in made.parts.running if name in MODULES])
