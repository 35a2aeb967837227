"""A payment that goes well."""

import json
from typing import Any

import pytest
from transaction_world import Outcomes, World

from gateway_contracts.events.transaction import Party
from gateway_contracts.requests.customer import GetSession
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from transaction.use_cases.get_session import get_session
from transaction.use_cases.get_status import get_status
from transaction.use_cases.get_transaction import get_transaction

pytestmark = pytest.mark.integration


async def test_a_card_payment_succeeds_by_webhook(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session)

    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    record = await get_transaction(started.transaction_id, scope=world.scope, deps=world.deps)
    assert (record.status, record.captured, record.provider_payment_id) == ("succeeded", 4900, "pi_1")
    assert [entry.type for entry in record.timeline] == ["created", "call_accepted", "capture_confirmed"]
    assert await world.entries(record.id) == ["capture"]
    assert (await get_session(GetSession(session_public_id=session.id), deps=world.deps)).status == "completed"
    assert [event["type"] for event in await world.events()] == [
        "checkout.created.v1",
        "transaction.initiated.v1",
        "transaction.succeeded.v1",
        "checkout.completed.v1",
    ]


async def test_the_answer_has_what_the_page_needs_and_the_secret_is_not_kept(world: World) -> None:
    started = await world.pay(await world.checkout())

    assert (started.status, started.next_action.type) == (-1, "stripe")
    assert started.next_action.client_secret == "pi_1_secret"
    stored = [row async for row in world.db.transactions.find()] + [row async for row in world.db.provider_calls.find()]
    assert "pi_1_secret" not in repr(stored)


async def test_personal_data_is_not_in_clear_in_the_database_or_in_events(world: World) -> None:
    started = await world.pay(await world.checkout(metadata={"note": "for Ada"}))
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    everything = ""
    for name in await world.db.list_collection_names():
        everything += repr([row async for row in world.db[name].find()])
    for text in ("Ada ", "Ada@", "Example.com", "shop.example", "Lovelace"):
        assert text not in everything
    event = (await world.events("transaction.succeeded.v1"))[0]
    party = world.keyring.decrypt(
        _encrypted(event["data"]["party"]), world.scope.organization_id, event["type"], event["id"], "party"
    )
    assert Party.model_validate_json(party).email == "Ada@Example.com"
    assert event["data"]["lines"][0]["unitPrice"] == 2450
    assert (await get_transaction(started.transaction_id, scope=world.scope, deps=world.deps)).metadata == {
        "note": "for Ada"
    }


def _encrypted(raw: dict[str, Any]) -> Any:
    from gateway_contracts.encrypted import EncryptedValue

    return EncryptedValue.model_validate(raw)


async def test_the_ipn_url_travels_encrypted_with_every_event(world: World) -> None:
    await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    for event in await world.events():
        if event["type"].startswith("transaction."):
            url = world.keyring.decrypt(
                _encrypted(event["data"]["ipnUrl"]), world.scope.organization_id, event["type"], event["id"], "ipn_url"
            )
            assert url == b"https://shop.example/ipn"


async def test_sequences_grow(world: World) -> None:
    started = await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.processing", "pi_1"))
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    mine = [event for event in await world.events() if event["entityId"] == started.transaction_id]
    assert [event["type"].split(".")[1] for event in mine] == ["initiated", "submitted", "succeeded"]
    assert [event["sequence"] for event in mine] == sorted({event["sequence"] for event in mine})


async def test_the_same_event_a_hundred_times_at_once_has_one_effect(world: World, outcomes: Outcomes) -> None:
    started = await world.pay(await world.checkout())
    event = world.event("payment_intent.succeeded", "pi_1")

    results = await outcomes(*(world.deliver(event) for _ in range(100)))

    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, AlreadyHandled) for result in results) == 99
    assert len(await world.events("transaction.succeeded.v1")) == 1
    assert (await world.transaction(started.transaction_id)).captured == 4900
    assert await world.entries(started.transaction_id) == ["capture"]


async def test_two_events_of_one_capture_have_one_effect(world: World, outcomes: Outcomes) -> None:
    started = await world.pay(await world.checkout())

    await outcomes(*(world.deliver(world.event("payment_intent.succeeded", "pi_1")) for _ in range(20)))

    assert len(await world.events("transaction.succeeded.v1")) == 1
    assert await world.entries(started.transaction_id) == ["capture"]
    assert await world.cases() == []


async def test_the_status_page_shows_the_merchants_urls(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session)

    view = await get_status(world.own(session, started.transaction_id), deps=world.deps)

    assert view.return_url == f"https://shop.example/thanks?tx={started.transaction_id}"
    assert (view.status, view.checkout_status) == ("initiated", "pending")


async def test_the_success_says_how_it_was_paid(world: World) -> None:
    started = await world.pay(await world.checkout())
    details = {"type": "card", "card": {"brand": "visa", "last4": "4242"}}
    charge: dict[str, Any] = {"object": "charge", "payment_intent": "pi_1", "payment_method_details": details}
    await world.deliver(world.event("charge.succeeded", "ch_1", **charge))

    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    [succeeded] = await world.events("transaction.succeeded.v1")
    assert succeeded["data"]["paymentMethod"] == {"type": "card", "brand": "visa", "last4": "4242"}
    assert await world.entries(started.transaction_id) == ["capture"]


async def test_a_fee_is_booked_when_it_is_known(world: World) -> None:
    started = await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))
    charge: dict[str, Any] = {
        "object": "charge",
        "payment_intent": "pi_1",
        "balance_transaction": {"id": "txn_1", "fee": 95, "currency": "eur"},
    }

    await world.deliver(world.event("charge.updated", "ch_1", **charge))
    await world.deliver(world.event("charge.updated", "ch_1", **charge))

    assert await world.entries(started.transaction_id) == ["capture", "provider_fee"]
    assert (await world.transaction(started.transaction_id)).captured == 4900


async def test_stored_documents_are_json_like(world: World) -> None:
    started = await world.pay(await world.checkout())

    row = await world.db.transactions.find_one({"_id": started.transaction_id})

    assert row["schema_version"] == 1
    assert json.dumps(row["lines"]) == json.dumps(
        [
            {
                "name": "Shirt",
                "description": None,
                "quantity": 2,
                "unit_price": 2450,
                "item_type": "goods",
                "vat_rate": None,
            }
        ]
    )
