"""A payment as its owner knows it becomes a settlement, or the draft of an invoice."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.invoice_changes import DraftFromTransaction
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.accounting import with_rate_reason
from invoice.domain.invoice import Invoice
from invoice.domain.seller import seller_from_settings
from invoice.domain.settlement import Settlement
from invoice.domain.totals import SoldItem, Totals, TotalsRefused, compute_totals
from invoice.domain.vat_notes import Trade, vat_notes
from invoice.errors import TransactionInvoiced, TransactionUnpaid
from invoice.ports import OrganizationSettings, PaidTransaction, SoldOrder
from invoice.use_cases.changing import once, settings_of
from invoice.use_cases.deps import Deps
from invoice.use_cases.find_documents import invoice_of
from invoice.use_cases.issue_invoice import hash_session, items_of, language_of


def paid_settlement(payment: PaidTransaction, *, at_issue: bool) -> Settlement:
    """
    Raises:
        TransactionUnpaid: no money came.
    """
    if payment.captured <= 0:
        raise TransactionUnpaid
    return Settlement(
        transaction_id=payment.id,
        checkout_id=payment.checkout_id,
        session_hash=hash_session(payment.session_public_id),
        provider_type=payment.provider_type,
        paid_at=payment.paid_at,
        settled=payment.captured,
        refunded=payment.refunded,
        at_issue=at_issue,
    )


async def draft_from_transaction(
    command: DraftFromTransaction, *, scope: Scope, operation_id: str | None, deps: Deps
) -> Invoice:
    """A draft over what the payment was for, which the payment settles.

    Raises:
        NotFound: no such transaction in the caller's scope.
        TransactionUnpaid: no money came.
        TransactionInvoiced: it settles an invoice already.
    """
    if (known := await deps.stores.invoices.get(None, scope, command.invoice_id)) is not None:
        return known
    payment = await deps.payments.transaction(scope, command.transaction_id)
    settlement = paid_settlement(payment, at_issue=True)
    order = await deps.payments.order(scope, payment.checkout_id)
    draft = _draft(command.invoice_id, scope, payment, order, settlement, deps)

    async def work(tx: Tx) -> Invoice:
        if await invoice_of(tx, scope, payment.id, deps.stores) is not None:
            raise TransactionInvoiced
        deps.stores.invoices.insert(tx, draft, otherwise=TransactionInvoiced())
        return draft

    return await once(work, operation_id=operation_id, entity_id=command.invoice_id, scope=scope, deps=deps)


def _draft(
    invoice_id: str,
    scope: Scope,
    payment: PaidTransaction,
    order: SoldOrder,
    settlement: Settlement,
    deps: Deps,
) -> Invoice:
    settings = settings_of(scope, payment.site_id, deps)
    totals, reason = _totals(payment, order, settings)
    seller = seller_from_settings(settings.name, settings.country, settings.invoicing)
    tenant = {"organization_id": scope.organization_id, "invoice_id": invoice_id}
    return Invoice(
        id=invoice_id,
        organization_id=scope.organization_id,
        livemode=scope.mode,
        site_id=payment.site_id,
        status="draft",
        draft_reasons=with_rate_reason((reason,) if reason else (), totals, seller.accounting_currency, None),
        totals=totals,
        settlements=(settlement,),
        created_at=deps.clock.now(),
        external_reference=order.external_reference,
        client_id=payment.client_id,
        language=language_of(order.locale, settings.invoicing.get("locale")),
        vat_notes=vat_notes(totals, _trade(order, settings)),
        buyer=deps.cipher.seal_buyer(order.buyer, **tenant) if order.buyer else None,
        ship_to=deps.cipher.seal_ship_to(order.shipping, **tenant) if order.shipping else None,
        document_key=deps.cipher.new_document_key(**tenant),
    )


def _totals(payment: PaidTransaction, order: SoldOrder, settings: OrganizationSettings) -> tuple[Totals, str | None]:
    reference = order.description or order.external_reference or payment.id
    seller = seller_from_settings(settings.name, settings.country, settings.invoicing)
    countries = (seller.country, order.buyer.country if order.buyer else None)
    items: list[SoldItem] = items_of(order.lines)
    try:
        return compute_totals(
            items, amount=order.amount, currency=payment.currency, reference=reference, countries=countries
        ), None
    except TotalsRefused as exc:
        return compute_totals([], amount=order.amount, currency=payment.currency, reference=reference), exc.code


def _trade(order: SoldOrder, settings: OrganizationSettings) -> Trade:
    seller = seller_from_settings(settings.name, settings.country, settings.invoicing)
    return Trade(
        seller_country=seller.country,
        seller_vat_id=seller.vat_id,
        buyer_country=order.buyer.country if order.buyer else None,
        buyer_vat_id=order.buyer.vat_id if order.buyer else None,
        item_types={line.item_type for line in order.lines},
        has_exemption_note=seller.vat_exemption_note is not None,
    )
