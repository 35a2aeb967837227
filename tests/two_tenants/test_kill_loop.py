"""Fault 6: a service that is killed again and again while a message is in its hands loses nothing.

``make test-nightly`` kills every consumer fifteen times. Otherwise one of them is killed once, after as many
deliveries as make the same number.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from gateway_contracts.topology import consumer
from gateway_embedded.environment import MODULES
from gateway_testkit.handover import deliver_without_end, frozen, held
from gateway_testkit.installation import Installation
from gateway_testkit.nightly import IS_NIGHTLY
from gateway_testkit.seller import Payment, Seller, Two
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(7200)]

INSTALLATION = {"processes": frozenset(MODULES)}
DEATHS = 15 if IS_NIGHTLY else 1
# A death takes two: the test has the message first.
DELIVERIES_BEFORE = 0 if IS_NIGHTLY else 13
INVOICES = "invoice-on-transaction-succeeded"
EVERY = (
    "transaction-on-provider-events",
    "ipn-on-transactions",
    "ipn-on-disputes",
    INVOICES,
    "invoice-on-refunds",
    "invoice-on-disputes",
    "admin-on-transaction-succeeded",
    "domains-on-site-deleted",
)
KILLED = EVERY if IS_NIGHTLY else (INVOICES,)
# Until the broker takes the message back, and until a backlog has come round.
PATIENCE_S = 600 if IS_NIGHTLY else 120


@dataclass(frozen=True)
class Story:
    """Events at the provider that have not arrived everywhere."""

    paid: Payment
    refunded: Payment
    disputed: Payment
    late: Payment
    closed_site: str
    domain_id: str


def services() -> list[str]:
    """Those whose consumers are killed."""
    return sorted({consumer(durable).service for durable in KILLED})


async def tell(seller: Seller, installation: Installation) -> Story:
    """One event for each consumer, while the services that would take them do not run."""
    refunded, disputed = await seller.pay(), await seller.pay()
    for payment in (refunded, disputed):
        await seller.invoiced(payment)
    paid, late = await seller.begin(), await seller.begin()
    site = await seller.tenant.make("/sites", {"name": "Second", "providerIds": [seller.provider_id]})
    name = f"pay.{seller.tenant.organization_id}.example"
    domain = await seller.tenant.make("/domains", {"siteId": site["id"], "name": name}, seller.tenant.live_key)
    await installation.stop(*[name for name in services() if name not in ("svc-admin-api", "svc-transaction")])
    await seller.close_shop(site["id"])
    if "svc-admin-api" in services():
        await installation.stop("svc-admin-api")
    await seller.confirm(paid)
    await report(seller, "refund.created", money_back(refunded, "re", "succeeded"))
    await report(seller, "charge.dispute.created", money_back(disputed, "dp", "needs_response"))
    await report(seller, "charge.dispute.closed", money_back(disputed, "dp", "lost"))
    await eventually(lambda: _is_booked(installation, paid, refunded, disputed))
    if "svc-transaction" in services():
        await installation.stop("svc-transaction")
    await seller.confirm(late)
    return Story(paid, refunded, disputed, late, site["id"], domain["id"])


def money_back(payment: Payment, prefix: str, status: str) -> dict[str, Any]:
    """The provider's object of a refund or dispute."""
    return {
        "id": f"{prefix}_{payment.transaction_id}",
        "object": {"re": "refund", "dp": "dispute"}[prefix],
        "status": status,
        "amount": payment.amount,
        "currency": "eur",
        "payment_intent": payment.intent["id"],
        "metadata": payment.intent["metadata"],
    }


async def report(seller: Seller, kind: str, subject: dict[str, Any]) -> None:
    """The provider reports it, and the gateway accepts it."""
    accepted = await seller.webhook(kind, subject)
    assert accepted.status_code == 200, accepted.text


async def _is_booked(installation: Installation, paid: Payment, refunded: Payment, disputed: Payment) -> bool:
    db = installation.database("svc-transaction")
    row = await db["transactions"].find_one({"_id": paid.transaction_id})
    refunds = await db["refunds"].count_documents({"transaction_id": refunded.transaction_id, "state": "succeeded"})
    lost = await db["disputes"].count_documents({"transaction_id": disputed.transaction_id, "status": "lost"})
    waiting = await db["outbox"].count_documents({"state": "pending"})
    return bool(row and row["status"] == "succeeded" and refunds and lost and not waiting)


async def die(installation: Installation, durables: tuple[str, ...]) -> None:
    """One death of their services, each with a message of its own in the middle of being handled."""
    patience = max(consumer(durable).ack_wait_s for durable in durables) + 60
    async with held(installation, durables, patience) as messages:
        await installation.start(*services())
        # What is handled now does not come to an end.
        with frozen(installation, "mongod"):
            for message in messages:
                await message.give_back()
            for service in services():
                await asyncio.to_thread(installation.parts.kill, service)


async def test_nothing_of_b_is_lost(two: Two, installation: Installation) -> None:
    # A transaction that a killed process left open ends by itself, after a minute by default.
    await installation.mongo.admin.command("setParameter", 1, transactionLifetimeLimitSeconds=3)
    story = await tell(two.b, installation)
    for durable in KILLED:
        await deliver_without_end(installation, durable, DELIVERIES_BEFORE)

    for _ in range(DEATHS):
        await die(installation, KILLED)
    await installation.start(*services())

    await two.b.succeeded(story.paid, PATIENCE_S)
    await two.b.notified(story.paid, timeout_s=PATIENCE_S)
    assert (await two.b.pdf(story.paid, PATIENCE_S)).startswith(b"%PDF")
    for payment, count in ((story.refunded, 1), (story.disputed, 1)):
        await eventually(lambda payment=payment, count=count: _credited(two.b, payment, count), PATIENCE_S)  # type: ignore[misc]  # defaults bind them
    await two.b.notified(story.refunded, 3, PATIENCE_S)
    await two.b.notified(story.disputed, 4, PATIENCE_S)
    await two.b.succeeded(story.late, PATIENCE_S)
    assert (await two.b.pdf(story.late, PATIENCE_S)).startswith(b"%PDF")
    await eventually(lambda: _is_suspended(installation, story), PATIENCE_S)
    assert len(await two.b.invoices(story.paid)) == 1
    # The other merchant is served as well.
    assert (await two.a.pdf(await two.a.pay(), PATIENCE_S)).startswith(b"%PDF")


async def _credited(seller: Seller, payment: Payment, count: int) -> bool:
    answer = await seller.ask("GET", f"/credit-notes?transactionId={payment.transaction_id}")
    return answer.status_code == 200 and len(answer.json()["creditNotes"]) == count


async def _is_suspended(installation: Installation, story: Story) -> bool:
    row = await installation.database("svc-domains")["domains"].find_one({"_id": story.domain_id})
    return row is not None and row["state"] == "suspended"
