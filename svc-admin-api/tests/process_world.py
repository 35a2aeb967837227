"""The service as a process of its own, against a real broker and a real database."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from nats.js.errors import NoKeysError

from admin_api.commands import AdminStore, new_system_key
from gateway_contracts.topology import CONFIG_BUCKET
from gateway_embedded.servers.process import free_port
from gateway_testkit.forking import launch_module
from gateway_testkit.waiting import eventually


@dataclass
class Running:
    """A started service."""

    http: httpx.AsyncClient
    environment: dict[str, str]
    log: Path
    database: Any

    async def post(self, path: str, key: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.http.post(f"/api/v1{path}", json=body, headers={"authorization": f"Bearer {key}", **named})
        assert answer.status_code in (200, 201), answer.text
        result: dict[str, Any] = answer.json()
        return result


@pytest_asyncio.fixture
async def running(database: Any, topology: Any, nats_client: Any, tmp_path: Path) -> AsyncIterator[Running]:
    await _forget_other_installations(nats_client)
    port = free_port()
    environment = {
        **os.environ,
        "ENVIRONMENT": "development",
        "NATS_URL": topology.url,
        "NATS_USER": "svc-admin-api",
        "NATS_PASSWORD": "unused",
        "MONGODB_URI": database.uri,
        "MONGODB_DATABASE": database.name,
        "SYSTEM_ENCRYPTION_KEY": secrets.token_hex(32),
        "SYSTEM_SEARCH_HASH_KEY": secrets.token_hex(32),
        "HTTP_PORT": str(port),
        "ADMIN_FRONTEND_ORIGIN": "https://admin.localhost",
        "ADMIN_BACKEND_ORIGIN": "https://api.localhost",
        "MAIN_FRONTEND_ORIGIN": "https://pay.localhost",
        "MAIN_BACKEND_ORIGIN": "https://hooks.localhost",
    }
    log = tmp_path / "service.log"
    process = launch_module("svc-admin-api", "admin_api", log=log, env=environment)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as http:

        async def is_up() -> bool:
            assert process.popen.poll() is None, log.read_text()
            try:
                return (await http.get("/health")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(is_up)
        yield Running(http, environment, log, database)
    process.popen.terminate()
    assert await asyncio.to_thread(process.popen.wait, 120) == 0


async def _forget_other_installations(nats_client: Any) -> None:
    """The broker is shared by all tests of the session; data keys wrapped by another system's key are refused."""
    bucket = await nats_client.jetstream().key_value(CONFIG_BUCKET)
    try:
        keys = await bucket.keys()
    except NoKeysError:
        return
    for key in keys:
        await bucket.purge(key)


async def system_key(running: Running) -> str:
    keys = [running.environment[name] for name in ("SYSTEM_ENCRYPTION_KEY", "SYSTEM_SEARCH_HASH_KEY")]
    store = AdminStore(running.database.client, running.database.name, *keys)
    return (await new_system_key(store, "test"))[1]
