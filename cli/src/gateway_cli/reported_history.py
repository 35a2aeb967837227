"""Objects of all services as facts of svc-reporting.

Imported inside a command: it knows four services, whose documents are declared before any of them is bound.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from gateway_contracts.collections import DATABASES
from gateway_kit.mongo.client import MongoClient
from invoice.history import drafted_invoices
from ipn.history import failed_notifications
from reporting.domain import facts
from reporting.domain.figures import Fact
from transaction.history import BookedPayment, booked_payments, cases, open_history

GROUP: Final = 200


async def reported_history(client: MongoClient) -> AsyncIterator[Sequence[Fact]]:
    """Facts about all objects in their present state, in groups."""
    payments = await open_history(client, DATABASES["svc-transaction"])
    async for batch in booked_payments(payments):
        yield [fact for payment in batch for fact in _of_payment(payment)]
    group: list[Fact] = []
    async for fact in _others(client):
        group.append(fact)
        if len(group) == GROUP:
            yield group
            group = []
    yield group


def _of_payment(payment: BookedPayment) -> list[Fact]:
    stored = payment.transaction
    about = facts.Payment(
        facts.Tenant(stored.organization_id, stored.livemode), stored.id, stored.site_id, stored.provider_id
    )
    found = [
        fact for entry in payment.entries for fact in facts.entries(about, payment.booked(entry), at=entry.posted_at)
    ]
    status, currency = stored.status.public, stored.currency
    outcome = facts.outcome(about, stored.version, status=status, currency=currency, began_at=stored.created_at)
    return found if outcome is None else [outcome, *found]


async def _others(client: MongoClient) -> AsyncIterator[Fact]:
    """Cases, notifications that were given up, and invoices that cannot be issued."""
    async for case in cases(await open_history(client, DATABASES["svc-transaction"])):
        tenant, is_open = facts.Tenant(case.organization_id, case.livemode), case.status == "open"
        yield facts.case(
            tenant, case.id, case.version, is_open=is_open, opened_at=case.created_at, site_id=case.site_id
        )
    async for delivery in failed_notifications(client, DATABASES["svc-ipn"]):
        tenant = facts.Tenant(delivery.organization_id, delivery.livemode)
        failed_at = delivery.finished_at or delivery.created_at
        yield facts.notification(tenant, delivery.id, delivery.version, failed_at=failed_at, site_id=delivery.site_id)
    async for invoice in drafted_invoices(client, DATABASES["svc-invoice"]):
        tenant = facts.Tenant(invoice.organization_id, invoice.livemode)
        yield facts.draft(tenant, invoice.id, invoice.version, at=invoice.created_at, site_id=invoice.site_id)
