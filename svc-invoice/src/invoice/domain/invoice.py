"""An invoice or a credit note: what it says, who it is for, and where it stands."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from gateway_contracts.aggregates import Aggregate, Scope, TenantEntity
from gateway_contracts.encrypted import BoundAs, EncryptedValue
from gateway_contracts.invoice_lists import search_words
from gateway_contracts.numbering import NumberLayout
from gateway_contracts.requests.invoice import CreditReason, InvoiceState
from invoice.domain.accounting import AccountingRate
from invoice.domain.draft import Order, Terms
from invoice.domain.legal_dates import LegalDates
from invoice.domain.payment_link import PaymentLink
from invoice.domain.register import register_name
from invoice.domain.settlement import Balance, Settlement, Uncredited, balance_of, in_present_form, moved
from invoice.domain.states import state_of
from invoice.domain.totals import Totals
from invoice.domain.vat_notes import VatNote

Kind = Literal["invoice", "credit_note"]


@dataclass(frozen=True)
class Sealed:
    """Personal data of one party: ciphertext, and a keyed digest that survives a change of keys."""

    value: Annotated[EncryptedValue, BoundAs("{parent}")]
    digest: str


@dataclass(frozen=True)
class Numbering:
    """The legal number and where it came from."""

    number: str
    series: str
    stem: str
    sequence: int


@dataclass(frozen=True)
class Correction:
    """Subject and reason of a credit note.

    Attributes:
        origin_id: the refund or dispute; of a credit note without one, its own id, or its invoice's where it voids it.
        invoice_issued_on: the invoice's legal date; None for an invoice from before there were any.
        note: why, in the merchant's words.
    """

    invoice_id: str
    invoice_number: str
    invoice_issued_at: datetime
    reason: CreditReason
    origin_id: str
    invoice_issued_on: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class SnapshotCorrection:
    """A later change of what an issued invoice says beside its amounts (ADR 0073).

    Attributes:
        by: kind and id of the caller.
        buyer: as it was before.
        terms: as they were before.
    """

    at: datetime
    by: str
    reason: Sealed
    terms: Terms
    buyer: Sealed | None = None


class Uninvoiced(TenantEntity):
    """A payment, by its id, that never gets an invoice of ours: what goes back of it needs no credit note."""

    created_at: datetime


class Paper(TenantEntity):
    """A document of one mode.

    Attributes:
        pdf_object: where its PDF lies in the document store; None until it is rendered, and after it was lost.
    """

    livemode: bool
    pdf_object: str | None = None

    @property
    def scope(self) -> Scope:
        """The tenant that it belongs to."""
        return Scope(self.organization_id, self.livemode)


class NumberedPaper(Paper):
    """The number alone: the next one is found also where a document's other fields cannot be read."""

    kind: Kind = "invoice"
    numbering: Numbering | None = None


class Invoice(NumberedPaper, Aggregate):
    """A draft may change in everything. An issued invoice has a number, and changes but for money, corrections of its
    texts, and its rendering.

    A credit note is a document of the same kind of paper: it has a ``correction``, and is never a draft.

    Attributes:
        settlements: payments of it, in the order in which they came; of a credit note the money that went back.
        credited: what credit notes took back of the total.
        uncredited: money that went back and that no credit note is due for.
        voided: a formal reversal was issued.
        order: what its merchant wrote; None where the totals come from a payment.
        draft_reasons: what speaks against the issue, as codes.
        accounting: the rate by which its VAT is stated in the seller's accounting currency.
        finalize_at: when a draft is issued by itself.
        issue_operation: the operation that issued it.
        document_key: what its PDF is encrypted with, itself encrypted under the organization's ``records`` key.
        dates: of issued documents; None for those from before legal time zones, whose days are those of UTC.
        payment_link: the latest payment page.
        printed_link: the checkout whose page the PDF names.
        listed_state, transaction_ids, session_hashes, search_words: derived from the rest, for queries alone.
    """

    site_id: str
    status: Literal["draft", "issued"]
    totals: Totals
    settlements: tuple[Settlement, ...] = ()
    credited: int = 0
    uncredited: tuple[Uncredited, ...] = ()
    voided: bool = False
    created_at: datetime
    issued_at: datetime | None = None
    dates: LegalDates | None = None
    draft_reasons: tuple[str, ...] = ()
    external_reference: str | None = None
    language: str = "en"
    vat_notes: tuple[VatNote, ...] = ()
    buyer: Sealed | None = None
    ship_to: Sealed | None = None
    seller: Sealed | None = None
    pdf_sha256: str | None = None
    pdf_has_xml: bool = False
    """Whether the PDF is an electronic invoice as well (Factur-X)."""
    correction: Correction | None = None
    document_key: EncryptedValue | None = None
    client_id: str | None = None
    order: Order | None = None
    terms: Terms = Terms()
    accounting: AccountingRate | None = None
    footer: str | None = None
    finalize_at: datetime | None = None
    issue_operation: str | None = None
    corrections: tuple[SnapshotCorrection, ...] = ()
    payment_link: PaymentLink | None = None
    printed_link: str | None = None
    listed_state: InvoiceState = "draft"
    transaction_ids: tuple[str, ...] = ()
    session_hashes: tuple[str, ...] = ()
    search_words: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _read(cls, stored: Any) -> Any:
        return in_present_form(stored)

    @model_validator(mode="after")
    def _derive(self) -> Self:
        vars(self).update(
            listed_state=self.state,
            transaction_ids=tuple(one.transaction_id for one in self.settlements),
            session_hashes=tuple(one.session_hash for one in self.settlements),
            search_words=search_words(
                self.numbering.number if self.numbering else None,
                self.external_reference,
                self.terms.buyer_reference,
                self.terms.order_reference,
                *(line.description for line in self.totals.lines),
            ),
        )
        return self

    @property
    def state(self) -> InvoiceState:
        """Draft, or the computed state of an issued invoice."""
        if self.status == "draft":
            return "draft"
        balance = self.balance
        return state_of(
            balance.total,
            settled=balance.settled,
            refunded=balance.refunded,
            credited=self.credited,
            voided=self.voided,
        )

    @property
    def balance(self) -> Balance:
        """Money that came, went back, and is still to be paid."""
        return balance_of(self.totals.total, self.settlements, self.credited)

    @property
    def payment(self) -> Settlement | None:
        """The payment that the document states: the first that came before its issue."""
        return next((one for one in self.settlements if one.at_issue), None)

    @property
    def draft_reason(self) -> str | None:
        """The first thing that speaks against the issue."""
        return self.draft_reasons[0] if self.draft_reasons else None

    @property
    def register(self) -> str:
        """The register that it stands in once it is issued."""
        return register_name(self.organization_id, self.kind, livemode=self.livemode)

    def object_name(self, sha256: str) -> str:
        """Where a PDF of it lies in the document store: under its content's hash, so another one replaces nothing."""
        return f"invoices/{self.organization_id}/{sha256}.pdf"

    def issue(self, numbering: Numbering, at: datetime, dates: LegalDates) -> "Invoice":
        """The issued invoice."""
        return self.changed(
            status="issued", numbering=numbering, issued_at=at, dates=dates, draft_reasons=(), finalize_at=None
        )

    def settled_by(self, settlement: Settlement) -> "Invoice":
        """After one more payment came."""
        return self.changed(settlements=(*self.settlements, settlement))

    def money_moved(self, transaction_id: str, *, refunded: int, credited: int) -> "Invoice":
        """After money of a payment went back, or credit notes took it back; negative where money came again."""
        settlements = moved(self.settlements, transaction_id, refunded)
        return self.changed(settlements=settlements, credited=self.credited + credited)

    def left_uncredited(self, origin_id: str, amount: int) -> "Invoice":
        """With a reversal that has no credit note."""
        return self.changed(uncredited=(*self.uncredited, Uncredited(origin_id, amount)))

    def uncredited_of(self, origin_id: str) -> Uncredited | None:
        """The reversal, if it was decided that no credit note is due for it."""
        return next((one for one in self.uncredited if one.origin_id == origin_id), None)

    def rendered(self, sha256: str, *, has_xml: bool = False, link: PaymentLink | None = None) -> "Invoice":
        """With its PDF, which names that payment page, in the document store."""
        return self.changed(
            pdf_object=self.object_name(sha256),
            pdf_sha256=sha256,
            pdf_has_xml=has_xml,
            printed_link=link.checkout_id if link else None,
        )

    def usable_link(self, now: datetime) -> PaymentLink | None:
        """The payment page, unless it expired or there is nothing to pay by it."""
        link = self.payment_link
        if link is None or link.expires_at is None or link.expires_at <= now:
            return None
        is_used = any(one.checkout_id == link.checkout_id for one in self.settlements)
        return None if is_used or self.voided or self.balance.outstanding <= 0 else link

    def printable_link(self, now: datetime) -> PaymentLink | None:
        """The payment page that the document names: one over all that is to be paid."""
        link = self.usable_link(now)
        return link if link and link.amount == self.balance.outstanding else None

    def xml_name(self, format_: str, sha256: str) -> str:
        """Where an XML of that content lies in the document store."""
        return f"invoices/{self.organization_id}/{self.id}.{format_}.{sha256[:16]}.xml"

    def as_corrected(self, times: int) -> "Invoice":
        """As it was after so many corrections of its texts; 0 is as it was issued."""
        if times >= len(self.corrections):
            return self
        before = self.corrections[times]
        return self.changed(buyer=before.buyer, terms=before.terms)

    @property
    def issued_on(self) -> date | None:
        """Its legal date."""
        return self._day(self.dates.issued_on if self.dates else None, self.issued_at)

    @property
    def paid_on(self) -> date | None:
        """The legal date of the payment that it states, or of the money that went back."""
        payment = self.payment
        return self._day(self.dates.paid_on if self.dates else None, payment.paid_at if payment else None)

    @staticmethod
    def _day(kept: str | None, moment: datetime | None) -> date | None:
        if kept is not None:
            return date.fromisoformat(kept)
        return moment.date() if moment else None


def series_name(register: str, layout: NumberLayout, issued_on: date) -> str:
    """The counter that the next number of this register comes from."""
    return f"{register}:{layout.reset_key(issued_on)}"
