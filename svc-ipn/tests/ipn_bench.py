"""svc-ipn as it runs, on real servers, with a real receiver of notifications."""

import asyncio
import json
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

import pytest
import pytest_asyncio
from aiohttp import web
from nats.aio.client import Client

from gateway_contracts.actor import Actor
from gateway_contracts.config import SiteConfig
from gateway_contracts.events.dispute import DisputeChange
from gateway_contracts.events.transaction import TransactionChange
from gateway_contracts.ids import new_event_id, new_object_id
from gateway_kit.crypto.config_secrets import seal_ipn_secret
from gateway_kit.crypto.keyring import Keyring, dek_key
from gateway_kit.crypto.signing import new_webhook_secret
from gateway_kit.http.outbound import OutboundLimits
from gateway_kit.service import Runtime, running
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.servers import NatsServer
from gateway_testkit.settings import settings_for
from ipn import app
from ipn.app import SERVICE, build
from ipn.domain import schedule
from ipn.settings import Settings

FIRST_DELAY = timedelta(hours=1)
ATTEMPT_S = 20


@dataclass
class Received:
    """One request at the merchant."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Merchant:
    """A receiver; ``answers`` are used up one by one per path, then 200."""

    url: str = ""
    requests: list[Received] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    answers: dict[str, list[web.Response | Callable[[], Any]]] = field(default_factory=lambda: defaultdict(list))

    def at(self, path: str) -> list[Received]:
        return [request for request in self.requests if request.path == path]

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests.append(Received(request.path, {k.lower(): v for k, v in request.headers.items()}, body))
        queue = self.answers[request.path]
        answer = queue.pop(0) if queue else web.Response()
        return answer if isinstance(answer, web.Response) else await answer()


@dataclass
class Bench:
    """The running service and what surrounds it."""

    merchant: Merchant
    keyring: Keyring
    client: Client
    database: TestDatabase
    settings: Settings
    start: Callable[..., AbstractAsyncContextManager[Any]]
    organization_id: str
    site_id: str
    secret: str
    runtime: Runtime | None = None
    site_version: int = 0

    @property
    def deliveries(self) -> Any:
        return self.database.db["deliveries"]

    def actor(self, *scopes: str) -> Actor:
        return Actor(kind="api_key", organization_id=self.organization_id, scopes=scopes, livemode=False)

    async def neighbour(self) -> "Bench":
        """Another organization of the same gateway, with its own site and keys."""
        other = replace(self, organization_id=new_object_id(), site_id=new_object_id(), site_version=0)
        await other.put_key()
        await other.put_site()
        return other

    async def put_key(self) -> None:
        record = self.keyring.create("organization", self.organization_id, "operational")
        self.keyring.load(record)
        await self._put(dek_key(record), record.wire_json())

    async def put_site(
        self, *, ipn_version: Literal[1, 2] = 1, secrets_in_use: list[str] | None = None, deleted: bool = False
    ) -> None:
        self.site_version += 1
        sealed = [
            seal_ipn_secret(self.keyring, self.site_id, livemode=False, secret=secret)
            for secret in secrets_in_use or [self.secret]
        ]
        site = SiteConfig(
            id=self.site_id,
            organization_id=self.organization_id,
            version=self.site_version,
            name="Shop",
            ipn_version=ipn_version,
            ipn_secrets={"test": tuple(sealed)},
            deleted=deleted,
        )
        await self._put(f"site.{self.site_id}", site.wire_json())

    async def _put(self, key: str, value: bytes) -> None:
        bucket = await self.client.jetstream(timeout=60).key_value("config")
        await bucket.put(key, value)

    async def change(
        self,
        kind: type[TransactionChange | DisputeChange],
        /,
        *,
        path: str | None = "/ipn",
        checkout: str = "c" * 24,
        transaction: str | None = None,
        sequence: int = 2,
        event_id: str | None = None,
        copies: int = 1,
        base: str | None = None,
        **fields: Any,
    ) -> str:
        """Publish an event of svc-transaction; returns the id of the delivery that it makes."""
        event_id = event_id or new_event_id()
        transaction = transaction or new_object_id()
        session = self.keyring.encrypt(self.organization_id, kind.TYPE, event_id, "session_public_id", "cs_public")
        url = None
        if path is not None:
            text = (base or self.merchant.url) + path
            url = self.keyring.encrypt(self.organization_id, kind.TYPE, event_id, "ipn_url", text)
        data = kind(
            transaction_id=transaction,
            checkout_id=checkout,
            session_public_id=session,
            site_id=self.site_id,
            provider_id=new_object_id(),
            provider_type="stripe",
            status=fields.pop("status", "x"),
            amount=1099,
            currency="EUR",
            external_reference=fields.pop("external_reference", "order-42"),
            ipn_url=url,
            occurred_at=datetime.now(UTC),
            **fields,
        )
        envelope = {
            "id": event_id,
            "source": "svc-transaction",
            "type": kind.TYPE,
            "time": datetime.now(UTC).isoformat(),
            "dataschema": "urn:x",
            "organizationId": self.organization_id,
            "livemode": False,
            "entityId": transaction,
            "sequence": sequence,
            "correlationId": "corr-1",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "data": data.wire(),
        }
        js = self.client.jetstream(timeout=60)
        for _ in range(copies):
            await js.publish(f"{kind.TYPE}.{self.organization_id}", json.dumps(envelope).encode())
        return "dlv_" + event_id.replace("-", "")


@pytest_asyncio.fixture
async def merchant() -> AsyncIterator[Merchant]:
    """A receiver on a free port."""
    receiver = Merchant()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield receiver
    await runner.cleanup()


@pytest_asyncio.fixture
async def stopped(
    topology: NatsServer,
    database: TestDatabase,
    nats_client: Client,
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Bench]:
    """Everything but the service itself; ``bench.start()`` runs it, with other settings if named."""
    # The second attempt comes when a test says so; five seconds may pass while it looks elsewhere.
    monkeypatch.setattr(schedule, "DELAYS", (FIRST_DELAY, *schedule.DELAYS[1:]))
    # A slow machine is no receiver that cannot be reached: that attempt would be repeated after an hour.
    monkeypatch.setattr(app, "OutboundLimits", partial(OutboundLimits, connect_s=ATTEMPT_S))
    system_key, search_key = secrets.token_hex(32), secrets.token_hex(32)
    keyring = Keyring.from_secrets(system_key, search_key)
    organization_id, site_id = new_object_id(), new_object_id()
    settings = settings_for(
        Settings,
        topology,
        database,
        system_encryption_key=system_key,
        system_search_hash_key=search_key,
        ipn_allow_private_targets=True,
        # Below the lease of an attempt, as in service.
        ipn_timeout_s=ATTEMPT_S,
    )
    js = nats_client.jetstream(timeout=60)
    await js.purge_stream("TRANSACTIONS")
    bucket = await js.key_value("config")
    for record in (
        keyring.create("system", "", "system"),
        keyring.create("organization", organization_id, "operational"),
    ):
        keyring.load(record)
        await bucket.put(dek_key(record), record.wire_json())
    bench = Bench(
        merchant=merchant,
        keyring=keyring,
        client=nats_client,
        database=database,
        settings=settings,
        start=lambda **changes: running(settings.model_copy(update=changes), SERVICE, build),
        organization_id=organization_id,
        site_id=site_id,
        secret=new_webhook_secret(),
    )
    await bench.put_site()
    yield bench
    # All at once: a listing of the keys finds none now and then on a busy machine.
    await js.purge_stream("KV_config")


@pytest_asyncio.fixture
async def bench(stopped: Bench) -> AsyncIterator[Bench]:
    """The service, running."""
    async with stopped.start() as (runtime, _):
        stopped.runtime = runtime
        yield stopped
