"""Where the servers of a test run come from: named by a variable, containers, or local binaries."""

import os
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pymongo import MongoClient

from gateway_embedded.servers import mongod, nats
from gateway_embedded.servers.process import free_port

Source = Literal["variable", "containers", "binaries"]


@dataclass(frozen=True)
class NatsServer:
    """A NATS server whose one user may do everything. ``monitor_url`` is absent for one named by a variable."""

    url: str
    monitor_url: str | None = None


@dataclass(frozen=True)
class MongoServer:
    """A MongoDB replica set whose user may do everything."""

    uri: str


def choose_source(variable: str, wanted: str = "auto") -> Source:
    """Which way to take: the variable wins, then ``wanted``, then containers where a Docker engine answers."""
    if os.environ.get(variable):
        return "variable"
    if wanted == "containers" or (wanted == "auto" and docker_answers()):
        return "containers"
    return "binaries"


def docker_answers() -> bool:
    """Whether a Docker engine listens where DOCKER_HOST (or the usual socket) says."""
    host = urllib.parse.urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    if host.scheme == "unix" and not Path(host.path).exists():
        return False
    import docker  # type: ignore[import-untyped]  # testcontainers brings it, without types
    from docker.errors import DockerException  # type: ignore[import-untyped]  # as above

    try:
        client = docker.from_env(timeout=3)
    except DockerException:
        return False
    try:
        return bool(client.ping())
    except (DockerException, OSError):
        return False
    finally:
        client.close()


@contextmanager
def running_nats(source: Source, folder: Path) -> Iterator[NatsServer]:
    """A NATS server for the duration of the block."""
    if source == "variable":
        yield NatsServer(os.environ["TEST_NATS_URL"])
    elif source == "containers":
        from gateway_testkit.containers import nats_container

        with nats_container() as server:
            yield server
    else:
        settings = nats.NatsSettings(port=free_port(), monitor_port=free_port(), data_dir=folder / "jetstream")
        process = nats.start(settings, config_file=folder / "nats.conf", log=folder / "nats.log")
        try:
            yield NatsServer(settings.url, settings.monitor_url)
        finally:
            process.terminate()


@contextmanager
def running_mongo(source: Source, folder: Path) -> Iterator[MongoServer]:
    """A MongoDB replica set for the duration of the block, without the deletion of expired documents.

    The clock of a test may be months behind the server's: a document with a lifetime would be gone at any moment.
    """
    with _started_mongo(source, folder) as server:
        with MongoClient[dict[str, Any]](server.uri) as client:
            client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        yield server


@contextmanager
def _started_mongo(source: Source, folder: Path) -> Iterator[MongoServer]:
    if source == "variable":
        yield MongoServer(os.environ["TEST_MONGODB_URI"])
    elif source == "containers":
        from gateway_testkit.containers import mongo_container

        with mongo_container() as server:
            yield server
    else:
        settings = mongod.MongodSettings(port=free_port(), data_dir=folder / "db", is_fleeting=True)
        process = mongod.start(settings, log=folder / "mongod.log")
        try:
            yield MongoServer(settings.uri())
        finally:
            process.terminate()
