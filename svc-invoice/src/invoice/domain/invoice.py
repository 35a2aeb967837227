"""An invoice or a credit note: what it says, who it is for, and where it stands."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Literal

from gateway_contracts.aggregates import Aggregate, Scope, TenantEntity
from gateway_contracts.encrypted import BoundAs, EncryptedValue
from gateway_contracts.numbering import NumberLayout
from gateway_contracts.requests.invoice import InvoiceState
from invoice.domain.legal_dates import LegalDates
from invoice.domain.register import RegisterRow, register_name, sha256_of
from invoice.domain.states import state_of
from invoice.domain.totals import Totals
from invoice.domain.vat_notes import VatNote

Kind = Literal["invoice", "credit_note"]
Reason = Literal["refund", "dispute"]


@dataclass(frozen=True)
class Sealed:
    """Personal data of one party: ciphertext, and a keyed digest that survives a change of keys."""

    value: Annotated[EncryptedValue, BoundAs("{parent}")]
    digest: str


@dataclass(frozen=True)
class Method:
    """How it was paid; see `gateway_contracts.events.transaction.PaymentMethod`."""

    type: str
    brand: str | None = None
    last4: str | None = None


@dataclass(frozen=True)
class Settlement:
    """The payment that an invoice was issued for, or the money that went back with a credit note. Minor units."""

    transaction_id: str
    checkout_id: str
    session_hash: str
    """SHA-256 of the checkout session's public id: a caller that knows the id may fetch the document."""
    provider_type: str
    paid_at: datetime
    settled: int
    refunded: int = 0
    credited: int = 0
    voided: bool = False
    method: Method | None = None


@dataclass(frozen=True)
class Numbering:
    """The legal number and where it came from."""

    number: str
    series: str
    stem: str
    sequence: int


@dataclass(frozen=True)
class Correction:
    """Subject and reason of a credit note."""

    invoice_id: str
    invoice_number: str
    invoice_issued_at: datetime
    reason: Reason
    origin_id: str
    """The refund or dispute."""
    invoice_issued_on: str | None = None
    """The invoice's legal date; None for an invoice from before there were any."""


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
    """A draft has a reason and no numbering; an issued one is immutable but for settlement and its rendering.

    A credit note is a document of the same kind of paper: it has a ``correction``, and is never a draft.
    """

    site_id: str
    status: Literal["draft", "issued"]
    totals: Totals
    payment: Settlement
    created_at: datetime
    issued_at: datetime | None = None
    dates: LegalDates | None = None
    """Of issued documents; None for those from before legal time zones, whose days are those of UTC."""
    draft_reason: str | None = None
    external_reference: str | None = None
    language: str = "en"
    vat_notes: tuple[VatNote, ...] = ()
    buyer: Sealed | None = None
    seller: Sealed | None = None
    pdf_sha256: str | None = None
    correction: Correction | None = None
    document_key: EncryptedValue | None = None
    """What its PDF is encrypted with, itself encrypted under the organization's ``records`` key."""

    @property
    def state(self) -> InvoiceState:
        """Draft, or the computed state of an issued invoice."""
        if self.status == "draft":
            return "draft"
        paid = self.payment
        # What was taken back twice, by a refund and a dispute, cannot be more than what was paid.
        refunded = min(paid.refunded, paid.settled)
        return state_of(
            self.totals.total, settled=paid.settled, refunded=refunded, credited=paid.credited, voided=paid.voided
        )

    @property
    def register(self) -> str:
        """The register that it stands in once it is issued."""
        return register_name(self.organization_id, self.kind, livemode=self.livemode)

    @property
    def object_name(self) -> str:
        """Where its PDF lies in the document store."""
        return f"invoices/{self.organization_id}/{self.id}.pdf"

    def issue(self, numbering: Numbering, at: datetime, dates: LegalDates) -> "Invoice":
        """The issued invoice."""
        return self.changed(status="issued", numbering=numbering, issued_at=at, dates=dates, draft_reason=None)

    def money_moved(self, *, refunded: int, credited: int) -> "Invoice":
        """After money went back, or credit notes took it back; negative where money came again."""
        paid = self.payment
        moved = replace(paid, refunded=paid.refunded + refunded, credited=paid.credited + credited)
        return self.changed(payment=moved)

    def rendered(self, sha256: str) -> "Invoice":
        """With its PDF in the document store."""
        return self.changed(pdf_object=self.object_name, pdf_sha256=sha256)

    @property
    def issued_on(self) -> date | None:
        """Its legal date."""
        return self._day(self.dates.issued_on if self.dates else None, self.issued_at)

    @property
    def paid_on(self) -> date | None:
        """The legal date of its payment, or of the money that went back."""
        return self._day(self.dates.paid_on if self.dates else None, self.payment.paid_at)

    @staticmethod
    def _day(kept: str | None, moment: datetime | None) -> date | None:
        if kept is not None:
            return date.fromisoformat(kept)
        return moment.date() if moment else None

    def legal_content(self) -> dict[str, Any]:
        """Content that may never change after issue; its hash stands in the register."""
        assert self.numbering is not None, "only issued invoices have legal content"
        totals = self.totals
        return self._later_content() | {
            "id": self.id,
            "organization": self.organization_id,
            "livemode": self.livemode,
            "kind": self.kind,
            "number": self.numbering.number,
            "issuedAt": self.issued_at,
            "transaction": self.payment.transaction_id,
            "paidAt": self.payment.paid_at,
            "reference": self.external_reference,
            "buyer": self.buyer.digest if self.buyer else None,
            "seller": self.seller.digest if self.seller else None,
            "amountType": totals.amount_type,
            "currency": totals.currency,
            "lines": [
                [line.description, line.quantity, line.unit_price, line.total, line.net, line.vat_rate]
                for line in totals.lines
            ],
            "allowances": [[entry.description, entry.total] for entry in totals.allowances],
            "groups": [[group.rate, group.net, group.vat, group.gross, group.allowance_net] for group in totals.groups],
        }

    def _later_content(self) -> dict[str, Any]:
        """Content that earlier versions did not store; present only where it is known, so that hashes stay."""
        parts = {"corrects": self.correction, "dates": self.dates, "method": self.payment.method}
        content: dict[str, Any] = {
            name: {field: value for field, value in asdict(part).items() if value is not None}
            for name, part in parts.items()
            if part is not None
        }
        return content | ({"vatNotes": list(self.vat_notes)} if self.vat_notes else {})

    def register_row(self, position: int, previous: str) -> RegisterRow:
        """Its row behind the one that ``previous`` seals."""
        assert self.numbering is not None, "only issued invoices stand in the register"
        assert self.issued_at is not None, "only issued invoices stand in the register"
        return RegisterRow(
            id=f"{self.register}:{position}",
            register=self.register,
            position=position,
            document_id=self.id,
            **vars(self.numbering),
            currency=self.totals.currency,
            net=self.totals.net,
            vat=self.totals.vat,
            total=self.totals.total,
            issued_at=self.issued_at,
            document_hash=sha256_of(self.legal_content()),
            previous=previous,
            issued_on=self.dates.issued_on if self.dates else None,
            time_zone=self.dates.time_zone if self.dates else None,
        ).sealed()


def series_name(register: str, layout: NumberLayout, issued_on: date) -> str:
    """The counter that the next number of this register comes from."""
    return f"{register}:{layout.reset_key(issued_on)}"
