"""Owners with one payment and what belongs to it, for pages of the console."""

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from admin_world import Api, a_delivery
from documents_world import TemplateOffice, settings_answers
from explained_order import an_order
from messages_world import Messengers
from owned_objects import AT, ID, OTHER_ID, a_transaction

from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.requests import (
    books,
    case,
    dispute,
    domains,
    invoice,
    ipn,
    refund,
    reporting,
    trail,
    transaction,
    webhooks,
)
from gateway_contracts.requests.case import CasePage, CaseRecord
from gateway_contracts.requests.invoice import CreditNotePage, InvoicePage
from gateway_contracts.requests.ipn import Attempt, DeliveryPage, DeliveryRecord
from gateway_contracts.requests.transaction import CheckoutRecord, TransactionPage, TransactionRecord


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


def a_summary(request: reporting.SummaryQuery) -> reporting.Summary:
    """Figures of two currencies as svc-reporting answers; the volume rises from day to day."""
    last = request.to_day or date(2026, 1, 30)
    first = request.from_day or last - timedelta(days=29)
    days = (last - first).days + 1
    volumes = [1_000 * number for number in range(days)]
    volume = sum(volumes)
    return reporting.Summary(
        period=reporting.DayRange(first_day=first, last_day=last),
        previous_period=reporting.DayRange(first_day=first - timedelta(days=days), last_day=first - timedelta(days=1)),
        money=(
            reporting.MoneyOfCurrency(
                currency="EUR",
                current=reporting.MoneyTotals(volume=volume, refunded=10_000, fees=5_000, net=volume - 15_000),
                previous=reporting.MoneyTotals(volume=400_000, refunded=20_000, fees=4_000, net=376_000),
            ),
            reporting.MoneyOfCurrency(
                currency="JPY",
                current=reporting.MoneyTotals(volume=120_000, net=120_000),
                previous=reporting.MoneyTotals(),
            ),
        ),
        providers=(
            reporting.OutcomesOfProvider(
                provider_id=OTHER_ID,
                current=reporting.Outcomes(succeeded=97, failed=3, canceled=12, success_rate=0.97),
                previous=reporting.Outcomes(succeeded=80, failed=20, success_rate=0.8),
            ),
            reporting.OutcomesOfProvider(
                provider_id="manual",
                current=reporting.Outcomes(succeeded=2, success_rate=1.0),
                previous=reporting.Outcomes(),
            ),
        ),
        days=(
            *(
                reporting.MoneyOfDay(day=first + timedelta(days=number), currency="EUR", volume=amount, net=amount)
                for number, amount in enumerate(volumes)
                if amount
            ),
            reporting.MoneyOfDay(day=last, currency="JPY", volume=120_000, net=120_000),
        ),
        current=reporting.Incidents(cases_opened=4, notifications_failed=2),
        previous=reporting.Incidents(cases_opened=1),
        waiting=reporting.Waiting(open_cases=3, failed_notifications=2),
    )


def a_checkout() -> CheckoutRecord:
    """The order of the payment."""
    return CheckoutRecord(
        id=OTHER_ID,
        site_id=OTHER_ID,
        session_public_id="cs_x",
        short_code="abc",
        status="completed",
        amount=490_000,
        currency="EUR",
        livemode=True,
        email="jane@example.com",
        items=(TransactionLine(name="<Shirt>", quantity=2, unit_price=245_000, vat_rate="19"),),
        buyer=Party(name="Jane Doe", address1="Main 1", postcode="10115", city="Berlin", country="DE"),
        shipping=Party(name="Bob Doe", city="Hamburg", country="DE"),
        metadata={"channel": "web"},
        expires_at=AT,
        created_at=AT,
        updated_at=AT,
    )


def a_ledger() -> books.LedgerRecord:
    """A capture of 4,900.00 and its fee of 98.00."""

    def entry(kind: str, debit: str, credit: str, amount: int) -> books.EntryRecord:
        legs = (
            books.PostingRecord(account=debit, debit=amount, currency="EUR"),
            books.PostingRecord(account=credit, credit=amount, currency="EUR"),
        )
        return books.EntryRecord(kind=kind, reference="pi_1", posted_at=AT, postings=legs)

    entries = (
        entry("capture", "clearing", "sales", 490_000),
        entry("provider_fee", "provider_fees", "clearing", 9_800),
    )
    total = books.LedgerTotals(
        currency="EUR", debit=499_800, credit=499_800, sales=490_000, refunds=0, fees=9_800, net=480_200
    )
    return books.LedgerRecord(transaction_id=ID, entries=entries, totals=(total,))


def an_operation() -> books.OperationRecord:
    """The registration of the payment at its provider."""
    sent = books.ProviderRequest(
        at=AT,
        method="POST",
        path="/v1/payment_intents",
        request='{"amount":4900,"currency":"eur","description":"<text>","metadata":{"gatewayTransactionId":"t1"}}',
        status=200,
        answer='{"id":"pi_1","client_secret":"<text>","status":"requires_payment_method"}',
        duration_ms=312,
    )
    lost = books.ProviderRequest(
        at=AT, method="POST", path="/v1/payment_intents", error="Stripe did not answer: TimeoutError."
    )
    interrupted = books.ProviderRequest(at=AT, error=books.INTERRUPTED)
    return books.OperationRecord(
        id="op_1",
        kind="create",
        state="done",
        attempts=1,
        created_at=AT,
        closed_at=AT,
        requests=(interrupted, lost, sent),
    )


def some_webhooks() -> webhooks.WebhookList:
    """Webhooks of several fates."""
    made = webhooks.WebhookRecord
    return webhooks.WebhookList(
        webhooks=(
            made(
                event_id="evt_1",
                fate="applied",
                said=("capture_confirmed", "fee_known"),
                at=AT,
                repeated=2,
                repeated_at=AT,
            ),
            made(event_id="evt_2", fate="ignored", reason="no_news", event_type="charge.succeeded", at=AT),
            made(event_id="evt_3", fate="waiting", event_type="refund.updated", at=AT),
            made(event_id="evt_4", fate="set_aside", reason="VALUE_OUT_OF_RANGE", event_type="charge.updated", at=AT),
        )
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
    answers[reporting.SUMMARY.subject] = a_summary
    answers[transaction.GET_CHECKOUT.subject] = lambda _: a_checkout()
    answers[books.GET_LEDGER.subject] = lambda _: a_ledger()
    answers[books.LIST_OPERATIONS.subject] = lambda _: books.OperationList(operations=(an_operation(),))
    answers[webhooks.LIST_WEBHOOKS.subject] = lambda _: some_webhooks()
    answers[domains.LIST_DOMAINS.subject] = lambda _: domains.DomainPage(domains=(), total=0, page=1, limit=50)
    office = TemplateOffice()
    office.keep()
    answers |= office.answers | settings_answers() | Messengers().answers
    return api


def _delivered() -> Any:
    class Asked:
        delivery_id = ID

    return a_delivery(Asked).model_copy(update={"state": "delivered"})


def a_failed_delivery() -> DeliveryRecord:
    """A notification whose attempts all failed."""

    class Asked:
        delivery_id = "dlv_01a22b098bc173aba37951c0ffee65f0"

    attempts = (
        Attempt(at=AT, error="not_connected", duration_ms=9),
        Attempt(at=AT + timedelta(minutes=5), http_status=503, duration_ms=41),
    )
    return a_delivery(Asked).model_copy(update={"state": "exhausted", "attempts": attempts})


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
