"""Owners with one payment and what belongs to it, for pages of the console."""

import itertools
from typing import Any

import pytest
from admin_world import Api, a_delivery
from explained_order import an_order
from owned_objects import AT, ID, OTHER_ID, a_transaction

from gateway_contracts.requests import case, dispute, domains, invoice, ipn, refund, trail, transaction
from gateway_contracts.requests.case import CasePage, CaseRecord
from gateway_contracts.requests.invoice import CreditNotePage, InvoicePage
from gateway_contracts.requests.ipn import DeliveryPage
from gateway_contracts.requests.transaction import TransactionPage, TransactionRecord


def a_payment(**changes: Any) -> TransactionRecord:
    """A live payment of a shop whose references need care on a page."""
    values: dict[str, Any] = {
        "amount": 490_000,
        "captured": 490_000,
        "refundable": 490_000,
        "external_reference": "<order> & 1",
        "email": "jane@example.com",
        "livemode": True,
    }
    return a_transaction(**{**values, **changes})


def a_case() -> CaseRecord:
    return CaseRecord(
        id=OTHER_ID,
        kind="amount_mismatch",
        status="open",
        transaction_id=ID,
        provider_id=OTHER_ID,
        provider_type="stripe",
        amount=4800,
        currency="EUR",
        created_at=AT,
    )


@pytest.fixture
def owned(api: Api) -> Api:
    """Owners with one payment and what belongs to it."""
    answers = api.owners.answers
    answers[transaction.LIST_TRANSACTIONS.subject] = lambda _: TransactionPage(
        transactions=(a_payment(),), total=1, page=1, limit=50
    )
    answers[transaction.GET_TRANSACTION.subject] = lambda _: a_payment()
    answers[trail.GET_TRAIL.subject] = lambda _: an_order()
    answers[ipn.LIST_DELIVERIES.subject] = lambda _: DeliveryPage(deliveries=(_delivered(),), total=1, page=1, limit=50)
    answers[invoice.LIST_INVOICES.subject] = lambda _: InvoicePage(invoices=(), total=0, page=1, limit=50)
    answers[invoice.LIST_CREDIT_NOTES.subject] = lambda _: CreditNotePage(credit_notes=(), total=0, page=1, limit=50)
    answers[refund.LIST_REFUNDS.subject] = lambda _: refund.RefundList(refunds=())
    answers[dispute.LIST_DISPUTES.subject] = lambda _: dispute.DisputeList(disputes=())
    answers[case.LIST_CASES.subject] = lambda _: CasePage(cases=(a_case(),), total=1, page=1, limit=50)
    answers[domains.LIST_DOMAINS.subject] = lambda _: domains.DomainPage(domains=(), total=0, page=1, limit=50)
    return api


def _delivered() -> Any:
    class Asked:
        delivery_id = ID

    return a_delivery(Asked).model_copy(update={"state": "delivered"})


_numbers = itertools.count(1)


def refunded(request: Any) -> Any:
    """A refund as svc-transaction answers."""
    return refund.RefundRecord(
        id=f"65f0c0ffee65f0c0ffee{next(_numbers):04x}",
        transaction_id=request.transaction_id,
        provider_id=OTHER_ID,
        provider_type="stripe",
        status="succeeded",
        amount=request.amount,
        currency="EUR",
        livemode=True,
        funds="sale",
        source="api",
        manual=False,
        created_at=AT,
        updated_at=AT,
    )
