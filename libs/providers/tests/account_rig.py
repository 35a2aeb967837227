"""An account at a running simulator, for tests of what a connector does beside payments."""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import uvicorn

from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.provider import ProviderCheck
from gateway_embedded.servers.process import free_port
from gateway_providers.ports import Checkable, ProviderAccount
from gateway_providers.registry import connect
from gateway_testkit.waiting import eventually

HOOK = "http://127.0.0.1:9/hooks/x/65c000000000000000000003"
SECRETS = {
    "stripe": {"secretKey": "sk_test_connection", "webhookSecret": "whsec_connection"},
    "mollie": {"apiKey": "test_connection_key", "webhookSecret": "next-generation"},
    "gocardless": {"accessToken": "sandbox_connection", "webhookSecret": "dashboard-secret"},
    "paypal": {"clientSecret": "client-secret-of-paypal", "webhookId": "WH123"},
    "wise": {"apiToken": "token-of-connection"},
}


@dataclass
class Account:
    """An account at a running simulator, and its connection test."""

    url: str
    connector: Checkable
    account: ProviderAccount

    async def checks(self, **changes: Any) -> tuple[ProviderCheck, ...]:
        return await self.connector.check_account(replace(self.account, **changes), webhook_url=HOOK, timeout_s=30)

    async def faults(self, **changes: Any) -> list[tuple[str, str | None, str | None]]:
        return [(each.result, each.code, each.field) for each in await self.checks(**changes) if each.code]

    def secrets(self, **values: str) -> dict[str, str]:
        return {**self.account.secrets, **values}

    async def ask(self, method: str, path: str, **options: Any) -> Any:
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            answer = await http.request(method, path, **options)
        assert answer.is_success, answer.text
        return answer.json()

    async def rule(self, status: int, method: str, path: str) -> None:
        match = {"method": method, "path": path}
        await self.ask("POST", "/_sim/rules", json={"kind": "api_error", "status": status, "match": match})


@contextlib.asynccontextmanager
async def opened(provider: str, **public: str) -> AsyncIterator[Account]:
    port = free_port()
    build = importlib.import_module(f"gateway_simulators.{provider}.app").build_app
    settings = importlib.import_module(f"gateway_simulators.{provider}.settings").Settings(port=port)
    server = uvicorn.Server(uvicorn.Config(build(settings), port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    url = f"http://127.0.0.1:{port}"
    connector = connect(provider, url)
    assert isinstance(connector, Checkable)
    account = ProviderAccount(
        id=new_object_id(),
        organization_id=new_object_id(),
        type=provider,
        livemode=False,
        public={"clientId": "client-of-connection", **public} if provider == "paypal" else public,
        secrets=SECRETS[provider],
    )
    made = Account(url, connector, account)
    try:
        if provider == "paypal":
            # The first secret that a client id is used with is its secret.
            await made.checks()
        yield made
    finally:
        await connector.aclose()
        server.should_exit = True
        await serving


async def profile_of(provider: str) -> dict[str, str]:
    """The number of the profile that the simulator derives from the token."""
    if provider != "wise":
        return {}
    async with opened("wise", profileId="0") as at:
        body = {"api_token": at.account.secrets["apiToken"]}
        return {"profileId": str((await at.ask("POST", "/_sim/profiles", json=body))["id"])}
