"""``python -m ipn`` as its own process, killed at the worst moment."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from ipn_bench import Bench
from pydantic import SecretStr

from gateway_contracts.events.transaction import TransactionSucceededV1
from gateway_embedded.servers.process import free_port
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration


def environment(bench: Bench, port: int) -> dict[str, str]:
    fields = bench.settings.model_dump(exclude_none=True)
    plain = {key: value.get_secret_value() if isinstance(value, SecretStr) else value for key, value in fields.items()}
    return {**os.environ, **{key.upper(): str(value) for key, value in plain.items()}, "LIVEZ_PORT": str(port)}


@contextmanager
def service(bench: Bench, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, "-m", "ipn"], env=environment(bench, port), stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


async def test_killed_between_the_merchants_answer_and_its_record(stopped: Bench, tmp_path: Path) -> None:
    log, killed = tmp_path / "log", asyncio.Event()
    with service(stopped, free_port(), log) as first:

        async def kill() -> web.Response:
            first.kill()
            killed.set()
            return web.Response()

        stopped.merchant.answers["/ipn"] = [kill]
        delivery_id = await stopped.change(TransactionSucceededV1)
        await asyncio.wait_for(killed.wait(), 120)

    row = await stopped.deliveries.find_one({"_id": delivery_id})
    assert (row["state"], row["attempts"]) == ("sending", [])
    # Time passes until the lease of the dead process is over.
    await stopped.deliveries.update_one({"_id": delivery_id}, {"$set": {"lease_until": datetime.now(UTC)}})

    with service(stopped, free_port(), log):

        async def delivered() -> bool:
            return (await stopped.deliveries.find_one({"_id": delivery_id}))["state"] == "delivered"

        await eventually(delivered)

    before, after = stopped.merchant.requests
    assert before.body == after.body
    assert before.headers["webhook-id"] == after.headers["webhook-id"] == delivery_id
    text = log.read_text()
    assert stopped.merchant.url not in text
    assert stopped.secret not in text


async def test_probes_and_an_orderly_end(stopped: Bench, tmp_path: Path) -> None:
    port = free_port()
    with service(stopped, port, tmp_path / "log") as process:

        async def answers(path: str) -> bool:
            try:
                async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as reply:
                    return reply.status < 300
            except aiohttp.ClientError:
                return False

        await eventually(lambda: answers("/livez"))
        await eventually(lambda: answers("/readyz"))

    assert process.returncode == 0
