"""Fault 6: a service that is killed again and again while a message is in its hands loses nothing.

``make test-nightly`` kills every consumer fifteen times. Otherwise one of svc-invoice and one of svc-notify are killed
once, after as many deliveries as make the same number. Each fact makes one message to a person, however often its event
was begun.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from gateway_contracts.envelope import Envelope, EventData
from gateway_contracts.events.registry import EVENTS
from gateway_contracts.topology import consumer
from gateway_embedded.environment import MODULES
from gateway_embedded.mail_sink import MailSink, start_smtp
from gateway_testkit.handover import deliver_without_end, frozen, held, take
from gateway_testkit.installation import Installation
from gateway_testkit.nightly import IS_NIGHTLY
from gateway_testkit.seller import Payment, Seller, Two
from gateway_testkit.shop import LINES
from gateway_testkit.waiting import eventually
from reporting.domain.events import facts_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(7200)]

INSTALLATION = {"processes": frozenset(MODULES)}
DEATHS = 15 if IS_NIGHTLY else 1
# A death takes two: the test has the message first.
DELIVERIES_BEFORE = 0 if IS_NIGHTLY else 13
INVOICES = "invoice-on-transaction-succeeded"
MAIL = "notify-on-transaction-succeeded"
ANNOUNCED = {"customerEvents": ["payment.succeeded", "payment.failed", "invoice.issued", "credit_note.issued"]}
EVERY = (
    "transaction-on-provider-events",
    "ipn-on-transactions",
    "ipn-on-disputes",
    INVOICES,
    "invoice-on-refunds",
    "invoice-on-disputes",
    "admin-on-transaction-succeeded",
    "domains-on-site-deleted",
    MAIL,
    "notify-on-transaction-failed",
    "notify-on-invoice-rendered",
    "notify-on-credit-note-rendered",
    "notify-on-member-invited",
    "reporting-on-transactions",
    "reporting-on-ledger",
    "reporting-on-drafts",
)
KILLED = EVERY if IS_NIGHTLY else (INVOICES, MAIL)
COUNTED = ("reporting-on-transactions", "reporting-on-ledger")
READERS = ("svc-notify", "svc-reporting")
"""They hear of documents, which others make before they stop."""
# Until the broker takes the message back, and until a backlog has come round.
PATIENCE_S = 600 if IS_NIGHTLY else 120


@dataclass(frozen=True)
class Story:
    """Events at the provider that have not arrived everywhere.

    Attributes:
        announced: what people have to learn of: kind and id of the object.
    """

    paid: Payment
    refunded: Payment
    disputed: Payment
    late: Payment
    closed_site: str
    domain_id: str
    announced: set[tuple[str, str]] = field(default_factory=set)


@pytest_asyncio.fixture
async def sink(installation: Installation) -> AsyncIterator[MailSink]:
    """Where all mail of the installation arrives."""
    sink = MailSink()
    async with await start_smtp(sink, installation.parts.env.ports["mail-sink-smtp"]):
        yield sink


def services() -> list[str]:
    """Those whose consumers are killed."""
    return sorted({consumer(durable).service for durable in KILLED})


async def tell(seller: Seller, installation: Installation) -> Story:
    """One event for each consumer, while the services that would take them do not run."""
    settings = await seller.ask("PUT", "/organizations/settings/notifications", ANNOUNCED)
    assert settings.is_success, settings.text
    await installation.stop(*[name for name in READERS if name in services()])
    announced = await tell_readers(seller) if IS_NIGHTLY else set()
    refunded, disputed = await seller.pay(), await seller.pay()
    for payment in (refunded, disputed):
        await seller.invoiced(payment)
    paid, late = await seller.begin(), await seller.begin()
    site = await seller.tenant.make("/sites", {"name": "Second", "providerIds": [seller.provider_id]})
    name = f"pay.{seller.tenant.organization_id}.example"
    domain = await seller.tenant.make("/domains", {"siteId": site["id"], "name": name}, seller.tenant.live_key)
    last = ("svc-admin-api", "svc-transaction", *READERS)
    await installation.stop(*[name for name in services() if name not in last])
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
    for durable in COUNTED:
        if durable in KILLED:
            await end_what_is_not_counted(installation, durable)
    announced |= {("payment.succeeded", payment.transaction_id) for payment in (refunded, disputed, paid)}
    return Story(paid, refunded, disputed, late, site["id"], domain["id"], announced)


async def end_what_is_not_counted(installation: Installation, durable: str) -> None:
    """Acknowledge the first messages without a figure: their handler ends at once, so that nothing can kill it."""
    while True:
        message = await take(installation, durable, PATIENCE_S)
        raw = json.loads(message.data)
        kind: type[EventData] = EVENTS[raw["type"]]
        if facts_of(Envelope[kind].model_validate(raw)):  # type: ignore[valid-type]  # known when it runs
            await message.nak()
            return
        await message.ack_sync()


async def tell_readers(seller: Seller) -> set[tuple[str, str]]:
    """A failed payment, a draft, an invitation, an invoice and a credit note, whose readers do not run."""
    # A rate on one of two lines: a draft that its merchant has to complete.
    unclear = [LINES[0], {name: value for name, value in LINES[1].items() if name != "vatRate"}]
    failed, credited, drafted = await seller.begin(), await seller.pay(), await seller.pay(items=unclear)
    await report(seller, "payment_intent.payment_failed", failed.intent | {"status": "requires_payment_method"})
    members = f"/organizations/{seller.tenant.organization_id}/members"
    person = {"email": "new@example.com", "role": "admin"}
    member = (await seller.tenant.make(members, person, seller.tenant.live_key))["member"]
    await seller.pdf(credited, PATIENCE_S)
    await seller.invoiced(drafted)
    await report(seller, "refund.created", money_back(credited, "re", "succeeded"))
    await eventually(lambda: _credited(seller, credited, 1), PATIENCE_S)
    notes = (await seller.ask("GET", f"/credit-notes?transactionId={credited.transaction_id}")).json()["creditNotes"]
    invoice = await seller.invoiced(credited)

    async def is_rendered() -> bool:
        return (await seller.ask("GET", f"/credit-notes/{notes[0]['id']}/pdf")).status_code == 200

    await eventually(is_rendered, PATIENCE_S)
    return {
        ("payment.failed", failed.transaction_id),
        ("payment.succeeded", credited.transaction_id),
        ("payment.succeeded", drafted.transaction_id),
        ("member.invited", member["id"]),
        ("invoice.issued", invoice["id"]),
        ("credit_note.issued", notes[0]["id"]),
    }


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


async def test_nothing_of_b_is_lost(two: Two, installation: Installation, sink: MailSink) -> None:
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
    await each_is_announced_once(two.b, installation, story, sink)
    # The other merchant is served as well.
    assert (await two.a.pdf(await two.a.pay(), PATIENCE_S)).startswith(b"%PDF")


async def each_is_announced_once(seller: Seller, installation: Installation, story: Story, sink: MailSink) -> None:
    """One message of each fact, and one mail of each message: a mail that came again has the same Message-ID."""
    messages = installation.database("svc-notify")["messages"]
    mine = {"organization_id": seller.tenant.organization_id}

    async def found() -> list[tuple[str, str]] | None:
        rows = await messages.find({**mine, "state": "sent"}).to_list()
        made = [(row["kind"], row["object_id"]) for row in rows]
        return made if story.announced <= set(made) else None

    made = await eventually(found, PATIENCE_S)
    assert len(made) == len(set(made))
    sent = {str(row["_id"]) for row in await messages.find({**mine, "state": "sent"}).to_list()}
    arrived = {str(mail.message["Message-ID"]).strip("<").partition(".")[0] for mail in sink.mails}
    assert sent <= arrived


async def _credited(seller: Seller, payment: Payment, count: int) -> bool:
    answer = await seller.ask("GET", f"/credit-notes?transactionId={payment.transaction_id}")
    return answer.status_code == 200 and len(answer.json()["creditNotes"]) == count


async def _is_suspended(installation: Installation, story: Story) -> bool:
    row = await installation.database("svc-domains")["domains"].find_one({"_id": story.domain_id})
    return row is not None and row["state"] == "suspended"
