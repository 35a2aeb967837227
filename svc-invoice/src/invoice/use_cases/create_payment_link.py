"""A checkout by which an open invoice can be paid: it carries the invoice's number, and its payment settles it."""

from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Invalid
from gateway_contracts.events.transaction import Party
from gateway_contracts.limits import PAYMENT_LINK_MIN, REFERENCE_CHARACTERS_MAX
from gateway_contracts.requests.invoice_changes import CreatePaymentLink, PaymentLink
from gateway_contracts.requests.transaction import CreateCheckout
from invoice.domain.invoice import Invoice
from invoice.errors import InvoiceNotIssued, NothingOutstanding
from invoice.use_cases.changing import existing, settings_of
from invoice.use_cases.deps import Deps
from invoice.use_cases.words import payment_words

EXPIRY_HOURS: Final = 336


async def create_payment_link(
    command: CreatePaymentLink, *, scope: Scope, operation_id: str | None, deps: Deps
) -> PaymentLink:
    """No items and no VAT are sent: the invoice has them. Rules of the owner of checkouts hold as for any checkout.

    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
        InvoiceNotIssued: it is a draft.
        NothingOutstanding: it is paid, credited or voided, or less than a payment's least amount is left.
        Invalid: more than what is outstanding.
    """
    invoice = await existing(None, scope, command.invoice_id, deps)
    if invoice.numbering is None:
        raise InvoiceNotIssued(invoice.draft_reason)
    outstanding = invoice.balance.outstanding
    if invoice.voided or outstanding < PAYMENT_LINK_MIN:
        raise NothingOutstanding
    amount = outstanding if command.amount is None else command.amount
    if amount > outstanding:
        raise Invalid.field("amount", f"is more than what is outstanding ({outstanding})", code="AMOUNT_TOO_LARGE")
    settings = settings_of(scope, invoice.site_id, deps)
    hours = command.expire_in_hours or settings.invoicing.get("autoPaymentLinkExpiresInHours") or EXPIRY_HOURS
    created = await deps.payments.create_checkout(
        scope, _checkout(command, invoice, amount, hours, deps), operation_id=operation_id
    )
    return PaymentLink(
        id=created.id,
        session_public_id=created.session_public_id,
        short_code=created.short_code,
        payment_url=f"{command.page_origin}/checkout/{created.short_code}",
        amount=amount,
        currency=invoice.totals.currency,
        expires_at=created.expires_at,
    )


def _checkout(command: CreatePaymentLink, invoice: Invoice, amount: int, hours: int, deps: Deps) -> CreateCheckout:
    assert invoice.numbering is not None, "only issued invoices are paid"
    number, reference = invoice.numbering.number, invoice.external_reference
    return CreateCheckout(
        checkout_id=command.checkout_id,
        site_id=invoice.site_id,
        amount=amount,
        currency=invoice.totals.currency,
        invoice_number=number,
        external_reference=reference[:REFERENCE_CHARACTERS_MAX] if reference else None,
        description=payment_words(number, invoice.language),
        client_id=invoice.client_id,
        party=deps.cipher.open_buyer(invoice) or Party(),
        locale=invoice.language,
        expire_in_hours=hours,
        return_url=command.return_url,
        cancel_url=command.cancel_url,
    )
