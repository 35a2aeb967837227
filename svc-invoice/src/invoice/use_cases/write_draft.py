"""A draft as its merchant writes it: created, replaced as a whole, or changed in its notes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from gateway_contracts.aggregates import Scope
from gateway_contracts.cross_field_rules import check_draft
from gateway_contracts.errors import NotFound
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.invoice_changes import (
    ChangeNotes,
    CreateDraft,
    DraftContent,
    PreviewDraft,
    ReplaceDraft,
    ScheduleDraft,
)
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.accounting import AccountingRate, with_rate_reason
from invoice.domain.draft import Discount, Lacking, Order, OrderedItem, Shipping, Terms
from invoice.domain.invoice import Invoice
from invoice.domain.seller import Seller, seller_from_settings
from invoice.domain.totals import Totals, TotalsRefused
from invoice.errors import CurrencyDiffers
from invoice.ports import OrganizationSettings
from invoice.pricing.order import price_order, without_vat
from invoice.use_cases.changing import existing_draft, once, settings_of
from invoice.use_cases.deps import Deps
from invoice.use_cases.draft_reasons import with_party_reasons
from invoice.use_cases.issue_invoice import language_of


async def create_draft(command: CreateDraft, *, scope: Scope, operation_id: str | None, deps: Deps) -> Invoice:
    """Store it under the id that the caller allocated. Idempotent on operation id and on that id.

    Raises:
        NotFound: no such site in this organization (or not the credential's own site).
        Invalid: a rule across fields is broken.
        SettingsUnavailable: the organization's settings are not known yet.
    """
    check_draft(command)
    settings = _settings_of_site(scope, command.site_id, deps)
    if (known := await deps.stores.invoices.get(None, scope, command.invoice_id)) is not None:
        return known
    draft = written(_empty(command.invoice_id, command.site_id, scope, deps), command, settings, deps)

    async def work(tx: Tx) -> Invoice:
        deps.stores.invoices.insert(tx, draft)
        return draft

    return await once(work, operation_id=operation_id, entity_id=draft.id, scope=scope, deps=deps)


def preview_draft(command: PreviewDraft, *, scope: Scope, deps: Deps) -> Invoice:
    """The draft that `create_draft` would store, for its totals and reasons.

    Raises:
        NotFound: no such site in this organization (or not the credential's own site).
        Invalid: a rule across fields is broken.
        SettingsUnavailable: the organization's settings are not known yet.
    """
    check_draft(command)
    settings = _settings_of_site(scope, command.site_id, deps)
    return written(_empty(new_object_id(), command.site_id, scope, deps), command, settings, deps)


async def replace_draft(command: ReplaceDraft, *, scope: Scope, operation_id: str | None, deps: Deps) -> Invoice:
    """Everything that the draft says, anew.

    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
        InvoiceIssuedAlready: it is no draft any more.
        CurrencyDiffers: a payment in the currency of before settles it.
        Invalid: a rule across fields is broken.
    """
    check_draft(command)

    def change(before: Invoice) -> Invoice:
        return written(before, command, settings_of(scope, before.site_id, deps), deps)

    return await _changed(command.invoice_id, change, scope=scope, operation_id=operation_id, deps=deps)


async def change_notes(command: ChangeNotes, *, scope: Scope, operation_id: str | None, deps: Deps) -> Invoice:
    """The text below the lines, which an issued invoice changes by a correction alone.

    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
        InvoiceIssuedAlready: it is no draft any more.
    """

    def change(before: Invoice) -> Invoice:
        return before.changed(terms=replace(before.terms, notes=command.notes))

    return await _changed(command.invoice_id, change, scope=scope, operation_id=operation_id, deps=deps)


async def schedule_draft(command: ScheduleDraft, *, scope: Scope, operation_id: str | None, deps: Deps) -> Invoice:
    """Another time of issue; everything else stays.

    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
        InvoiceIssuedAlready: it is no draft any more.
    """

    def change(before: Invoice) -> Invoice:
        return before.changed(finalize_at=_stored(command.scheduled_finalize_at))

    return await _changed(command.invoice_id, change, scope=scope, operation_id=operation_id, deps=deps)


async def _changed(
    invoice_id: str, change: Callable[[Invoice], Invoice], *, scope: Scope, operation_id: str | None, deps: Deps
) -> Invoice:
    async def work(tx: Tx) -> Invoice:
        before = await existing_draft(tx, scope, invoice_id, deps)
        return deps.stores.invoices.replace(tx, before, change(before))

    return await once(work, operation_id=operation_id, entity_id=invoice_id, scope=scope, deps=deps)


def written(before: Invoice, content: DraftContent, settings: OrganizationSettings, deps: Deps) -> Invoice:
    """The draft with this content, priced, and with what it lacks."""
    if before.settlements and before.totals.currency != content.currency:
        raise CurrencyDiffers
    order = _order(content)
    seller = seller_from_settings(settings.name, settings.country, settings.invoicing)
    language = language_of(content.language, settings.invoicing.get("locale"))
    totals, reason = _priced(order, content.currency, seller, language)
    tenant = {"organization_id": before.organization_id, "invoice_id": before.id}
    buyer, ship_to = _known(content.buyer), _known(content.ship_to)
    # Without a client the buyer stays: that of a payment may be no client.
    sealed = deps.cipher.seal_buyer(buyer, **tenant) if buyer else before.buyer
    draft = before.changed(
        order=order,
        totals=totals,
        client_id=content.client_id,
        external_reference=content.external_reference,
        language=language,
        terms=Terms(
            due_on=content.due_date,
            payment_terms=content.payment_terms,
            buyer_reference=content.buyer_reference,
            order_reference=content.order_reference,
            notes=content.notes,
        ),
        buyer=sealed,
        ship_to=deps.cipher.seal_ship_to(ship_to, **tenant) if ship_to else None,
        finalize_at=_stored(content.scheduled_finalize_at),
        vat_notes=(),
        accounting=_accounting(content),
    )
    known = buyer or deps.cipher.open_buyer(before)
    lacking = ((reason,) if reason else ()) + (() if sealed else (Lacking("BUYER_REQUIRED").code,))
    today = deps.clock.now().date()
    reasons = with_party_reasons(lacking, totals, seller, known, ship_to, supplied_on=today)
    return draft.changed(draft_reasons=with_rate_reason(reasons, totals, seller.accounting_currency, draft.accounting))


def _settings_of_site(scope: Scope, site_id: str, deps: Deps) -> OrganizationSettings:
    is_known = deps.organizations.has_site(scope.organization_id, site_id)
    if scope.site_id not in (None, site_id) or not is_known:
        raise NotFound("there is no such site")
    return settings_of(scope, site_id, deps)


def _empty(invoice_id: str, site_id: str, scope: Scope, deps: Deps) -> Invoice:
    key = deps.cipher.new_document_key(organization_id=scope.organization_id, invoice_id=invoice_id)
    return Invoice(
        id=invoice_id,
        organization_id=scope.organization_id,
        livemode=scope.mode,
        site_id=site_id,
        status="draft",
        totals=Totals("gross", "EUR", (), (), ()),
        created_at=deps.clock.now(),
        document_key=key,
    )


def _order(content: DraftContent) -> Order:
    items = tuple(OrderedItem(**item.model_dump(exclude={"amount_type"})) for item in content.items)
    return Order(
        amount_type="net" if any(item.amount_type == "net" for item in content.items) else "gross",
        items=items,
        discount=Discount(**content.discount.model_dump()) if content.discount else None,
        shipping=Shipping(**content.shipping.model_dump()) if content.shipping else None,
    )


def _accounting(content: DraftContent) -> AccountingRate | None:
    given = content.accounting_rate
    return AccountingRate(given.currency, given.rate, given.source, given.date) if given else None


def _priced(order: Order, currency: str, seller: Seller, language: str) -> tuple[Totals, str | None]:
    try:
        return price_order(order, currency, seller.vat_exemption_note, language=language), None
    except TotalsRefused as exc:
        return without_vat(order, currency), exc.code


def _known(party: Party | None) -> Party | None:
    """None for one of whom nothing is known."""
    return party if party is not None and party != Party() else None


def _stored(moment: datetime | None) -> datetime | None:
    """As the database keeps it, in milliseconds."""
    return None if moment is None else moment.replace(microsecond=moment.microsecond // 1000 * 1000)
