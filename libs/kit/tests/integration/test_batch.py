"""Group commit against a real server, which is also killed in the middle."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client

from gateway_contracts.errors import GatewayError, OutcomeUnknown, TooLarge, Transient
from gateway_embedded.servers.binaries import find_nats_server
from gateway_embedded.servers.process import free_port
from gateway_kit.nats.batch import BATCH_MESSAGES_MIN, BatchPublisher
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

STREAM = "BATCHES"
SUBJECT = "batches.stored"


class Broker:
    """A server of our own, because these tests stop and kill it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "nats.conf"
        self._config.write_text(
            f'listen: 127.0.0.1:{self.port}\njetstream {{ store_dir: "{folder}/js", sync_interval: always }}\n'
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [str(find_nats_server()), "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It stands still when this returns."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


async def connect(broker: Broker) -> Client:
    async def ignore(_error: Exception) -> None: ...

    deadline = asyncio.get_running_loop().time() + 60
    while True:
        try:
            return await nats.connect(
                broker.url, max_reconnect_attempts=-1, reconnect_time_wait=0.05, connect_timeout=2, error_cb=ignore
            )
        except (OSError, nats.errors.Error):
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.02)


@pytest.fixture
async def nc(broker: Broker) -> AsyncIterator[Client]:
    client = await connect(broker)
    await create_stream(client)
    yield client
    await client.close()


async def create_stream(client: Client, **options: object) -> None:
    config = {
        "name": STREAM,
        "subjects": ["batches.*"],
        "storage": "file",
        "retention": "limits",
        "num_replicas": 1,
        "allow_atomic": True,
        "max_msg_size": 1024 * 1024,
    } | options
    reply = await client.request(f"$JS.API.STREAM.CREATE.{STREAM}", json.dumps(config).encode(), timeout=60)
    assert "error" not in json.loads(reply.data), reply.data


async def stored(client: Client) -> list[bytes]:
    """The bodies that lie in the stream, in order."""
    stream = client.jetstream(timeout=60)
    state = (await stream.stream_info(STREAM)).state
    return [
        (await stream.get_msg(STREAM, sequence)).data or b""
        for sequence in range(state.first_seq or 1, state.last_seq + 1)
    ]


async def outcome(publisher: BatchPublisher, body: bytes) -> tuple[bytes, GatewayError | None]:
    try:
        await publisher.publish(SUBJECT, {"Gw-Test": "1"}, body)
    except GatewayError as error:
        return body, error
    return body, None


async def test_lone_message_is_a_plain_publish(nc: Client) -> None:
    publisher = BatchPublisher(nc, stream=STREAM, timeout_s=60)

    await publisher.publish(SUBJECT, {"Gw-Test": "1"}, b"one")

    message = await nc.jetstream().get_msg(STREAM, 1)
    assert message.data == b"one"
    assert message.headers == {"Gw-Test": "1"}
    assert (publisher.stats.singles, publisher.stats.batches) == (1, 0)


async def test_concurrent_messages_share_batches_and_keep_their_order(nc: Client) -> None:
    publisher = BatchPublisher(nc, stream=STREAM, max_batch=100, timeout_s=60)
    bodies = [str(number).encode() for number in range(250)]

    await asyncio.gather(*(publisher.publish(SUBJECT, {}, body) for body in bodies))

    assert await stored(nc) == bodies
    assert publisher.stats.batches == 3
    assert publisher.stats.singles == 0


async def test_callers_that_publish_again_at_once_are_all_served(nc: Client) -> None:
    publisher = BatchPublisher(nc, stream=STREAM, timeout_s=60)

    async def caller(name: int) -> None:
        for count in range(40):
            await publisher.publish(SUBJECT, {}, f"{name}-{count}".encode())

    await asyncio.gather(*(caller(name) for name in range(25)))

    assert len(set(await stored(nc))) == 1000
    assert publisher.stats.failures == 0


async def test_batches_respect_the_byte_limit(nc: Client) -> None:
    publisher = BatchPublisher(nc, stream=STREAM, timeout_s=60)

    await asyncio.gather(*(publisher.publish(SUBJECT, {}, bytes([65 + number]) * 60_000) for number in range(30)))

    # Fourteen fit, and fourteen again; the last two are too few for a batch.
    assert [body[0] - 65 for body in await stored(nc)] == list(range(30))
    assert (publisher.stats.batches, publisher.stats.singles) == (2, 2)


@pytest.mark.parametrize(
    ("together", "batches"), [(2, 0), (BATCH_MESSAGES_MIN - 1, 0), (BATCH_MESSAGES_MIN, 1), (BATCH_MESSAGES_MIN + 1, 1)]
)
async def test_few_messages_go_one_by_one_in_their_order(nc: Client, together: int, batches: int) -> None:
    publisher = BatchPublisher(nc, stream=STREAM, timeout_s=60)
    bodies = [str(number).encode() for number in range(together)]

    await asyncio.gather(*(publisher.publish(SUBJECT, {}, body) for body in bodies))

    assert await stored(nc) == bodies
    assert (publisher.stats.batches, publisher.stats.singles) == (batches, 0 if batches else together)


async def test_message_over_the_limit_is_refused_at_once(nc: Client) -> None:
    publisher = BatchPublisher(nc, stream=STREAM, timeout_s=60)

    with pytest.raises(TooLarge):
        await publisher.publish(SUBJECT, {}, b"x" * 1024 * 1024)

    assert await stored(nc) == []


async def test_refused_batch_falls_back_to_singles_and_only_the_culprit_fails(broker: Broker) -> None:
    nc = await connect(broker)
    await create_stream(nc, max_msg_size=1000)
    publisher = BatchPublisher(nc, stream=STREAM, timeout_s=60)
    good = [bytes([65 + number]) for number in range(BATCH_MESSAGES_MIN)]
    bodies = [good[0], b"-" * 2000, *good[1:]]

    outcomes = await asyncio.gather(*(outcome(publisher, body) for body in bodies))

    refused = [error.code if error else None for _, error in outcomes]
    assert refused == [None, "PUBLISH_REFUSED", *[None] * (len(good) - 1)]
    assert sorted(await stored(nc)) == good
    assert publisher.stats.fallbacks == 1
    await nc.close()


async def test_stream_without_atomic_batches_still_stores_everything(broker: Broker) -> None:
    nc = await connect(broker)
    await create_stream(nc, allow_atomic=False)
    publisher = BatchPublisher(nc, stream=STREAM, timeout_s=60)
    bodies = [str(number).encode() for number in range(20)]

    await asyncio.gather(*(publisher.publish(SUBJECT, {}, body) for body in bodies))

    assert sorted(await stored(nc)) == sorted(bodies)
    await nc.close()


async def test_full_queue_refuses_the_next_caller(nc: Client) -> None:
    publisher = BatchPublisher(nc, stream=STREAM, queue_max=10, timeout_s=60)

    outcomes = await asyncio.gather(*(outcome(publisher, str(number).encode()) for number in range(30)))

    refused = [error for _, error in outcomes if error]
    assert len(refused) == 20
    assert {error.code for error in refused} == {"OVERLOADED"}
    assert len(await stored(nc)) == 10


async def test_missing_stream_is_no_acknowledgement(broker: Broker) -> None:
    nc = await connect(broker)
    publisher = BatchPublisher(nc, stream=STREAM, timeout_s=60)

    outcomes = await asyncio.gather(*(outcome(publisher, b"x") for _ in range(3)))

    assert {error.code for _, error in outcomes if error} == {"BROKER_UNAVAILABLE"}
    assert publisher.stats.failures == 3
    await nc.close()


async def test_frozen_broker_leaves_the_outcome_unknown_and_recovers(broker: Broker, nc: Client) -> None:
    publisher = BatchPublisher(nc, stream=STREAM, timeout_s=0.3)
    broker.freeze()

    outcomes = await asyncio.gather(*(outcome(publisher, b"lost") for _ in range(3)))

    broker.thaw()
    assert all(isinstance(error, OutcomeUnknown) for _, error in outcomes)
    _, error = await outcome(BatchPublisher(nc, stream=STREAM, timeout_s=60), b"later")
    assert error is None
    assert b"later" in await stored(nc)


async def test_close_drains_and_refuses_newcomers(nc: Client) -> None:
    publisher = BatchPublisher(nc, stream=STREAM, max_batch=10, timeout_s=60)
    waiting = [asyncio.create_task(outcome(publisher, str(number).encode())) for number in range(55)]
    await eventually(lambda: publisher.stats.messages)

    await publisher.close()

    assert [error for _, error in await asyncio.gather(*waiting) if error] == []
    assert len(await stored(nc)) == 55
    with pytest.raises(Transient, match="closing"):
        await publisher.publish(SUBJECT, {}, b"late")


async def test_cancelled_caller_harms_no_other(nc: Client) -> None:
    publisher = BatchPublisher(nc, stream=STREAM, timeout_s=60)
    impatient = asyncio.create_task(outcome(publisher, b"impatient"))
    patient = asyncio.create_task(outcome(publisher, b"patient"))
    await asyncio.sleep(0)

    impatient.cancel()

    assert (await patient)[1] is None
    assert b"patient" in await stored(nc)


async def test_no_acknowledged_message_is_missing_after_kill(broker: Broker, nc: Client) -> None:
    """The server dies again and again under load; what was acknowledged must lie in the stream afterwards."""
    publisher = BatchPublisher(nc, stream=STREAM, timeout_s=1)
    acknowledged: set[bytes] = set()
    refused: set[bytes] = set()
    stop = asyncio.Event()

    async def caller(name: int) -> None:
        count = 0
        while not stop.is_set():
            count += 1
            body, error = await outcome(publisher, f"{name}-{count}".encode() + b"." * 500)
            (refused if error else acknowledged).add(body)
            await asyncio.sleep(0 if error is None else 0.02)

    async def some_more() -> None:
        goal = len(acknowledged) + 300
        await eventually(lambda: len(acknowledged) >= goal)

    callers = [asyncio.create_task(caller(name)) for name in range(40)]
    kills = 0
    # A kill may meet a moment when nothing is on its way.
    while kills < 3 or not refused:
        await some_more()
        broker.stop(signal.SIGKILL)
        broker.start()
        kills += 1
    await some_more()
    stop.set()
    await asyncio.gather(*callers)
    await publisher.close()

    assert acknowledged - set(await stored(nc)) == set()
    assert publisher.stats.batches > 0
