"""Fault 9: with two instances of svc-admin-api an older configuration overwrote a newer one. After a restart of ingest
a revoked secret was accepted and the new one refused."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from gateway_contracts.topology import CONFIG_BUCKET
from gateway_embedded.servers.process import free_port
from gateway_testkit.backlog import is_served
from gateway_testkit.forking import launch_module
from gateway_testkit.installation import Installation
from gateway_testkit.link import Link, link_to
from gateway_testkit.seller import Seller, Two
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

INSTALLATION: dict[str, Any] = {}

SECOND = "svc-admin-api-2"


@asynccontextmanager
async def second_instance(installation: Installation) -> AsyncIterator[tuple[str, Link]]:
    """Another svc-admin-api, whose way to the broker can stand still: its address and the link."""
    env, port = installation.parts.env, free_port()
    async with link_to(env.ports["nats"]) as link:
        variables = env.service("svc-admin-api") | {
            "HTTP_PORT": str(port),
            "NATS_URL": env.nats.url.replace(str(env.ports["nats"]), str(link.port)),
        }
        log = installation.parts.log(SECOND)
        process = launch_module(SECOND, "admin_api", log=log, env=variables)
        installation.parts.running[SECOND] = process
        try:
            url = f"http://127.0.0.1:{port}"
            await eventually(lambda: _answers(url))
            yield url, link
        finally:
            link.thaw()
            await asyncio.to_thread(installation.parts.kill, SECOND)


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(base_url=url) as http:
            return (await http.get("/internal/health")).status_code == 200
    except httpx.TransportError:
        return False


async def change_secret(seller: Seller, url: str) -> str:
    """The merchant replaces the secret of its card account, through that instance."""
    secret = f"whsec_{secrets.token_hex(16)}"
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=120) as http:
        headers = {"Authorization": f"Bearer {seller.tenant.key}"}
        changed = await http.patch(f"/providers/{seller.provider_id}", json={"webhookSecret": secret}, headers=headers)
    assert changed.status_code == 200, changed.text
    return secret


async def stored(installation: Installation, key: str) -> dict[str, Any]:
    """Contents of the bucket."""
    bucket = await installation.bus.jetstream().key_value(CONFIG_BUCKET)
    found: dict[str, Any] = json.loads((await bucket.get(key)).value or b"{}")
    return found


async def test_a_secret_that_b_revoked_is_refused_after_a_restart(two: Two, installation: Installation) -> None:
    first = two.b.tenant.stack.descriptor["urls"]["adminApi"]
    key = f"provider.{two.b.provider_id}"
    async with second_instance(installation) as (second, link):
        # A does the same at the same time, and is not left behind either.
        link.freeze()
        older = {seller: await change_secret(seller, second) for seller in (two.a, two.b)}
        newer = {seller: await change_secret(seller, first) for seller in (two.a, two.b)}
        versions = {row["version"] for row in await published(installation, key)}
        await eventually(lambda: _holds(installation, key, max(versions)))
        # Everything that either instance still had in hand goes out now.
        link.thaw()
        await eventually(lambda: _nothing_waits(installation))
        await passed_through(two.a, second, installation)

    assert (await stored(installation, key))["version"] == max(versions)
    await installation.restart("svc-webhook-ingest")
    for seller in (two.a, two.b):
        payment = await seller.begin()
        for secret, status in ((older[seller], 400), (seller.secret, 400), (newer[seller], 200)):
            answer = await seller.webhook("payment_intent.succeeded", payment.intent, secret=secret)
            assert answer.status_code == status, f"{secret}: {answer.text}"
        await is_served(seller, payment)


async def published(installation: Installation, key: str) -> list[dict[str, Any]]:
    """The versions of a record that svc-admin-api has committed."""
    rows = installation.database("svc-admin-api")["outbox"].find({"kind": "config", "subject": key})
    return [row["body"] for row in await rows.to_list()]


async def passed_through(seller: Seller, url: str, installation: Installation) -> None:
    """Wait until a change that this instance makes now has arrived: so has everything that it sent before."""
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=120) as http:
        headers = {"Authorization": f"Bearer {seller.tenant.live_key}"}
        name = f"Shop {secrets.token_hex(4)}"
        changed = await http.patch(f"/sites/{seller.site_id}", json={"name": name}, headers=headers)
    assert changed.status_code == 200, changed.text

    async def arrived() -> bool:
        return bool((await stored(installation, f"site.{seller.site_id}"))["name"] == name)

    await eventually(arrived)
    await eventually(lambda: _nothing_waits(installation))


async def _holds(installation: Installation, key: str, version: int) -> bool:
    return bool((await stored(installation, key))["version"] == version)


async def _nothing_waits(installation: Installation) -> bool:
    outbox = installation.database("svc-admin-api")["outbox"]
    return await outbox.count_documents({"state": "pending"}) == 0
