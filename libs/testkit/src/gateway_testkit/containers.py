"""The same servers as containers, for machines where a Docker engine answers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import MongoClient
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from gateway_testkit.servers import MongoServer, NatsServer

NATS_IMAGE = "nats:2.12-alpine"
MONGO_IMAGE = "mongo:7.0"
_NATS_PORT = 4222
_NATS_MONITOR_PORT = 8222
_MONGO_PORT = 27017


@contextmanager
def nats_container() -> Iterator[NatsServer]:
    """NATS with JetStream."""
    container = DockerContainer(NATS_IMAGE).with_command(f"-js -m {_NATS_MONITOR_PORT}")
    container.with_exposed_ports(_NATS_PORT, _NATS_MONITOR_PORT)
    with container.waiting_for(LogMessageWaitStrategy("Server is ready")) as running:
        host = running.get_container_host_ip()
        port, monitor = running.get_exposed_port(_NATS_PORT), running.get_exposed_port(_NATS_MONITOR_PORT)
        yield NatsServer(f"nats://{host}:{port}", f"http://{host}:{monitor}")


@contextmanager
def mongo_container() -> Iterator[MongoServer]:
    """MongoDB as a one-node replica set."""
    container = DockerContainer(MONGO_IMAGE).with_command("--replSet rs0 --bind_ip_all")
    container.with_exposed_ports(_MONGO_PORT)
    with container.waiting_for(LogMessageWaitStrategy("Waiting for connections")) as running:
        host, port = running.get_container_host_ip(), running.get_exposed_port(_MONGO_PORT)
        uri = f"mongodb://{host}:{port}/?directConnection=true"
        member = {"_id": 0, "host": f"127.0.0.1:{_MONGO_PORT}"}
        with MongoClient[dict[str, object]](uri) as client:
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
            while not client.admin.command("hello")["isWritablePrimary"]:
                time.sleep(0.05)  # an election of one node takes well under a second
        yield MongoServer(uri)
