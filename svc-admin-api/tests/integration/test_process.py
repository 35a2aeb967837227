"""The whole process against a real broker and a real database."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from process_world import Running, system_key

from gateway_contracts.clock import SystemClock
from gateway_contracts.config import OrganizationConfig, SiteConfig, WrappedDek
from gateway_contracts.events.transaction import Party, TransactionSucceededV1
from gateway_contracts.ids import new_event_id, new_object_id
from gateway_contracts.requests.transaction import CREATE_CHECKOUT, CheckoutCreated, CreateCheckout
from gateway_contracts.rpc import Call
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.nats.config_cache import ConfigCache
from gateway_kit.nats.rpc import RpcServer
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration


async def test_a_merchant_is_set_up_and_their_configuration_reaches_everybody(
    running: Running, nats_client: Any
) -> None:
    system = await system_key(running)
    organization = (await running.post("/organizations", system, {"name": "Shop"}))["id"]
    path = f"/organizations/{organization}/api-keys"
    key = (await running.post(path, system, {"label": "k", "scopes": ["*:*"]}))["key"]
    site = await running.post("/sites", key, {"name": "Shop"})
    server = RpcServer(nats_client, "svc-transaction")
    server.add(CREATE_CHECKOUT, _owner)
    await server.start()

    body = {"amount": 4900, "currency": "EUR", "externalReference": "ORDER-1", "email": "jane@example.com"}
    first = await running.post(f"/checkouts/{site['id']}/create", key, body, Idempotency_Key="k1")
    again = await running.post(f"/checkouts/{site['id']}/create", key, body, Idempotency_Key="k1")

    assert first == again
    assert first["paymentUrl"] == "https://pay.localhost/checkout/AbCdEfGhIj"
    await _configuration_is_published(nats_client, running, organization, site["id"])
    assert "jane@example.com" not in running.log.read_text()
    await eventually(lambda: is_healthy(running))
    await server.stop()
    unanswered = await running.http.post(
        f"/api/v1/checkouts/{site['id']}/create", json=body, headers={"authorization": f"Bearer {key}"}
    )
    assert (unanswered.status_code, unanswered.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert unanswered.headers["retry-after"] == "2"


async def is_healthy(running: Running) -> bool:
    return bool((await running.http.get("/internal/health")).json() == {"status": "ok", "failing": {}})


async def _owner(request: CreateCheckout, call: Call) -> CheckoutCreated:
    assert call.operation_id
    return CheckoutCreated(
        id=request.checkout_id,
        session_public_id="cs_" + "s" * 32,
        short_code="AbCdEfGhIj",
        expires_at=SystemClock().now(),
    )


async def _configuration_is_published(nats_client: Any, running: Running, organization: str, site: str) -> None:
    keyring = Keyring.from_secrets(
        running.environment["SYSTEM_ENCRYPTION_KEY"], running.environment["SYSTEM_SEARCH_HASH_KEY"]
    )

    def keep(key: str, record: Any) -> None:
        if key.startswith("dek."):
            keyring.load(record)

    cache = ConfigCache(nats_client.jetstream(), on_change=keep)
    watching = asyncio.create_task(cache.run())
    try:
        await eventually(lambda: cache.organization(organization) is not None and cache.site(site) is not None)
        assert isinstance(cache.organization(organization), OrganizationConfig)
        assert isinstance(cache.site(site), SiteConfig)
        await eventually(lambda: keyring.has_keys(organization) and keyring.has_keys(organization, "records"))
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_a_payer_becomes_a_client_once(running: Running, nats_client: Any) -> None:
    system = await system_key(running)
    organization = (await running.post("/organizations", system, {"name": "Shop"}))["id"]
    path = f"/organizations/{organization}/api-keys"
    key = (await running.post(path, system, {"label": "k", "scopes": ["client:read"]}))["key"]
    keyring = Keyring.from_secrets(
        running.environment["SYSTEM_ENCRYPTION_KEY"], running.environment["SYSTEM_SEARCH_HASH_KEY"]
    )
    async for dek in _deks(running):
        keyring.load(dek)
    js = nats_client.jetstream()

    for _ in range(2):
        subject, payload = _paid(organization, keyring)
        for _ in range(3):
            await js.publish(subject, payload)

    async def counted() -> dict[str, Any]:
        answer = await running.http.get(
            "/api/v1/clients", params={"email": "JANE@example.com"}, headers={"authorization": f"Bearer {key}"}
        )
        body: dict[str, Any] = answer.json()
        # Rows are read before they are counted.
        assert (body["total"], [client["payments"] for client in body["clients"]]) == (1, [2])
        return body

    client = (await eventually(counted))["clients"][0]
    assert client["email"] == {"plaintext": "jane@example.com"}
    assert client["name"] == {"plaintext": "Jane Doe"}
    assert len(client["transactionIds"]) == 2
    stored = json.dumps(await running.database.db.clients.find().to_list(), default=str)
    assert "jane" not in stored.lower()


async def _deks(running: Running) -> AsyncIterator[Any]:
    async for row in running.database.db.deks.find():
        yield WrappedDek.model_validate(row["record"])


def _paid(organization: str, keyring: Keyring) -> tuple[str, bytes]:
    event_id, transaction_id = new_event_id(), new_object_id()
    party = Party(email="jane@example.com", name="Jane Doe", country="DE")
    data = TransactionSucceededV1(
        transaction_id=transaction_id,
        checkout_id=new_object_id(),
        session_public_id=keyring.encrypt(
            organization, TransactionSucceededV1.TYPE, event_id, "session_public_id", "cs_x"
        ),
        site_id=new_object_id(),
        provider_id=new_object_id(),
        provider_type="stripe",
        status="succeeded",
        amount=4900,
        currency="EUR",
        occurred_at=SystemClock().now(),
        party=keyring.encrypt(organization, TransactionSucceededV1.TYPE, event_id, "party", party.wire_json()),
    )
    envelope = {
        "id": event_id,
        "source": "svc-transaction",
        "type": data.TYPE,
        "time": SystemClock().now().isoformat(),
        "dataschema": "urn:x",
        "organizationId": organization,
        "livemode": False,
        "entityId": transaction_id,
        "sequence": 2,
        "correlationId": event_id,
        "data": data.wire(),
    }
    return f"{data.TYPE}.{organization}", json.dumps(envelope).encode()
