"""The configuration bucket never goes back, whatever writes it, in whatever order, with whatever crash in between."""

import asyncio
import json
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from gateway_contracts.config import DESTROYED, ConfigRecord, ProviderConfig, WrappedDek
from gateway_contracts.errors import Transient
from gateway_contracts.topology import CONFIG_BUCKET
from gateway_kit.cancellation import cancel_tasks
from gateway_kit.nats.config_cache import ConfigCache
from gateway_kit.nats.config_records import PREFIX, STREAM
from gateway_kit.nats.config_writer import ConfigWriter
from gateway_testkit.servers import NatsServer
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

ORGANIZATION = "65a50000000000000000000a"


@pytest_asyncio.fixture
async def js(topology: NatsServer, nats_client: Client) -> JetStreamContext:
    return nats_client.jetstream(timeout=60)


def provider(identifier: str, version: int) -> ProviderConfig:
    """Its label stands for the secret of that version."""
    return ProviderConfig(
        id=identifier,
        organization_id=ORGANIZATION,
        version=version,
        type="stripe",
        label=f"secret of version {version}",
        livemode=False,
    )


def value_of(record: ConfigRecord) -> bytes:
    return json.dumps(record.wire()).encode()


async def write(js: JetStreamContext, identifier: str, version: int, *, is_removal: bool = False) -> bool:
    value = None if is_removal else value_of(provider(identifier, version))
    return await ConfigWriter(js).write(f"provider.{identifier}", value, version=version)


@asynccontextmanager
async def reading(js: JetStreamContext) -> AsyncIterator[ConfigCache]:
    """A service that was started just now."""
    cache = ConfigCache(js)
    task = asyncio.create_task(cache.run())
    try:
        await cache.wait_ready()
        yield cache
    finally:
        await cancel_tasks([task])


async def test_a_late_put_of_an_older_version_is_not_seen_after_a_restart_of_its_reader(js: JetStreamContext) -> None:
    """An instance committed version 2 and died before its put; another one put version 3; the first one is back."""
    key = secrets.token_hex(12)
    await write(js, key, 1)
    assert await write(js, key, 3)

    assert not await write(js, key, 2)

    async with reading(js) as cache:
        found = cache.provider(key)
        assert found is not None
        assert found.label == "secret of version 3"


async def test_an_older_put_does_not_bring_a_removed_key_back(js: JetStreamContext) -> None:
    key = secrets.token_hex(12)
    async with reading(js) as before:
        await write(js, key, 4)
        await eventually(lambda: before.provider(key) is not None)
        assert await write(js, key, 4, is_removal=True)
        await eventually(lambda: before.provider(key) is None)

        assert not await write(js, key, 3)
        assert not await write(js, key, 4)
        # One of an earlier version of the gateway, which makes no request.
        await js.publish(f"{PREFIX}provider.{key}", value_of(provider(key, 3)))
        await js.publish(f"{PREFIX}provider.{key}x", value_of(provider(f"{key}x", 1)))
        await eventually(lambda: before.provider(f"{key}x") is not None)

        assert before.provider(key) is None
        assert await before.fetch_provider(key) is None
        await before.reconnected()
        await js.publish(f"{PREFIX}provider.{key}y", value_of(provider(f"{key}y", 1)))
        await eventually(lambda: before.provider(f"{key}y") is not None)
        assert before.provider(key) is None
        assert await write(js, key, 5)
        await eventually(lambda: before.provider(key) == provider(key, 5))


async def test_nothing_of_a_destroyed_data_key_is_left_in_the_stream(js: JetStreamContext) -> None:
    organization = secrets.token_hex(12)
    record = WrappedDek(
        scope="organization", organization_id=organization, purpose="operational", version=1, wrapped="d3JhcHBlZA=="
    )
    key = f"dek.org.{organization}.operational.1"
    writer = ConfigWriter(js)
    await writer.write(key, value_of(record), version=record.order)
    sequence = (await js.get_last_msg(STREAM, PREFIX + key)).seq

    await writer.write(key, None, version=DESTROYED)
    again = record.model_copy(update={"revision": 7})
    assert not await writer.write(key, value_of(again), version=again.order)

    last = await js.get_last_msg(STREAM, PREFIX + key)
    assert not last.data
    with pytest.raises(NotFoundError):
        await js.get_msg(STREAM, seq=sequence)


async def test_a_key_that_was_wrapped_again_stands_against_its_older_form(js: JetStreamContext) -> None:
    """Both have the version of the data key itself."""
    organization = secrets.token_hex(12)
    key = f"dek.org.{organization}.operational.1"
    old = WrappedDek(
        scope="organization", organization_id=organization, purpose="operational", version=1, wrapped="b2xk"
    )
    new = old.model_copy(update={"wrapped": "bmV3", "revision": 2})
    writer = ConfigWriter(js)
    await writer.write(key, value_of(new), version=new.order)

    assert not await writer.write(key, value_of(old), version=old.order)

    assert json.loads((await js.get_last_msg(STREAM, PREFIX + key)).data or b"")["wrapped"] == "bmV3"


class Interleaved:
    """A context whose publishes wait until the test lets them go."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js
        self.is_reading_done = asyncio.Event()
        self.go_on = asyncio.Event()

    async def get_last_msg(self, stream: str, subject: str) -> Any:
        return await self._js.get_last_msg(stream, subject)

    async def publish(self, *arguments: Any, **options: Any) -> Any:
        self.is_reading_done.set()
        await self.go_on.wait()
        return await self._js.publish(*arguments, **options)


@pytest.mark.parametrize("is_removal", [False, True])
async def test_a_put_between_the_look_and_the_write_of_an_older_one_stands(
    js: JetStreamContext, is_removal: bool
) -> None:
    key = secrets.token_hex(12)
    await write(js, key, 1)
    late: Any = Interleaved(js)
    older = asyncio.create_task(write(late, key, 2))
    await late.is_reading_done.wait()

    assert await write(js, key, 3, is_removal=is_removal)
    late.go_on.set()

    assert not await older
    async with reading(js) as cache:
        assert cache.provider(key) == (None if is_removal else provider(key, 3))


class Contested:
    """A context over a bucket that another instance writes between each look and each put."""

    def __init__(self, js: JetStreamContext, key: str) -> None:
        self._js = js
        self._key = key
        self.puts = 0

    async def get_last_msg(self, stream: str, subject: str) -> Any:
        return await self._js.get_last_msg(stream, subject)

    async def publish(self, *arguments: Any, **options: Any) -> Any:
        self.puts += 1
        await self._js.publish(f"{PREFIX}provider.{self._key}", value_of(provider(self._key, self.puts)))
        return await self._js.publish(*arguments, **options)


async def test_a_writer_gives_up_after_a_bounded_number_of_conflicts(js: JetStreamContext) -> None:
    key = secrets.token_hex(12)
    contested: Any = Contested(js, key)

    with pytest.raises(Transient) as caught:
        await write(contested, key, 1_000)

    assert caught.value.code == "CONFIG_CONTESTED"
    assert contested.puts < 20


@pytest.mark.parametrize("seed", range(6))
async def test_the_newest_stands_whatever_the_order_and_the_number_of_writers(js: JetStreamContext, seed: int) -> None:
    """Each version is written by two instances, some of them twice after a crash; versions are puts and removals."""
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    key = secrets.token_hex(12)
    versions = {number: chance.random() < 0.3 for number in range(1, 13)}
    orders = [[*versions, *chance.sample(range(1, 13), 4)] for _ in range(2)]
    seen: list[int] = []

    async def instance(order: list[int]) -> None:
        for version in order:
            await write(js, key, version, is_removal=versions[version])

    def changed(name: str, record: Any) -> None:
        if name == f"provider.{key}" and record is not None:
            seen.append(record.version)

    watching = ConfigCache(js, on_change=changed)
    task = asyncio.create_task(watching.run())
    await watching.wait_ready()
    for order in orders:
        chance.shuffle(order)
    await asyncio.gather(*(instance(order) for order in orders))

    newest = None if versions[12] else provider(key, 12)
    async with reading(js) as restarted:
        assert restarted.provider(key) == newest
    await eventually(lambda: watching.provider(key) == newest)
    assert seen == sorted(seen)
    await cancel_tasks([task])


async def test_a_bucket_that_was_made_anew_is_read_without_regard_to_the_old_one(
    js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bus was lost, and the database is older than what was published before: it is the record."""
    monkeypatch.setattr("gateway_kit.nats.config_cache.AUDIT_INTERVAL_S", 0.1)
    key = secrets.token_hex(12)
    await write(js, key, 9)
    async with reading(js) as cache:
        assert cache.provider(key) is not None
        await js.delete_key_value(CONFIG_BUCKET)
        await js.create_key_value(bucket=CONFIG_BUCKET, history=1)

        assert await write(js, key, 2)

        await eventually(lambda: cache.provider(key) == provider(key, 2))
