"""Invoices as they are written: drafts, corrections, credit notes, payment links."""

from pydantic import Field

from admin_api.payments.web.schemas.reversals import AddressIn
from gateway_contracts.bodies import Body, ChangeBody, Part
from gateway_contracts.events.transaction import Party
from gateway_contracts.fields import Moment, ObjectId, Reason
from gateway_contracts.invoice_fields import (
    AccountingRateFields,
    CreditLineFields,
    DiscountFields,
    DraftFields,
    InvoiceItemFields,
    Notes,
    PaymentLinkFields,
    ShippingFields,
    TermsFields,
)
from gateway_contracts.requests.invoice import InvoiceRecord
from gateway_contracts.requests.invoice_changes import (
    CorrectInvoice,
    CreateCreditNote,
    CreateDraft,
    CreatePaymentLink,
    CreditLine,
    DraftContent,
    InvoiceAccountingRate,
    InvoiceDiscount,
    InvoiceItem,
    InvoiceShipping,
    PreviewDraft,
    ReplaceDraft,
)
from gateway_contracts.sale_fields import Items


class InvoiceItemIn(InvoiceItemFields, Part):
    """One item of an invoice."""


class DiscountIn(DiscountFields, Part):
    """A discount on the whole invoice."""


class ShippingIn(ShippingFields, Part):
    """A charge for shipping."""


class BuyerIn(AddressIn):
    """A buyer who is no client, or is named otherwise than the client."""


class AccountingRateIn(AccountingRateFields, Part):
    """An exchange rate into the accounting currency, in which VAT is stated as well."""


class DraftIn(DraftFields, Body):
    """Everything that a draft says."""

    SHOWN_BY = InvoiceRecord

    client: BuyerIn | None = Field(None, description="The buyer's data, instead of those of a client.")

    items: Items[InvoiceItemIn] = Field((), description="Items of the invoice.")
    discount: DiscountIn | None = Field(None, description="Discount on the whole invoice.")
    shipping: ShippingIn | None = Field(None, description="Charge for shipping.")
    accounting_rate: AccountingRateIn | None = Field(
        None, description="Exchange rate into the accounting currency, where that is another one."
    )
    shipping_address: AddressIn | None = Field(None, description="Delivery address, if it is another one.")

    def content(self, buyer: Party | None) -> DraftContent:
        """The same for the owner of invoices."""
        return DraftContent(
            buyer=self.client.party() if self.client else buyer,
            ship_to=self.shipping_address.party() if self.shipping_address else None,
            items=tuple(InvoiceItem(**dict(item)) for item in self.items),
            discount=InvoiceDiscount(**dict(self.discount)) if self.discount else None,
            shipping=InvoiceShipping(**dict(self.shipping)) if self.shipping else None,
            accounting_rate=InvoiceAccountingRate(**dict(self.accounting_rate)) if self.accounting_rate else None,
            **{field: getattr(self, field) for field in DraftFields.model_fields},
        )


class InvoiceIn(DraftIn):
    """A new draft of an invoice."""

    site_id: ObjectId = Field(description="Id of the site that it belongs to.")

    def command(self, invoice_id: str, buyer: Party | None) -> CreateDraft:
        """The request to the owner of invoices."""
        return CreateDraft(invoice_id=invoice_id, site_id=self.site_id, **dict(self.content(buyer)))

    def preview(self, buyer: Party | None) -> PreviewDraft:
        """The same, to be priced and not stored."""
        return PreviewDraft(site_id=self.site_id, **dict(self.content(buyer)))


class InvoiceContentIn(DraftIn):
    """A draft as it is from now on."""

    def command(self, invoice_id: str, buyer: Party | None) -> ReplaceDraft:
        """The request to the owner of invoices."""
        return ReplaceDraft(invoice_id=invoice_id, **dict(self.content(buyer)))


class NotesPatch(ChangeBody):
    """The text below the lines."""

    notes: Notes | None = Field(None, description="Text that is printed below the lines; null removes it.")


class SchedulePatch(ChangeBody):
    """When a draft is issued by itself."""

    scheduled_finalize_at: Moment | None = Field(
        None, description="Time at which the draft is issued by itself; null: it is issued by hand."
    )


class LinkIn(Body):
    """A payment that settles the invoice."""

    transaction_id: ObjectId = Field(description="Id of a transaction that has succeeded.")


class VoidIn(Body):
    """A reversal."""

    reason: Reason | None = Field(None, description="Why, as it is printed on the credit note.")


class ClientChangesIn(AddressIn):
    """The buyer's data on the invoice. Fields that are not given stay."""


class InvoiceChangesIn(TermsFields, Part):
    """Values that the invoice has from now on. Fields that are not given stay."""

    client: ClientChangesIn | None = Field(None, description="The buyer's data; the client itself is not changed.")


class CorrectionIn(Body):
    """A correction of an issued invoice, beside its amounts."""

    reason: Reason = Field(description="Why; kept encrypted, and shown in the invoice's trail.")
    changes: InvoiceChangesIn | None = Field(None, description="Values that the invoice has from now on.")

    def command(self, invoice_id: str) -> CorrectInvoice:
        """The request to the owner of invoices."""
        changes = self.changes or InvoiceChangesIn()
        client = changes.client
        return CorrectInvoice(
            invoice_id=invoice_id,
            reason=self.reason,
            buyer=client.party() if client else Party(),
            **{field: getattr(changes, field) for field in TermsFields.model_fields},
        )


class CreditLineIn(CreditLineFields, Part):
    """How much of one line of the invoice is taken back."""


class CreditNoteIn(Body):
    """A credit note of an invoice that nothing was paid of."""

    invoice_id: ObjectId = Field(description="Id of the invoice.")
    reason: Reason = Field(description="Why, as it is printed.")
    lines: Items[CreditLineIn] = Field((), description="Lines that are taken back; without any: all that is left.")

    def command(self, credit_note_id: str) -> CreateCreditNote:
        """The request to the owner of invoices."""
        return CreateCreditNote(
            credit_note_id=credit_note_id,
            invoice_id=self.invoice_id,
            reason=self.reason,
            lines=tuple(CreditLine(**dict(line)) for line in self.lines),
        )


class PaymentLinkIn(PaymentLinkFields, Body):
    """A payment page for an open invoice."""

    def urls(self) -> dict[str, str | None]:
        """Addresses by field."""
        return {"returnUrl": self.return_url, "cancelUrl": self.cancel_url}

    def command(self, invoice_id: str, checkout_id: str, page_origin: str) -> CreatePaymentLink:
        """The request to the owner of invoices."""
        return CreatePaymentLink(invoice_id=invoice_id, checkout_id=checkout_id, page_origin=page_origin, **dict(self))
