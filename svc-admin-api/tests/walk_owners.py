"""Owners that answer everything the walk of the console asks: two payments and all that belongs to them."""

from typing import Any, Final

from console_world import a_case, a_payment, refunded
from documents_world import TemplateOffice, settings_answers
from invoices_world import DRAFT, NOTE, OPEN, answer_documents
from messages_world import CHAT, Messengers
from owned_objects import AT, ID, OTHER_ID, SITE

from gateway_contracts.requests import (
    case,
    dispute,
    domains,
    ipn,
    operation,
    provider,
    refund,
    transaction,
)
from gateway_contracts.requests.ipn import DeliveryRecord
from gateway_contracts.requests.transaction import TransactionPage, TransactionRecord
from gateway_contracts.rpc import Empty

PAID, UNPAID = ID, "65f0c0ffee65f0c0ffee65e0"
REFUND, DISPUTE, DELIVERY = (f"65f0c0ffee65f0c0ffee65e{number}" for number in (1, 2, 3))
DOMAIN: Final = "65f0c0ffee65f0c0ffee65e4"
INVOICE, INVOICE_DRAFT, CREDIT_NOTE = OPEN, DRAFT, NOTE
CASE: Final = OTHER_ID


def answer_all(api: Any) -> None:
    """Let every owner answer every request of the console."""
    answer_documents(api)
    api.owners.answers |= {method.subject: answer for method, answer in _ANSWERS.items()}
    office = TemplateOffice()
    office.keep()
    messengers = Messengers()
    messengers.keep("65f0c0ffee65f0c0ffee65d0", state="published", published_at=AT)
    messengers.keep("65f0c0ffee65f0c0ffee65d1")
    messengers.keep("65f0c0ffee65f0c0ffee65d2", CHAT, subject=None, html=None)
    messengers.settings = messengers.settings.model_copy(
        update={"smtp_host": "mail.example.com", "sender_address": "a@example.com", "has_slack_webhook": True}
    )
    api.owners.answers |= office.answers | settings_answers() | messengers.answers


def _payment(payment_id: str) -> TransactionRecord:
    if payment_id == PAID:
        return a_payment()
    return a_payment(
        id=UNPAID, provider_type="wire", status="initiated", captured=0, refundable=0, external_reference="unpaid"
    )


def _payments(query: Any) -> TransactionPage:
    # The set-up guide looks for a test that succeeded, and offers one while there is none.
    found = () if query.status == "succeeded" else (_payment(PAID), _payment(UNPAID))
    return TransactionPage(transactions=found, total=len(found), page=1, limit=50)


def _refund() -> refund.RefundRecord:
    fields: dict[str, Any] = {"id": REFUND, "transaction_id": PAID, "provider_id": OTHER_ID, "provider_type": "wire"}
    money: dict[str, Any] = {"status": "pending", "amount": 1000, "currency": "EUR", "livemode": True, "manual": True}
    return refund.RefundRecord(**fields, **money, created_at=AT, updated_at=AT)


def _dispute() -> dispute.DisputeRecord:
    fields: dict[str, Any] = {"id": DISPUTE, "transaction_id": PAID, "provider_id": OTHER_ID, "provider_type": "stripe"}
    money: dict[str, Any] = {"kind": "chargeback", "status": "open", "amount": 1000, "currency": "EUR"}
    return dispute.DisputeRecord(**fields, **money, livemode=True, funds_withdrawn=True, opened_at=AT, updated_at=AT)


def _delivery() -> DeliveryRecord:
    return DeliveryRecord(
        id=DELIVERY,
        transaction_id=PAID,
        checkout_id=OTHER_ID,
        ipn_status=1,
        event_version=2,
        dialect=2,
        state="delivered",
        url="https://shop.example/ipn",
        created_at=AT,
    )


def _domain(**changes: Any) -> domains.DomainRecord:
    fields: dict[str, Any] = {"id": DOMAIN, "name": "pay.shop.example", "site_id": SITE, "state": "pending"}
    return domains.DomainRecord(**{**fields, "cname_target": "pay.example", "created_at": AT, **changes})


def _checks(_: Any) -> provider.ProviderChecks:
    return provider.ProviderChecks(
        checks=(provider.ProviderCheck(check="setup", result="passed", message="Complete."),)
    )


_ANSWERS: Final[dict[Any, Any]] = {
    transaction.GET_TRANSACTION: lambda request: _payment(request.transaction_id),
    transaction.LIST_TRANSACTIONS: _payments,
    transaction.CANCEL_TRANSACTION: lambda request: _payment(request.transaction_id),
    transaction.RECORD_RECEIPT: lambda request: _payment(request.transaction_id),
    operation.MARK_TRANSACTION: lambda request: _payment(request.transaction_id),
    operation.DELETE_TRANSACTION: lambda _: Empty(),
    operation.RESOLVE_CASE: lambda _: a_case(),
    case.LIST_CASES: lambda _: case.CasePage(cases=(a_case(),), total=1, page=1, limit=50),
    refund.CREATE_REFUND: refunded,
    refund.LIST_REFUNDS: lambda _: refund.RefundList(refunds=(_refund(),)),
    refund.SETTLE_REFUND: lambda _: _refund(),
    dispute.LIST_DISPUTES: lambda _: dispute.DisputeList(disputes=(_dispute(),)),
    dispute.UPDATE_DISPUTE: lambda _: _dispute(),
    ipn.LIST_DELIVERIES: lambda _: ipn.DeliveryPage(deliveries=(_delivery(),), total=1, page=1, limit=50),
    ipn.RESEND: lambda _: _delivery(),
    ipn.LIST_FAILING_TARGETS: lambda _: ipn.FailingTargets(targets=()),
    domains.LIST_DOMAINS: lambda _: domains.DomainPage(domains=(_domain(),), total=1, page=1, limit=50),
    domains.GET_DOMAIN: lambda _: _domain(),
    domains.REGISTER_DOMAIN: lambda request: _domain(id=request.domain_id, name=request.name),
    domains.VERIFY_DOMAIN: lambda _: _domain(checked_at=AT),
    domains.REMOVE_DOMAIN: lambda _: _domain(state="removed"),
    provider.CHECK_PROVIDER: _checks,
    provider.REGISTER_WEBHOOK: lambda _: provider.WebhookRegistered(is_new=False),
}
