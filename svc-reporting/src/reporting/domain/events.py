"""Facts that events of other services carry."""

from collections.abc import Iterator
from typing import Any

from gateway_contracts.envelope import Envelope
from gateway_contracts.events.checkout import CaseClosedV1, CaseOpenedV1
from gateway_contracts.events.invoice import InvoiceDraftedV1
from gateway_contracts.events.ipn import IpnExhaustedV1, IpnOutcome
from gateway_contracts.events.ledger import LedgerPostedV1
from gateway_contracts.events.transaction import TransactionChange
from reporting.domain import facts
from reporting.domain.facts import Payment, Tenant
from reporting.domain.figures import Fact


def facts_of(event: Envelope[Any]) -> list[Fact]:
    """The facts in an event. Events of earlier versions lack moments, and change nothing."""
    data, tenant = event.data, Tenant(event.organization_id, event.livemode)
    match data:
        case TransactionChange():
            return list(_of_payment(data, event.sequence, tenant))
        case LedgerPostedV1():
            payment = Payment(tenant, data.transaction_id, data.site_id, data.provider_id)
            return facts.entries(payment, data.booked, at=data.occurred_at)
        case CaseOpenedV1() | CaseClosedV1():
            return list(_of_case(data, event.sequence, tenant))
        case InvoiceDraftedV1():
            at, site_id = data.occurred_at, data.site_id
            return [facts.draft(tenant, data.invoice_id, event.sequence, at=at, site_id=site_id)]
        case IpnOutcome():
            return list(_of_notification(data, event.sequence, tenant))
    return []


def _of_payment(data: TransactionChange, sequence: int, tenant: Tenant) -> Iterator[Fact]:
    payment = Payment(tenant, data.transaction_id, data.site_id, data.provider_id)
    if data.created_at is not None:
        found = facts.outcome(payment, sequence, status=data.status, currency=data.currency, began_at=data.created_at)
        if found is not None:
            yield found
    yield from facts.entries(payment, data.booked, at=data.occurred_at)


def _of_case(data: CaseOpenedV1 | CaseClosedV1, sequence: int, tenant: Tenant) -> Iterator[Fact]:
    is_open = isinstance(data, CaseOpenedV1)
    opened_at = data.occurred_at if isinstance(data, CaseOpenedV1) else data.opened_at
    if opened_at is not None:
        yield facts.case(tenant, data.case_id, sequence, is_open=is_open, opened_at=opened_at, site_id=data.site_id)


def _of_notification(data: IpnOutcome, sequence: int, tenant: Tenant) -> Iterator[Fact]:
    """One that ended with its first attempt was not given up before: most notifications cost no write."""
    if isinstance(data, IpnExhaustedV1):
        yield facts.notification(tenant, data.delivery_id, sequence, failed_at=data.occurred_at, site_id=data.site_id)
    elif data.attempts > 1:
        yield facts.notification(tenant, data.delivery_id, sequence, failed_at=None, site_id=data.site_id)
