"""Fixtures that every member's tests may use; loaded by the root conftest."""

import asyncio
import os
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
import structlog
from nats.aio.client import Client as NatsClient
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.collection_specs import CollectionSpec
from gateway_contracts.collections import COLLECTIONS, DATABASES
from gateway_contracts.ids import new_object_id
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.client import PLAIN_INTEGERS
from gateway_kit.mongo.indexes import apply_collection
from gateway_testkit import hang_report
from gateway_testkit.clock import FrozenClock
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION, new_keyring
from gateway_testkit.nightly import IS_NIGHTLY
from gateway_testkit.servers import MongoServer, NatsServer, choose_source, running_mongo, running_nats
from gateway_testkit.sockets import Reach, SocketGuard

# The client gives up after two seconds by itself: too soon for a machine that stands still for a moment.
_CONNECTED_S = 60
_SERVER_MARKS = ("integration", "e2e")
_SOCKETS = SocketGuard()
_COMMON_COLLECTIONS = ("inbox", "outbox", "backlog", "operations")


@dataclass(frozen=True)
class TestDatabase:
    """An empty database of its own name, with the indexes of the service under test."""

    __test__ = False

    name: str
    uri: str
    client: AsyncMongoClient[dict[str, Any]]
    db: AsyncDatabase[dict[str, Any]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--servers",
        choices=("auto", "containers", "binaries"),
        default="auto",
        help="where MongoDB and NATS come from (TEST_NATS_URL and TEST_MONGODB_URI win over it)",
    )


def pytest_configure(config: pytest.Config) -> None:
    _SOCKETS.install()
    # The pretty traceback of the default takes longer to draw than most tests take.
    *processors, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*processors, plain])
    config.addinivalue_line("markers", "database(name): apply the indexes of that database (default: by test folder)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests in folders of integration tests, and leave those marked ``nightly`` to `make test-nightly`."""
    for item in items:
        if "integration" in item.path.parts:
            item.add_marker(pytest.mark.integration)
    if IS_NIGHTLY:
        return
    if later := [item for item in items if item.get_closest_marker("nightly")]:
        config.hook.pytest_deselected(items=later)
        items[:] = [item for item in items if not item.get_closest_marker("nightly")]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    """A test that hangs leaves a report of what its tasks wait for."""
    given = item.config.getoption("timeout")
    timeout_s = float(item.config.getini("timeout") or 0) if given is None else float(given)
    with hang_report.reported(item.nodeid, timeout_s):
        return (yield)


@pytest.fixture(autouse=True)
def socket_reach(request: pytest.FixtureRequest) -> Iterator[Reach | None]:
    """Reach of the test's sockets: nothing in the quick run, else this machine, or all where servers are elsewhere.

    A unit test that needs a server of its own belongs into ``tests/integration``.
    """
    reach = _reach_of(request)
    if reach is None:
        yield reach
        return
    with _SOCKETS.limit(reach):
        yield reach


def _reach_of(request: pytest.FixtureRequest) -> Reach | None:
    if not any(request.node.get_closest_marker(mark) for mark in _SERVER_MARKS):
        return "nothing"
    wanted = request.config.getoption("--servers")
    sources = {choose_source(variable, wanted) for variable in ("TEST_NATS_URL", "TEST_MONGODB_URI")}
    return "loopback" if sources == {"binaries"} else None


def pytest_report_header(config: pytest.Config) -> str:
    wanted = config.getoption("--servers")
    sources = (choose_source("TEST_NATS_URL", wanted), choose_source("TEST_MONGODB_URI", wanted))
    return f"servers: NATS from {sources[0]}, MongoDB from {sources[1]}"


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[NatsServer]:
    """A NATS server with JetStream; its one user may do everything."""
    source = choose_source("TEST_NATS_URL", request.config.getoption("--servers"))
    with running_nats(source, tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[MongoServer]:
    """A MongoDB replica set."""
    source = choose_source("TEST_MONGODB_URI", request.config.getoption("--servers"))
    with running_mongo(source, tmp_path_factory.mktemp("mongo")) as server:
        yield server


@pytest_asyncio.fixture
async def nats_client(nats_server: NatsServer) -> AsyncIterator[NatsClient]:
    """A connection with all rights, closed after the test."""
    client = NatsClient()
    await client.connect(nats_server.url, allow_reconnect=False, connect_timeout=_CONNECTED_S)
    yield client
    await client.close()


@pytest_asyncio.fixture(scope="session")
async def made_databases(mongo_server: MongoServer) -> AsyncIterator[dict[str, str]]:
    """Databases of this session that have their collections and indexes already, by what they are for.

    To make them takes a second, longer than most tests; to empty them takes some milliseconds.
    """
    made: dict[str, str] = {}
    yield made
    async with AsyncMongoClient[dict[str, Any]](mongo_server.uri) as client:
        for name in made.values():
            await client.drop_database(name)


@pytest_asyncio.fixture
async def database(
    mongo_server: MongoServer, made_databases: dict[str, str], request: pytest.FixtureRequest
) -> AsyncIterator[TestDatabase]:
    """An empty database with indexes."""
    purpose, specs = _specs_for(request)
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        mongo_server.uri, tz_aware=True, type_registry=PLAIN_INTEGERS
    )
    async with client:
        name = made_databases.get(purpose)
        if name is None or not await _is_emptied(client[name], specs):
            name = made_databases[purpose] = f"test_{new_object_id()}"
            await asyncio.gather(*(apply_collection(client[name], spec) for spec in specs))
        yield TestDatabase(name, mongo_server.uri, client, client[name])


def _specs_for(request: pytest.FixtureRequest) -> tuple[str, tuple[CollectionSpec, ...]]:
    """The marker's database, else that of the service whose folder the test is in, else what all have in common."""
    marker = request.node.get_closest_marker("database")
    of_service = (name for service, name in DATABASES.items() if service in request.node.path.parts)
    if named := marker.args[0] if marker else next(of_service, None):
        return named, tuple(spec for spec in COLLECTIONS if spec.database == named)
    first = next(iter(DATABASES.values()))
    return "", tuple(spec for spec in COLLECTIONS if spec.database == first and spec.name in _COMMON_COLLECTIONS)


async def _is_emptied(db: AsyncDatabase[dict[str, Any]], specs: tuple[CollectionSpec, ...]) -> bool:
    """Whether it can be used again: an earlier test may have dropped a collection. What it added is dropped."""
    found, expected = set(await db.list_collection_names()), {spec.name for spec in specs}
    if not expected <= found:
        return False
    await asyncio.gather(*(db[name].delete_many({}) for name in expected))
    await asyncio.gather(*(db.drop_collection(name) for name in found - expected))
    return True


@pytest_asyncio.fixture(scope="session")
async def topology(nats_server: NatsServer) -> NatsServer:
    """The NATS server with all streams, consumers and buckets."""
    from gateway_kit.nats.topology import apply_topology  # the tests of lower layers need no broker code

    client = NatsClient()
    await client.connect(nats_server.url, allow_reconnect=False, connect_timeout=_CONNECTED_S)
    try:
        await apply_topology(client)
    finally:
        await client.close()
    return nats_server


@pytest.fixture
def keyring() -> Keyring:
    """Keys of the system, of ``TEST_ORGANIZATION`` and of ``OTHER_ORGANIZATION``."""
    return new_keyring(TEST_ORGANIZATION, OTHER_ORGANIZATION)


@pytest.fixture
def frozen_clock() -> FrozenClock:
    """A clock that the test moves."""
    return FrozenClock()


def pytest_sessionstart(session: pytest.Session) -> None:
    """No test reaches for a collector or a proxy that this machine's user has configured."""
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        os.environ.pop(name, None)
