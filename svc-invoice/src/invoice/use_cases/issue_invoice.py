"""Gives successful payments their invoices and their legal numbers."""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import AsyncExitStack
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import datetime

from gateway_contracts.clock import Clock
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.transaction import Party, TransactionLine, TransactionSucceededV1
from gateway_contracts.ids import new_object_id
from gateway_contracts.languages import LANGUAGES
from gateway_contracts.numbering import NumberLayout
from gateway_contracts.time_zones import day_in
from gateway_kit import context
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import InboxKey, Tx, UnitOfWork
from invoice.domain.accounting import with_rate_reason
from invoice.domain.invoice import Invoice, Uninvoiced, series_name
from invoice.domain.seller import Seller, issues_automatically, seller_from_settings
from invoice.domain.settlement import Method, Settlement
from invoice.domain.totals import SoldItem, Totals, TotalsRefused, compute_totals
from invoice.domain.vat_notes import Trade, vat_notes
from invoice.errors import SettingsUnavailable
from invoice.field_cipher import FieldCipher
from invoice.ports import Organizations, OrganizationSettings, Stores
from invoice.use_cases.assign_number import assign_number, layout_of, zone_of
from invoice.use_cases.events import emit_drafted, emit_issued
from invoice.use_cases.find_documents import invoices_of
from invoice.use_cases.number_series import NumberSeries, RegisterPages

CONSUMER = "invoice-on-transaction-succeeded"

SucceededEvent = Envelope[TransactionSucceededV1]


@dataclass(frozen=True)
class PaidFor:
    """A successful payment. ``held`` is where its event came in, with its trace."""

    event: SucceededEvent
    held: Context = field(default_factory=copy_context)


@dataclass(frozen=True)
class _Due:
    """An invoice that is still without a number."""

    payment: PaidFor
    draft: Invoice
    layout: NumberLayout
    time_zone: str


async def issue_invoices(
    payments: Sequence[PaidFor],
    *,
    uow: UnitOfWork,
    clock: Clock,
    organizations: Organizations,
    cipher: FieldCipher,
    stores: Stores,
    series: NumberSeries,
) -> list[Invoice | None]:
    """The invoices of the payments, None where none is due. Idempotent on event and transaction.

    Numbers, invoices, register rows and events are one database transaction: when it aborts, no number was used.

    Raises:
        AlreadyHandled: one of these events was handled before.
        SettingsUnavailable: an organization's settings are not known yet.
        LayoutInvalid: a number layout cannot be used.
        ChangedMeanwhile: another process issued at the same moment; the deliveries are repeated.
    """
    found = [_due(payment, organizations, cipher, at=clock.now()) for payment in payments]
    due = [one for one in found if one is not None]
    left_out = [payment.event for payment, one in zip(payments, found, strict=True) if one is None]
    await asyncio.gather(*(stores.uninvoiced.now.insert(_left_out(event)) for event in left_out))
    if not due:
        return [None] * len(payments)

    async def work(tx: Tx) -> dict[str, Invoice]:
        known = await invoices_of(tx, [one.payment.event for one in due], stores)
        pages = series.pages(tx)
        for one in due:
            key = one.payment.event.data.transaction_id
            if key not in known:
                issuing = _number(tx, one, stores.invoices, pages)
                known[key] = await context.within(one.payment.held, issuing)
        return known

    async with AsyncExitStack() as lanes:
        # Always in the same order, so that two groups never wait for each other.
        for name in sorted({one.draft.register for one in due}):
            await lanes.enter_async_context(series.lane(name))
        for one in due:
            await series.prepare(one.draft.register, _series(one, clock.now()))
        issued = await uow.run(work, inbox=[InboxKey(CONSUMER, one.payment.event.id) for one in due])
    return [issued[one.payment.event.data.transaction_id] if one else None for one in found]


def _left_out(event: SucceededEvent) -> Uninvoiced:
    return Uninvoiced(id=event.data.transaction_id, organization_id=event.organization_id, created_at=event.time)


def _series(due: _Due, at: datetime) -> str:
    return series_name(due.draft.register, due.layout, day_in(at, due.time_zone))


def _due(payment: PaidFor, organizations: Organizations, cipher: FieldCipher, *, at: datetime) -> _Due | None:
    event = payment.event
    settings = organizations.settings(event.organization_id, livemode=event.livemode, site_id=event.data.site_id)
    if settings is None:
        raise SettingsUnavailable
    if event.data.invoice_number or not issues_automatically(settings.invoicing):
        return None
    draft = _draft(event, settings, cipher, at=at)
    return _Due(payment, draft, layout_of(settings, "invoice"), zone_of(settings))


async def _number(tx: Tx, due: _Due, invoices: Store[Invoice], pages: RegisterPages) -> Invoice:
    """Store the invoice, with a number where nothing speaks against it."""
    document = due.draft
    if not document.draft_reasons:
        document = await assign_number(pages, document, due.layout, at=tx.now, time_zone=due.time_zone)
        emit_issued(tx, document)
    else:
        emit_drafted(tx, document)
    invoices.insert(tx, document)
    return document


def _draft(event: SucceededEvent, settings: OrganizationSettings, cipher: FieldCipher, *, at: datetime) -> Invoice:
    """Everything but the number."""
    data = event.data
    invoice_id = new_object_id()
    buyer = _buyer(event, cipher)
    seller = seller_from_settings(settings.name, settings.country, settings.invoicing)
    totals, reason = _totals(data, seller.country, buyer)
    tenant = {"organization_id": event.organization_id, "invoice_id": invoice_id}
    shipping = _shipping(event, cipher)
    return Invoice(
        id=invoice_id,
        organization_id=event.organization_id,
        livemode=event.livemode,
        site_id=data.site_id,
        status="draft",
        draft_reasons=with_rate_reason((reason,) if reason else (), totals, seller.accounting_currency, None),
        totals=totals,
        settlements=(settlement_of(event, cipher),),
        created_at=at,
        external_reference=data.external_reference,
        client_id=data.client_id,
        language=language_of(data.locale, settings.invoicing.get("locale")),
        vat_notes=vat_notes(totals, _trade(data, seller, buyer)),
        buyer=cipher.seal_buyer(buyer, **tenant) if buyer else None,
        ship_to=cipher.seal_ship_to(shipping, **tenant) if shipping else None,
        seller=cipher.seal_seller(seller, **tenant),
        footer=settings.invoicing.get("footer"),
        document_key=cipher.new_document_key(**tenant),
    )


def _buyer(event: SucceededEvent, cipher: FieldCipher) -> Party | None:
    if event.data.party is None:
        return None
    return cipher.open_event(
        event.data.party, organization_id=event.organization_id, event_type=event.type, event_id=event.id
    )


def _shipping(event: SucceededEvent, cipher: FieldCipher) -> Party | None:
    if event.data.shipping is None:
        return None
    return cipher.open_shipping(
        event.data.shipping, organization_id=event.organization_id, event_type=event.type, event_id=event.id
    )


def _trade(data: TransactionSucceededV1, seller: Seller, buyer: Party | None) -> Trade:
    return Trade(
        seller_country=seller.country,
        seller_vat_id=seller.vat_id,
        buyer_country=_country(data, buyer),
        buyer_vat_id=buyer.vat_id if buyer else None,
        item_types={line.item_type for line in data.lines},
        has_exemption_note=seller.vat_exemption_note is not None,
    )


def _country(data: TransactionSucceededV1, buyer: Party | None) -> str | None:
    return data.country or (buyer.country if buyer else None)


def _totals(data: TransactionSucceededV1, country: str | None, buyer: Party | None) -> tuple[Totals, str | None]:
    """Totals, and why the invoice must stay a draft: then one line without VAT stands for the whole amount."""
    reference = data.description or data.external_reference or data.transaction_id
    try:
        totals = compute_totals(
            items_of(data.lines),
            amount=data.amount,
            currency=data.currency,
            reference=reference,
            countries=(country, _country(data, buyer)),
        )
    except TotalsRefused as exc:
        return compute_totals([], amount=data.amount, currency=data.currency, reference=reference), exc.code
    return totals, None


def items_of(lines: Sequence[TransactionLine]) -> list[SoldItem]:
    """The items of a checkout."""
    return [
        SoldItem(
            line.name or line.description or "", line.quantity, line.unit_price, line.item_type, line.vat_rate, place
        )
        for place, line in enumerate(lines)
    ]


def settlement_of(event: SucceededEvent, cipher: FieldCipher) -> Settlement:
    """The payment that the event announces."""
    data = event.data
    session = cipher.open_session(
        data.session_public_id, organization_id=event.organization_id, event_type=event.type, event_id=event.id
    )
    return Settlement(
        transaction_id=data.transaction_id,
        checkout_id=data.checkout_id,
        session_hash=hash_session(session),
        provider_type=data.provider_type,
        paid_at=data.occurred_at,
        settled=data.amount,
        method=Method(**data.payment_method.model_dump()) if data.payment_method else None,
    )


def hash_session(session_public_id: str) -> str:
    """Hash that is stored of a session's secret name: with 192 random bits, a plain hash cannot be guessed back."""
    return hashlib.sha256(session_public_id.encode()).hexdigest()


def language_of(*preferred: object) -> str:
    """The first language that documents exist in, else English."""
    for language in preferred:
        code = language[:2].lower() if isinstance(language, str) else ""
        if code in LANGUAGES:
            return code
        if code:
            break
    return LANGUAGES[0]
