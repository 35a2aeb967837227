"""Fault 1: an amount of 2^31 or more of one merchant stopped a pass over all merchants' facts, and the check of the
books of all. Such amounts are ordinary: IDR 21.5 million are about 1,200 euros."""

import asyncio
import secrets
from typing import Any

import pytest

from gateway_contracts.ids import new_object_id
from gateway_contracts.money import AMOUNT_MINOR_MAX
from gateway_testkit.forking import run_module
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Payment, Seller, Two
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

INSTALLATION = {"variables": {"svc-transaction": {"JOB_INTERVAL_S": "0.2", "VERIFY_INTERVAL_S": "0.2"}}}

AMOUNTS = [pytest.param(2**32, marks=pytest.mark.nightly), AMOUNT_MINOR_MAX]


def refund_of(seller: Seller, payment_id: str, transaction_id: str, amount: int) -> dict[str, Any]:
    """The provider's object of a refund that was made in its own dashboard."""
    return {
        "id": f"re_{secrets.token_hex(12)}",
        "object": "refund",
        "status": "succeeded",
        "amount": amount,
        "currency": "eur",
        "payment_intent": payment_id,
        "metadata": seller.markers(transaction_id),
    }


async def refund_before_capture(seller: Seller, amount: int = 1500) -> Payment:
    """The provider's reports arrive in the wrong order, and both are accepted."""
    payment = await seller.begin()
    before = (await seller.transaction(payment))["sequence"]
    refund = refund_of(seller, payment.intent["id"], payment.transaction_id, amount)
    accepted = await seller.webhook("refund.created", refund)
    assert accepted.status_code == 200, accepted.text

    async def is_noted() -> bool:
        return bool((await seller.transaction(payment))["sequence"] > before)

    await eventually(is_noted)
    await seller.confirm(payment)
    return payment


@pytest.mark.parametrize("amount", [pytest.param(2**31, marks=pytest.mark.nightly), AMOUNT_MINOR_MAX])
async def test_a_large_refund_of_a_does_not_keep_an_accepted_refund_of_b_from_the_books(two: Two, amount: int) -> None:
    # It names a transaction that is not there (yet): it waits, at the head of what waits.
    refund = refund_of(two.a, "pi_of_another_system", new_object_id(), amount)
    accepted = await two.a.webhook("refund.created", refund)
    assert accepted.status_code == 200, accepted.text
    await eventually(lambda: _is_taken(two.a))

    payment = await refund_before_capture(two.b)

    async def refunded() -> bool:
        return bool((await two.b.transaction(payment))["refunded"] == 1500)

    await eventually(refunded)
    [refund] = (await two.b.ask("GET", f"/transactions/{payment.transaction_id}/refunds")).json()["refunds"]
    assert refund["amount"] == 1500


async def _is_taken(seller: Seller) -> bool:
    """Whether svc-transaction has nothing of the provider's events left to look at for the first time."""
    bus = seller.installation.bus.jetstream()
    info = await bus.consumer_info("PROVIDER_EVENTS", "transaction-on-provider-events")
    return (
        info.num_pending == 0 and info.delivered.stream_seq >= (await bus.stream_info("PROVIDER_EVENTS")).state.last_seq
    )


async def receive(seller: Seller, payment: Payment, amount: int) -> None:
    """That much arrived on the merchant's bank account."""
    receipt = {
        "amount": amount,
        "currency": "EUR",
        "receivedAt": seller.installation.clock.now().isoformat(),
        "bankReference": f"bank-{secrets.token_hex(6)}",
    }
    booked = await seller.ask("POST", f"/transactions/{payment.transaction_id}/receipts", receipt)
    assert booked.status_code == 201, booked.text


@pytest.mark.parametrize("amount", AMOUNTS)
async def test_a_large_transfer_is_received_in_parts_notified_and_refunded(two: Two, amount: int) -> None:
    payment = await two.a.begin(two.a.wire_id, amount=amount, items=None)
    await receive(two.a, payment, 2**31)
    await receive(two.a, payment, amount - 2**31)

    assert (await two.a.succeeded(payment))["captured"] == amount
    await two.a.notified(payment)
    path = f"/transactions/{payment.transaction_id}/refunds"
    refunded = await two.a.ask("POST", path, {"amount": amount, "reason": "returned"})
    assert refunded.status_code == 201, refunded.text
    assert (await two.a.transaction(payment))["refundable"] == 0


@pytest.mark.parametrize("amount", AMOUNTS)
async def test_a_large_transfer_that_arrived_in_part_can_be_marked_paid(two: Two, amount: int) -> None:
    payment = await two.a.begin(two.a.wire_id, amount=amount, items=None)
    await receive(two.a, payment, 2**31)

    marked = await two.a.ask("POST", f"/transactions/{payment.transaction_id}/mark", {"outcome": "paid"})

    assert marked.status_code == 200, marked.text
    assert marked.json()["captured"] == amount


async def test_the_check_of_the_books_reaches_b_behind_a_large_payment_of_a(
    two: Two, installation: Installation
) -> None:
    large = {
        "siteId": two.a.site_id,
        "amount": 2**31,
        "currency": "EUR",
        "receivedAt": installation.clock.now().isoformat(),
        "externalReference": "A-1",
    }
    made = await two.a.ask("POST", "/transactions/manual", large)
    assert made.status_code == 201, made.text
    payment = await two.b.pay()
    await two.b.succeeded(payment)
    # An intruder in the database took an entry out of B's books.
    entries = installation.database("svc-transaction")["ledger_entries"]
    gone = await entries.find_one_and_delete({"transaction_id": payment.transaction_id})
    assert gone is not None

    found = await verify(installation)
    await entries.insert_one(gone)
    correct = await verify(installation)

    assert payment.transaction_id in found
    assert made.json()["id"] not in found
    assert payment.transaction_id not in correct


async def verify(installation: Installation) -> str:
    """Output of the operator's command."""
    log, env = installation.parts.log("verify"), installation.parts.env.service("svc-transaction")
    _, output = await asyncio.to_thread(run_module, "gateway_cli", "ledger", "verify", log=log, env=env)
    return output
