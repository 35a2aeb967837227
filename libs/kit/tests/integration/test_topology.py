"""The topology survives a crash of the broker, without the topology job."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client

from gateway_contracts.topology import CONFIG_BUCKET, DOCUMENTS_BUCKET, LIMITS_BUCKET, STREAMS
from gateway_embedded.servers import nats
from gateway_embedded.servers.process import ServerProcess, free_port
from gateway_kit.nats.topology import apply_topology

pytestmark = pytest.mark.integration

BUCKETS = (f"KV_{CONFIG_BUCKET}", f"KV_{LIMITS_BUCKET}", f"OBJ_{DOCUMENTS_BUCKET}")
WANTED = sorted([*(spec.name for spec in STREAMS), *BUCKETS])


class Broker:
    """A NATS server of this test alone, which it may kill."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.settings = nats.NatsSettings(port=free_port(), monitor_port=free_port(), data_dir=folder / "jetstream")
        self.process = self.start()

    def start(self) -> ServerProcess:
        self.process = nats.start(self.settings, config_file=self._folder / "nats.conf", log=self._folder / "nats.log")
        return self.process

    def crash(self) -> None:
        self.process.popen.kill()
        self.process.popen.wait()
        self.start()

    async def connect(self) -> Client:
        client = Client()
        await client.connect(self.settings.url, connect_timeout=60, allow_reconnect=False)
        return client


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    yield broker
    broker.process.terminate()


async def names(client: Client) -> list[str]:
    answer = json.loads((await client.request("$JS.API.STREAM.NAMES", b"", timeout=60)).data)
    return sorted(answer["streams"])


async def storage_of(client: Client, stream: str) -> tuple[Any, Any]:
    config = json.loads((await client.request(f"$JS.API.STREAM.INFO.{stream}", b"", timeout=60)).data)["config"]
    return config["storage"], config.get("persist_mode")


async def test_every_stream_and_bucket_is_there_after_a_crash_of_the_broker(broker: Broker) -> None:
    client = await broker.connect()
    await apply_topology(client)
    assert await names(client) == WANTED
    await client.close()

    broker.crash()

    client = await broker.connect()
    assert await names(client) == WANTED
    js = client.jetstream(timeout=60)
    assert (await js.publish("trace.after", b"{}")).stream == "TRACES"
    limits = await js.key_value(LIMITS_BUCKET)
    await limits.put("svc-admin-api.name.instance", b"[1]")
    assert (await limits.get("svc-admin-api.name.instance")).value == b"[1]"
    await client.close()


async def test_streams_of_an_older_version_that_lie_in_memory_are_replaced(broker: Broker) -> None:
    client = await broker.connect()
    for name, subject in (("TRACES", "trace.*"), (f"KV_{LIMITS_BUCKET}", f"$KV.{LIMITS_BUCKET}.>")):
        old = {"name": name, "subjects": [subject], "storage": "memory", "max_msgs_per_subject": 1}
        await client.request(f"$JS.API.STREAM.CREATE.{name}", json.dumps(old).encode(), timeout=60)

    for _ in range(2):
        await apply_topology(client)

    for name in ("TRACES", f"KV_{LIMITS_BUCKET}"):
        assert await storage_of(client, name) == ("file", "async")
    assert await storage_of(client, "TRANSACTIONS") == ("file", None)
    await client.close()
