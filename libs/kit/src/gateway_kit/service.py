"""Composition of a service process: opens what every service needs, in order, and closes it in reverse."""

import asyncio
import contextlib
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import uvloop
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts import topology
from gateway_contracts.actor import Actor
from gateway_contracts.base import Contract
from gateway_contracts.clock import Clock, SystemClock
from gateway_contracts.requests.rotation import REPORT_REENCRYPTION, ReencryptionReport
from gateway_contracts.requests.set_aside import REDRIVE_MESSAGE, REDRIVE_ROW
from gateway_contracts.rpc import Call, Method
from gateway_kit.cancellation import cancel_tasks
from gateway_kit.closing import Closing
from gateway_kit.crypto.key_keeper import KeyKeeper
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.crypto.kms_directory import KmsDirectory
from gateway_kit.database_wait import database_answers
from gateway_kit.document_stores import DocumentStore, open_documents
from gateway_kit.gauges import add_backlog_gauge, add_bus_gauges
from gateway_kit.health import Health
from gateway_kit.http.outbound import OutboundClient, OutboundLimits
from gateway_kit.logging import configure_logging, get_logger
from gateway_kit.metrics import Metrics, with_metrics
from gateway_kit.mongo.client import MongoClient, open_client, require_version
from gateway_kit.mongo.encrypted_fields import EncryptedCollection
from gateway_kit.mongo.reencrypt import Reencryptor, Report, Rewrite
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.nats import advisories
from gateway_kit.nats.backlog import Backlog
from gateway_kit.nats.config_cache import ConfigCache
from gateway_kit.nats.connection import Lifeline, connect, open_broker
from gateway_kit.nats.consumers import EventRouter
from gateway_kit.nats.redrive import MessageRedrive
from gateway_kit.nats.rpc import RpcClient, RpcServer
from gateway_kit.nats.topology import verify_topology
from gateway_kit.outbox_opening import open_outbox
from gateway_kit.server import Application, probes, serve
from gateway_kit.set_aside import SetAside
from gateway_kit.settings import DatabaseSettings, HttpSettings, KitSettings
from gateway_kit.telemetry import TraceMessage, configure_telemetry
from gateway_kit.trace_budget import TraceBudget

log = get_logger(__name__)

Request = TypeVar("Request", bound=Contract)
Reply = TypeVar("Reply", bound=Contract)

# A process that cannot reach its servers within this time ends, and its supervisor tries again.
START_DEADLINE_S = 30
# Keys of remote key-management services are waited for this long; afterwards their tenants are unavailable for a while.
KEYS_DEADLINE_S = 5.0
# Calls at the same time are limited per organization by the directory of key-management services.
KMS_LIMITS = OutboundLimits(total_s=5.0, connect_s=2.0, read_s=4.0, connections=0, connections_per_host=0)
# Allocations between two young collections, and how many of those make the next older one. The defaults look through
# every living object several times a second on a busy service.
GC_THRESHOLDS = (20_000, 20, 50)
# A background task that failed is started again after this pause.
RESTART_PAUSE_S = 1.0


@dataclass
class Runtime:
    """Resources of a service's composition root.

    ``db`` and ``uow`` raise AttributeError in a service without a database, which has no consumers either.
    """

    settings: KitSettings
    service: str
    clock: Clock
    nc: Client
    js: JetStreamContext
    rpc: RpcClient
    rpc_server: RpcServer
    config: ConfigCache
    keyring: Keyring
    kms: KmsDirectory
    health: Health
    metrics: Metrics
    documents: DocumentStore
    broker: NatsBroker
    set_aside: SetAside
    lifeline: Lifeline
    traces: TraceBudget
    backlog: Backlog | None = None
    database: tuple[MongoClient, AsyncDatabase[dict[str, Any]], UnitOfWork] | None = None
    _background: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    _closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    _stoppers: list[Callable[[], None]] = field(default_factory=list)

    @property
    def mongo(self) -> MongoClient:
        return self._database()[0]

    @property
    def db(self) -> AsyncDatabase[dict[str, Any]]:
        """The service's own database."""
        return self._database()[1]

    @property
    def uow(self) -> UnitOfWork:
        return self._database()[2]

    def _database(self) -> tuple[MongoClient, AsyncDatabase[dict[str, Any]], UnitOfWork]:
        if self.database is None:
            raise AttributeError(f"{self.service} owns no database")
        return self.database

    def serve(self, method: Method[Request, Reply], handler: Callable[[Request, Call], Awaitable[Reply]]) -> None:
        """Answer a request method."""
        self.rpc_server.add(method, handler)

    def consume(self, router: EventRouter) -> None:
        """Handle the messages of the router's durable consumers."""
        if self.backlog is None:
            raise AttributeError(f"{self.service} owns no database, which consumers need")
        for subscriber in router.durable_subscribers:
            worker = subscriber.keep_backlog(self.backlog, self.set_aside)
            self.background(f"backlog-{subscriber.spec.durable}", worker.run)
        self.broker.include_router(router)

    def background(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run until the end of the service; a failure is logged and the task started again."""
        self._background[name] = run

    def reencrypt(
        self,
        collections: tuple[EncryptedCollection, ...],
        *,
        report: Report | None = None,
        rewriters: Mapping[str, Rewrite] | None = None,
    ) -> None:
        """Encrypt these stored values again whenever their tenant rotates its data keys.

        Args:
            report: tells the owner of the jobs; a request unless given.
            rewriters: how documents change, by collection, where more than the value has to.
        """

        async def request(progress: ReencryptionReport) -> bool:
            actor = Actor(kind="service", subject_id=self.service)
            return (await self.rpc.call(REPORT_REENCRYPTION, progress, actor=actor)).wanted

        worker = Reencryptor(
            db=self.db,
            service=self.service,
            collections=collections,
            keyring=self.keyring,
            clock=self.clock,
            rotations=self.config.rotations,
            report=report or request,
            rewriters=rewriters or {},
        )
        self.background("reencrypt", worker.run)

    def on_close(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Close something of the service's own at shutdown, before the connections."""
        self._closers.append(closer)

    def on_stopping(self, stopper: Callable[[], None]) -> None:
        """Call this at the signal to stop, while open requests still finish; it must not block."""
        self._stoppers.append(stopper)

    def stopping(self) -> None:
        """The signal came."""
        for stopper in self._stoppers:
            stopper()


Build = Callable[[Runtime], Awaitable[Application | None]]


def run_service(settings: KitSettings, service: str, build: Build) -> None:
    """Run a service until SIGTERM.

    ``build`` registers handlers, consumers and background tasks; an API service returns its ASGI application.
    """
    configure_logging(service, settings.log_level)
    uvloop.run(_run(settings, service, build))


@contextlib.asynccontextmanager
async def running(
    settings: KitSettings, service: str, build: Build, *, clock: Clock | None = None
) -> AsyncIterator[tuple[Runtime, Application | None]]:
    """A service at work, without its HTTP server: what `run_service` serves, and what integration tests start.

    ``clock`` replaces the machine's clock.
    """
    async with Closing() as stack:
        async with asyncio.timeout(START_DEADLINE_S):
            runtime = await _open(stack, settings, service, clock or SystemClock())
            application = await build(runtime)
            await runtime.rpc_server.start()
            _close_after_work(stack, runtime)
            await runtime.broker.start()
        tasks = {name: asyncio.create_task(_supervise(name, run)) for name, run in runtime._background.items()}
        stack.step_for_tasks(tasks)
        yield runtime, application


async def _run(settings: KitSettings, service: str, build: Build) -> None:
    host, port = _address(settings)
    if isinstance(settings, DatabaseSettings) and not await database_answers(settings, host=host, port=port):
        return
    async with running(settings, service, build) as (runtime, application):
        _settle_memory()
        log.info("service.started", pid=os.getpid())
        serving = with_metrics(application or probes(runtime.health), runtime.metrics)
        proxies = settings.trusted_proxy_addresses if isinstance(settings, HttpSettings) else ()
        await serve(serving, host=host, port=port, stopping=runtime.stopping, trusted_proxies=proxies)
        log.info("service.stopping")


def _settle_memory() -> None:
    """Objects that exist now are not searched for garbage again: full collections would stop the loop."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def _address(settings: KitSettings) -> tuple[str, int]:
    if isinstance(settings, HttpSettings):
        return settings.http_host, settings.http_port
    if settings.livez_port is None:
        raise ValueError("LIVEZ_PORT is required for a worker")
    return settings.livez_host, settings.livez_port


async def _open(stack: Closing, settings: KitSettings, service: str, clock: Clock) -> Runtime:
    keyring = Keyring.from_secrets(
        settings.system_encryption_key.get_secret_value(), settings.system_search_hash_key.get_secret_value()
    )
    # The cache and the client need the connection, whose callbacks need them: late binding.
    late: dict[str, Any] = {}

    async def reconnected() -> None:
        if "config" in late:
            await late["config"].reconnected()

    def denied(subject: str) -> None:
        if "rpc" in late:
            late["rpc"].denied(subject)

    lifeline = Lifeline()
    client = await connect(settings, service, lifeline, on_reconnect=reconnected, on_denied=denied)
    stack.step("nats", client.close)
    stack.callback(lifeline.release)
    js = client.jetstream(timeout=5)
    await verify_topology(js, service)
    keeper = _open_keeper(stack, settings, keyring)
    config = late["config"] = ConfigCache(js, on_change=keeper.changed)
    rpc = late["rpc"] = RpcClient(client)
    budget = _install_telemetry(stack, settings, service, client)
    broker = open_broker(settings, service, lifeline)
    runtime = Runtime(
        settings=settings,
        service=service,
        clock=clock,
        nc=client,
        js=js,
        rpc=rpc,
        rpc_server=RpcServer(client, service),
        config=config,
        keyring=keyring,
        kms=keeper.directory,
        health=Health(),
        metrics=Metrics(),
        documents=open_documents(stack, settings, js),
        broker=broker,
        set_aside=SetAside(js, service),
        lifeline=lifeline,
        traces=budget,
    )
    _watch_connection(runtime)
    add_bus_gauges(runtime.metrics, js, service)
    runtime.background("event-loop", runtime.metrics.watch_loop)
    # Keys and tenants first: a handler that ran without them would only fail and be retried.
    keeping = [asyncio.create_task(_supervise("config", config.run))]
    stack.step("configuration", cancel_tasks, keeping)
    await config.wait_ready()
    await keeper.settle(KEYS_DEADLINE_S)
    keeping.append(asyncio.create_task(_supervise("keys", keeper.run)))
    if isinstance(settings, DatabaseSettings):
        await _open_database(stack, runtime, settings)
    return runtime


def _open_keeper(stack: Closing, settings: KitSettings, keyring: Keyring) -> KeyKeeper:
    """Merchants' endpoints must be public; the operator's own may be private. Both only with https in production."""
    merchants = OutboundClient(allow_private=settings.environment == "development", limits=KMS_LIMITS)
    operator = OutboundClient(allow_private=True, limits=KMS_LIMITS)
    for client in (merchants, operator):
        stack.step("outbound", client.aclose)
    secret = settings.system_encryption_key.get_secret_value()
    return KeyKeeper(keyring, KmsDirectory(secret, merchants=merchants, operator=operator))


def _install_telemetry(stack: Closing, settings: KitSettings, service: str, client: Client) -> TraceBudget:
    loop = asyncio.get_running_loop()
    budget = TraceBudget(ratio=settings.trace_sample_ratio, per_second=settings.traces_per_second)

    async def send(messages: list[TraceMessage]) -> None:
        for subject, body in messages:
            # One that is too large, or finds no connection, takes no other with it.
            with contextlib.suppress(NatsError):
                await client.publish(subject, body)

    def publish(messages: list[TraceMessage]) -> None:
        # Called from the exporter's thread; a trace is never worth waiting for.
        if client.is_connected:
            asyncio.run_coroutine_threadsafe(send(messages), loop)

    provider = configure_telemetry(
        service, otlp_endpoint=settings.otel_exporter_otlp_endpoint, budget=budget, publish=publish
    )

    async def flush() -> None:
        await asyncio.to_thread(provider.shutdown)

    stack.step("traces", flush)
    return budget


def _watch_connection(runtime: Runtime) -> None:
    async def nats_connected() -> None:
        if not runtime.nc.is_connected:
            raise ConnectionError("not connected")

    async def configured() -> None:
        if not runtime.config.ready:
            raise RuntimeError("configuration not loaded")

    async def consumers_exist() -> None:
        await verify_topology(runtime.js, runtime.service)

    runtime.health.add("nats", nats_connected)
    runtime.health.add("config", configured)
    if any(spec.service == runtime.service for spec in topology.CONSUMERS):
        runtime.health.add("consumers", consumers_exist)


async def _open_database(stack: Closing, runtime: Runtime, settings: DatabaseSettings) -> None:
    mongo = open_client(settings.mongodb_uri.get_secret_value())
    stack.step("mongodb", mongo.close)
    await require_version(mongo)
    db = mongo[settings.mongodb_database]
    relay = open_outbox(runtime, db)
    uow = UnitOfWork(mongo, db, source=runtime.service, clock=runtime.clock, committed=relay.nudge)
    runtime.database = (mongo, db, uow)
    runtime.serve(REDRIVE_ROW[runtime.service], runtime.set_aside.redrive_row)
    _open_backlog(runtime, Backlog(db, runtime.clock))

    async def database_answers() -> None:
        await mongo.admin.command("ping")

    runtime.health.add("mongodb", database_answers)


def _open_backlog(runtime: Runtime, backlog: Backlog) -> None:
    runtime.backlog = backlog
    redrive = MessageRedrive(runtime.js, backlog, runtime.service)
    runtime.serve(REDRIVE_MESSAGE[runtime.service], redrive.redrive)
    add_backlog_gauge(runtime.metrics, backlog, runtime.service)
    if any(spec.service == runtime.service for spec in topology.ADVISORY_CONSUMERS):
        runtime.consume(advisories.router(service=runtime.service, js=runtime.js, set_aside=runtime.set_aside))


async def _supervise(name: str, run: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await run()
        except asyncio.CancelledError:
            raise
        except Exception as exc:
            log.exception("background.failed", task=name, error=type(exc).__name__)
        await asyncio.sleep(RESTART_PAUSE_S)


def _close_after_work(stack: Closing, runtime: Runtime) -> None:
    """At the end: take no more work, finish what was begun, hand out what was committed."""
    for closer in runtime._closers:
        stack.step("own", closer)
    stack.step("consumers", runtime.broker.stop)
    stack.step("requests", runtime.rpc_server.stop)
    stack.callback(runtime.lifeline.release)
