"""The parts of a stack, started and stopped one by one: for tests in which something is not there."""

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from gateway_contracts.collections import DATABASES
from gateway_embedded.credentials import load_credentials
from gateway_embedded.descriptor import build_descriptor
from gateway_embedded.environment import API_SERVICES, MODULES, Environment, mongo_users
from gateway_embedded.layout import Layout, write_json
from gateway_embedded.ports import PREFERRED
from gateway_embedded.servers import mongod, nats
from gateway_embedded.servers.process import ServerFailedError, ServerProcess, free_port, log_tail
from gateway_testkit.forking import launch_module, nursery, run_module
from gateway_testkit.stack import REQUEST_S, PatientTransport, Stack

PROBE_TIMEOUT_S = 20.0


class Parts:
    """Servers with authentication and the users of a real installation, and services as processes of their own."""

    def __init__(self, folder: Path) -> None:
        # It imports while the servers start.
        nursery()
        self._layout = Layout(folder)
        self._layout.prepare()
        ports = {name: free_port() for name in PREFERRED}
        self.env = Environment(self._layout, ports, load_credentials(self._layout))
        self.running: dict[str, ServerProcess] = {}

    def start_nats(self) -> None:
        """The broker."""
        conf = self._layout.run / "nats.conf"
        self.running["nats"] = nats.start(self.env.nats, config_file=conf, log=self.log("nats"))

    def start_mongod(self) -> None:
        """The database with its users."""
        self.running["mongod"] = mongod.start(self.env.mongod, log=self.log("mongod"))
        mongod.ensure_users(self.env.mongod, mongo_users(self.env.credentials))

    def apply_topology(self) -> None:
        """Streams, consumers, buckets, collections and indexes: needs both servers."""
        self._run("topology", "gateway_cli", "migrate", env=self.env.topology())

    def _run(self, name: str, module: str, *arguments: str, env: Mapping[str, str]) -> str:
        """Run a module to its end; its output.

        Raises:
            ServerFailedError: it ended with an error.
        """
        log = self.log(name)
        code, output = run_module(module, *arguments, log=log, env=env)
        if code != 0:
            raise ServerFailedError(f"{name} ended with {code}:\n{log_tail(log)}")
        return output

    def launch(self, service: str, **variables: str) -> ServerProcess:
        """Start a service's process; it may not be ready yet. ``variables`` are further ones of its environment."""
        env = self.env.service(service) | variables
        process = launch_module(service, MODULES[service], log=self.log(service), env=env)
        self.running[service] = process
        return process

    def start_simulator(self, provider: str) -> None:
        """A provider."""
        name = f"{provider}-simulator"
        module, env = f"gateway_simulators.{provider}", self.env.simulator(provider)
        process = launch_module(name, module, log=self.log(name), env=env)
        self.running[name] = process
        process.wait_ready(lambda: self.probe(name, "/_sim/health") == 200)

    def start(self, *services: str) -> None:
        """Start services and wait until they are ready."""
        for process in [self.launch(service) for service in services]:
            process.wait_ready(lambda name=process.name: self.is_ready(name), timeout_s=300)  # type: ignore[misc]  # a default binds it

    def stop(self, *names: str) -> None:
        """End parts in order, politely."""
        for name in names:
            self.running.pop(name).terminate()

    def kill(self, name: str) -> None:
        """``kill -9``."""
        process = self.running.pop(name)
        os.kill(process.pid, signal.SIGKILL)
        process.popen.wait()

    def stop_all(self) -> None:
        """End everything, the servers last."""
        services = [name for name in self.running if name in MODULES]
        self.stop(*services, *[name for name in self.running if name not in MODULES])

    def log(self, name: str) -> Path:
        """Log file of a part."""
        return self._layout.log(name)

    def probe(self, service: str, path: str) -> int | None:
        """The status of a probe's answer; None when no process listens."""
        try:
            return httpx.get(self.env.http(service) + path, timeout=PROBE_TIMEOUT_S).status_code
        except httpx.TransportError:
            return None

    def is_alive(self, service: str) -> bool:
        """Whether its event loop answers."""
        return self.probe(service, "/health" if service in API_SERVICES else "/livez") == 200

    def is_ready(self, service: str) -> bool:
        """Whether it and what it depends on answer."""
        return self.probe(service, "/internal/health" if service in API_SERVICES else "/readyz") == 200

    async def system_key(self) -> str:
        """A new system key of the installation."""
        command, env = ("gateway_cli", "keys", "create-system", "--json"), self.env.service("svc-admin-api")
        output = await asyncio.to_thread(self._run, "system-key", *command, env=env)
        return str(json.loads(output.splitlines()[-1])["key"])

    async def as_stack(self) -> Stack:
        """The same as the helpers of end-to-end tests see a stack; its system key is new."""
        write_json(self._layout.seed, {"systemKey": await self.system_key()})
        write_json(self._layout.descriptor, build_descriptor(self.env, {}))
        return Stack(self._layout.run)

    def merchants_api(self, key: str) -> httpx.AsyncClient:
        """The admin API with a key."""
        base = self.env.http("svc-admin-api") + "/api/v1"
        return httpx.AsyncClient(
            base_url=base,
            headers={"Authorization": f"Bearer {key}"},
            timeout=REQUEST_S,
            transport=PatientTransport(),
        )


SERVICES_WITH_DATABASE = tuple(name for name in MODULES if name in DATABASES)
SERVICES = tuple(MODULES)


@contextmanager
def parts_in(folder: Path, prepare: Callable[[Parts], None] = lambda parts: None) -> Iterator[Parts]:
    """Parts with broker, database and topology, ended afterwards however the block ends."""
    parts = Parts(folder)
    try:
        parts.start_nats()
        parts.start_mongod()
        parts.apply_topology()
        prepare(parts)
        yield parts
    finally:
        parts.stop_all()
