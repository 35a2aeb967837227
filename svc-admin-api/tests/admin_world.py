"""The API in front of a real database; the services behind it answer from memory."""

import functools
import itertools
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest_asyncio
from fastapi import FastAPI
from operations_world import operations_in_memory

from admin_api.app import DOCUMENTS, open_tenancy
from admin_api.edge.dependencies import Deps, Origins
from admin_api.edge.key_look_ups import BucketLookUps
from admin_api.edge.ports import AllPorts
from admin_api.encryption.use_cases.provision_keys import provision_keys
from admin_api.encryption.work import encryption_around
from admin_api.events.opening import open_events
from admin_api.events.ports import Events
from admin_api.people.opening import open_sessions
from admin_api.people.ports import People, SessionAccess
from admin_api.shared.store.documents import IdempotencyDocument
from admin_api.tenancy.use_cases.create_system_key import create_system_key
from admin_api.web.application import create_application
from gateway_contracts.clock import SystemClock
from gateway_contracts.config import DomainConfig
from gateway_contracts.errors import NotFound, Transient
from gateway_contracts.requests import transaction
from gateway_contracts.requests.ipn import DeliveryRecord
from gateway_contracts.requests.transaction import CheckoutCreated
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.crypto.kms_directory import KmsDirectory
from gateway_kit.health import Health
from gateway_kit.http.edge import edge
from gateway_kit.http.outbound import OutboundClient
from gateway_kit.limits.buckets import Buckets
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.nats.stream_reader import Batch, StreamHead
from gateway_testkit.plugin import TestDatabase

PROXY = "127.0.0.1"
STRANGER = "198.51.100.9"


@dataclass
class Owners:
    """The services behind the API: answers by subject, and what they were asked."""

    answers: dict[str, Callable[..., Any]] = field(default_factory=dict)
    asked: list[tuple[str, Any, Any, str | None]] = field(default_factory=list)

    async def call(
        self, method: Any, request: Any, *, actor: Any, operation_id: str | None = None, timeout_s: float | None = None
    ) -> Any:
        self.asked.append((method.subject, request, actor, operation_id))
        answer = self.answers.get(method.subject)
        if answer is None:
            raise Transient("the service does not answer", code="SERVICE_UNAVAILABLE", retry_after_s=2)
        result = answer(request)
        return await result if isinstance(result, Awaitable) else result

    def asked_for(self, method: Any) -> list[tuple[str, Any, Any, str | None]]:
        return [call for call in self.asked if call[0] == method.subject]


class Papers:
    """Documents in memory."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}

    async def get(self, name: str, key: bytes) -> bytes:
        if name not in self.stored:
            raise NotFound("no such document")
        return self.stored[name]


class NoBus:
    """Streams of a bus that does not answer."""

    async def head(self, stream: str, *, max_age_s: float = 0.0) -> StreamHead:
        raise Transient("the message broker does not answer", code="BROKER_UNAVAILABLE", retry_after_s=2)

    async def read(self, stream: str, subject: str, *, after: int, head: StreamHead, limit: int) -> Batch:
        raise NotImplementedError

    async def first_since(self, stream: str, moment: datetime) -> int | None:
        raise NotImplementedError


def without_bus() -> Events:
    return open_events(NoBus(), SystemClock(), system_search_hash_key=secrets.token_hex(32), streams_max=50)


@dataclass
class Api:
    """A started API and what a test needs to look behind it."""

    http: httpx.AsyncClient
    tenancy: AllPorts
    owners: Owners
    papers: Papers
    domains: dict[str, DomainConfig]
    db: Any
    system_key: str
    other_instance: httpx.AsyncClient
    stranger: httpx.AsyncClient
    """Connects from `STRANGER`, past the proxy."""
    sessions: Any = None
    deps: Any = None
    beside: Any = None
    """The tenancy of the other instance."""
    applications: list[Any] = field(default_factory=list)

    async def ask(
        self,
        verb: str,
        path: str,
        key: str,
        body: Any = None,
        *,
        client: httpx.AsyncClient | None = None,
        **headers: str,
    ) -> httpx.Response:
        """One request; header names with underscores for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body)
        return await (client or self.http).request(
            verb,
            f"/api/v1{path}",
            content=content,
            headers={"authorization": f"Bearer {key}", "content-type": "application/json", **named},
        )

    async def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        document: dict[str, Any] = (await self.http.get("/api/v1/openapi.json")).json()
        return document

    async def organization(self, name: str = "Shop GmbH") -> str:
        """A new organization's id."""
        answer = await self.ask("POST", "/organizations", self.system_key, {"name": name, "country": "DE"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def key(self, organization_id: str, *scopes: str, livemode: bool = False, **fields: Any) -> str:
        """The text of a new key of that organization."""
        body = {"label": "test", "scopes": list(scopes) or ["*:*"], "livemode": livemode, **fields}
        answer = await self.ask("POST", f"/organizations/{organization_id}/api-keys", self.system_key, body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])

    async def site(self, key: str, **fields: Any) -> dict[str, Any]:
        """A new site."""
        answer = await self.ask("POST", "/sites", key, {"name": "Shop", **fields})
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body


@functools.cache
def _application(number: int) -> FastAPI:
    """An application that each test gets with its own dependencies: its routes are compiled at their first request."""
    return create_application(cast(Deps, None))


def without_limits() -> Buckets:
    """Ten seconds pass between any two requests: limits have tests of their own."""
    return Buckets((), secret=b"test", monotonic=itertools.count(0.0, 10.0).__next__)


async def no_pause(_seconds: float) -> None:
    return None


@pytest_asyncio.fixture
async def api(database: TestDatabase) -> AsyncIterator[Api]:
    system_encryption_key = secrets.token_hex(32)
    keyring = Keyring.from_secrets(system_encryption_key, secrets.token_hex(32))
    clock = SystemClock()
    uow = UnitOfWork(database.client, database.db, source="svc-admin-api", clock=clock)
    await bind_documents(database.db, DOCUMENTS)
    tenancy = open_tenancy(uow, keyring, clock)
    await provision_keys(tenancy=tenancy)
    _, system_key = await create_system_key("test", tenancy=tenancy)
    owners, papers, domains = Owners(), Papers(), dict[str, DomainConfig]()
    owners.answers[transaction.CREATE_CHECKOUT.subject] = _created

    def sessions_of(tenancy: People) -> SessionAccess:
        origin = "https://admin.example"
        return open_sessions(tenancy, system_encryption_key=system_encryption_key, frontend_origin=origin)

    limits = without_limits()
    deps = Deps(
        tenancy=tenancy,
        rpc=owners,
        documents=papers,
        idempotency=GlobalStore(IdempotencyDocument, MongoRows(IdempotencyDocument)),
        domain_config=domains.get,
        health=Health(),
        origins=Origins("https://pay.example", "https://hooks.example", "https://admin.example"),
        is_development=False,
        pause=no_pause,
        sessions=sessions_of(tenancy),
        limits=limits,
        look_ups=BucketLookUps(limits),
        events=without_bus(),
        operations=operations_in_memory(domains),
    )
    applications: list[Any] = []
    outbound = OutboundClient(allow_private=True)
    directory = KmsDirectory(system_encryption_key, merchants=outbound, operator=outbound)

    def client(deps: Deps, address: str = PROXY) -> httpx.AsyncClient:
        applications.append(inner := _application(len(applications)))
        inner.state.deps = deps
        inner.state.encryption = encryption_around(deps.tenancy, directory, is_development=False)
        application = edge(inner, trusted_proxies=(PROXY,), is_https=False)
        transport = httpx.ASGITransport(app=application, raise_app_exceptions=False, client=(address, 4711))
        return httpx.AsyncClient(transport=transport, base_url="http://api")

    # A second instance of the service: nothing in common but the database and the keys.
    beside = replace(
        deps,
        tenancy=(other := open_tenancy(uow, keyring, clock)),
        idempotency=GlobalStore(IdempotencyDocument, MongoRows(IdempotencyDocument)),
        sessions=sessions_of(other),
    )
    async with client(deps) as http, client(beside) as other_instance, client(deps, STRANGER) as stranger:
        yield Api(
            http,
            tenancy,
            owners,
            papers,
            domains,
            database.db,
            system_key,
            other_instance,
            stranger,
            sessions=deps.sessions,
            deps=deps,
            beside=beside.tenancy,
            applications=applications,
        )
    await outbound.aclose()


def _created(request: Any) -> CheckoutCreated:
    return CheckoutCreated(
        id=request.checkout_id,
        session_public_id="cs_" + "s" * 32,
        short_code="AbCdEfGhIj",
        expires_at=SystemClock().now(),
    )


def a_delivery(request: Any) -> DeliveryRecord:
    """A notification that waits, as svc-ipn answers."""
    return DeliveryRecord(
        id=request.delivery_id,
        transaction_id="65f0c0ffee65f0c0ffee65f0",
        checkout_id="65f0c0ffee65f0c0ffee65f1",
        ipn_status=1,
        event_version=2,
        dialect=2,
        state="waiting",
        url="https://shop.example/ipn",
        created_at=datetime(2026, 1, 15, 12, 0, tzinfo=UTC),
    )
