"""Two instances behind one database write one configuration: what one of them brings late never wins.

``kill -9`` between a commit and its put is simulated: the relay of the instance never learns of the commit, and ends.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import pytest
import pytest_asyncio

from admin_api.app import build
from admin_api.settings import Settings
from gateway_kit.crypto.config_secrets import provider_secrets
from gateway_kit.service import Runtime, running
from gateway_kit.settings import KitSettings
from gateway_testkit.parts import Parts, parts_in
from gateway_testkit.waiting import eventually

S = TypeVar("S", bound=KitSettings)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

STRIPE = {
    "type": "stripe",
    "label": "Cards",
    "publishableKey": "pk_test_abcdefgh12345678",
    "secretKey": "sk_test_abcdefgh12345678",
    "webhookSecret": "whsec_first0000000000",
}


@dataclass
class Merchant:
    """One who has a provider, and changes it through one instance or the other."""

    key: str
    provider: str

    async def change(self, http: httpx.AsyncClient, secret: str) -> None:
        answer = await http.patch(
            f"/api/v1/providers/{self.provider}",
            json={"webhookSecret": secret},
            headers={"Authorization": f"Bearer {self.key}"},
        )
        assert answer.is_success, answer.text


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with parts_in(tmp_path_factory.mktemp("writers")) as running_parts:
        running_parts.start("svc-admin-api")
        yield running_parts


def settings_of(kind: type[S], variables: dict[str, str]) -> S:
    """The settings that the variables of a process give."""
    values: dict[str, Any] = {name.lower(): value for name, value in variables.items()}
    return kind(**{name: value for name, value in values.items() if name in kind.model_fields})


@contextlib.asynccontextmanager
async def second_instance(parts: Parts, *, dies_before_its_puts: bool = False) -> AsyncIterator[Any]:
    """Beside the process that runs all the time; its runtime and a client of it."""
    settings = settings_of(Settings, parts.env.service("svc-admin-api"))
    async with running(settings, "svc-admin-api", build) as (runtime, application):
        if dies_before_its_puts:
            runtime.uow._committed = lambda rows: None
        transport = httpx.ASGITransport(app=application, client=("127.0.0.1", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
            yield runtime, http


@pytest_asyncio.fixture
async def first(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=parts.env.http("svc-admin-api"), timeout=120) as http:
        yield http


@pytest_asyncio.fixture
async def merchant(parts: Parts, first: httpx.AsyncClient) -> Merchant:
    async def make(path: str, key: str, body: Any) -> Any:
        answer = await first.post(f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {key}"})
        assert answer.is_success, answer.text
        return answer.json()

    system = await parts.system_key()
    organization = (await make("/organizations", system, {"name": "Shop", "country": "DE"}))["id"]
    key = (await make(f"/organizations/{organization}/api-keys", system, {"label": "all", "scopes": ["*:*"]}))["key"]
    return Merchant(key, (await make("/providers", key, STRIPE))["id"])


def accepted(runtime: Runtime, provider: str) -> tuple[str, ...]:
    """The webhook secrets that a service with this copy of the bucket accepts."""
    record = runtime.config.provider(provider)
    return provider_secrets(runtime.keyring, record, "webhookSecret") if record else ()


@contextlib.asynccontextmanager
async def restarted_ingest(parts: Parts) -> AsyncIterator[Runtime]:
    """A service that reads the bucket for the first time, with its own rights."""
    settings = settings_of(KitSettings, parts.env.service("svc-webhook-ingest"))

    async def nothing(runtime: Runtime) -> None:
        return None

    async with running(settings, "svc-webhook-ingest", nothing) as (runtime, _):
        yield runtime


async def test_a_revoked_webhook_secret_stays_revoked_after_late_puts_and_restarts(
    parts: Parts, first: httpx.AsyncClient, merchant: Merchant
) -> None:
    async with second_instance(parts, dies_before_its_puts=True) as (dying, http):
        await merchant.change(http, "whsec_revoked00000000")
        await merchant.change(first, "whsec_current00000000")
        await eventually(lambda: accepted(dying, merchant.provider)[:1] == ("whsec_current00000000",))

        # The first one finds what the other had committed, and brings it to the bus.
        async def is_settled() -> bool:
            rows = {"kind": "config", "subject": f"provider.{merchant.provider}", "state": "pending"}
            return not await dying.db.outbox.count_documents(rows)

        await eventually(is_settled)

    async with restarted_ingest(parts) as ingest:
        assert accepted(ingest, merchant.provider)[0] == "whsec_current00000000"

    # It is back, and writes everything again.
    async with second_instance(parts), restarted_ingest(parts) as ingest:
        assert accepted(ingest, merchant.provider)[0] == "whsec_current00000000"
