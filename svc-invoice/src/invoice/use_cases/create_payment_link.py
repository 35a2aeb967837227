"""A checkout by which an open invoice can be paid: it carries the invoice's number, and its payment settles it."""

from dataclasses import replace
from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Invalid
from gateway_contracts.events.transaction import Party
from gateway_contracts.limits import PAYMENT_LINK_MIN, REFERENCE_CHARACTERS_MAX
from gateway_contracts.requests.invoice_changes import CreatePaymentLink, PaymentLink
from gateway_contracts.requests.transaction import CheckoutCreated, CreateCheckout
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Invoice
from invoice.domain.payment_link import PaymentLink as Page
from invoice.errors import InvoiceNotIssued, NothingOutstanding
from invoice.use_cases.changing import existing, once, render_again, settings_of
from invoice.use_cases.deps import Deps
from invoice.use_cases.words import payment_words

EXPIRY_HOURS: Final = 336


async def create_payment_link(
    command: CreatePaymentLink, *, scope: Scope, operation_id: str | None, deps: Deps
) -> PaymentLink:
    """No items and no VAT are sent: the invoice has them. Rules of the owner of checkouts hold as for any checkout.

    The invoice keeps the latest page. One over all that is to be paid is printed: the document is made again.

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
    wanted = Page(command.checkout_id, amount, hours)
    created = await deps.payments.create_checkout(
        scope,
        checkout_of(invoice, wanted, deps, return_url=command.return_url, cancel_url=command.cancel_url),
        operation_id=operation_id,
    )
    url = page_of(command.page_origin, created)
    tenant = {"organization_id": invoice.organization_id, "invoice_id": invoice.id}
    link = replace(wanted, expires_at=created.expires_at, url=deps.cipher.seal_link(url, **tenant))

    async def work(tx: Tx) -> Invoice:
        before = await existing(tx, scope, command.invoice_id, deps)
        after = before.changed(payment_link=link)
        if after.printable_link(tx.now) is not None:
            after = after.changed(pdf_sha256=None)
            await render_again(tx, before, deps)
        return deps.stores.invoices.replace(tx, before, after)

    await once(work, operation_id=operation_id, entity_id=invoice.id, scope=scope, deps=deps)
    return PaymentLink(
        id=created.id,
        session_public_id=created.session_public_id,
        short_code=created.short_code,
        payment_url=url,
        amount=amount,
        currency=invoice.totals.currency,
        expires_at=created.expires_at,
    )


def page_of(origin: str, created: CheckoutCreated) -> str:
    """The address of the checkout's page."""
    return f"{origin}/checkout/{created.short_code}"


def checkout_of(
    invoice: Invoice, page: Page, deps: Deps, *, return_url: str | None = None, cancel_url: str | None = None
) -> CreateCheckout:
    """The checkout that carries the number of an issued invoice."""
    assert invoice.numbering is not None, "only issued invoices are paid"
    number, reference = invoice.numbering.number, invoice.external_reference
    return CreateCheckout(
        checkout_id=page.checkout_id,
        site_id=invoice.site_id,
        amount=page.amount,
        currency=invoice.totals.currency,
        invoice_number=number,
        external_reference=reference[:REFERENCE_CHARACTERS_MAX] if reference else None,
        description=payment_words(number, invoice.language),
        client_id=invoice.client_id,
        party=deps.cipher.open_buyer(invoice) or Party(),
        locale=invoice.language,
        expire_in_hours=page.hours,
        return_url=return_url,
        cancel_url=cancel_url,
    )
