"""Content of a document in the terms of EN 16931: the one source of its page, its XML and its mail.

Everything is in clear and decided: a renderer or writer formats, and decides nothing. Amounts are minor units of
`DocumentContent.currency`; a credit note's are positive, as in EN 16931. Rates are percent as decimal text ("19",
"7.7"). Days are legal days. The business terms (BT, BG) of the standard stand at the fields.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from gateway_contracts.invoice_fields import AmountType, VatCategory
from gateway_contracts.unit_codes import PIECE

DocumentKind = Literal["invoice", "credit_note", "pro_forma", "receipt"]
WITHOUT_VAT: frozenset[VatCategory] = frozenset({"Z", "E", "AE", "K", "G", "O"})
"""Categories whose VAT is 0."""


@dataclass(frozen=True)
class RoutingAddress:
    """An electronic address (BT-34, BT-49): an identifier in a scheme of the EAS list, such as ``9930``."""

    scheme: str
    identifier: str


@dataclass(frozen=True)
class PostalAddress:
    """BG-5, BG-8 and BG-15; ``country`` is ISO 3166-1 alpha-2."""

    street: str | None = None
    street2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


@dataclass(frozen=True)
class DocumentParty:
    """Seller (BG-4) or buyer (BG-7).

    Attributes:
        name: the legal name (BT-27, BT-44).
        contact: the person where the party is a company.
        register: court and number of the commercial register (BT-33 together with ``representatives``).
    """

    name: str
    address: PostalAddress = PostalAddress()
    contact: str | None = None
    email: str | None = None
    phone: str | None = None
    vat_id: str | None = None
    tax_number: str | None = None
    registration_id: str | None = None
    register: str | None = None
    representatives: str | None = None
    routing: RoutingAddress | None = None


@dataclass(frozen=True)
class VatTreatment:
    """How VAT applies to a line, an adjustment or a group.

    Attributes:
        category: None where no VAT is shown at all, because none is known: such a document has no XML.
        rate: None for category O and where no category is known; "0" for the other categories without VAT.
        reason: why no VAT is charged (BT-120), in the document's language.
        reason_code: VATEX code (BT-121).
    """

    category: VatCategory | None
    rate: str | None = None
    reason: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True)
class DocumentLine:
    """One line (BG-25).

    Attributes:
        unit_price: as `DocumentContent.amount_type` says, before ``discount``.
        unit: a code of UN/ECE Recommendations 20 and 21.
        discount: taken off the line, in the same terms, positive (BG-27).
        total: quantity times price less discount, in the same terms.
        net: without VAT (BT-131), always.
        net_discount: the part of ``discount`` without VAT.
    """

    name: str
    quantity: Decimal
    unit_price: int
    total: int
    net: int
    vat: VatTreatment
    details: str | None = None
    unit: str = PIECE
    discount: int = 0
    net_discount: int = 0
    discount_reason: str | None = None


@dataclass(frozen=True)
class Adjustment:
    """An allowance (BG-20) or charge (BG-21) of the whole document, such as a discount or shipping; both positive.

    Attributes:
        total: as `DocumentContent.amount_type` says.
        net: without VAT (BT-92, BT-99).
    """

    is_charge: bool
    description: str
    total: int
    net: int
    vat: VatTreatment


@dataclass(frozen=True)
class VatBreakdown:
    """Totals of one category and rate (BG-23), after adjustments: ``net + amount = gross``."""

    vat: VatTreatment
    net: int
    amount: int
    gross: int


@dataclass(frozen=True)
class AccountingVat:
    """VAT in the seller's accounting currency (BT-6, BT-111), its rate with source and day."""

    currency: str
    amount: int
    rate: Decimal
    source: str
    day: date


@dataclass(frozen=True)
class Preceding:
    """The invoice that a credit note corrects (BG-3)."""

    number: str
    issued_on: date


@dataclass(frozen=True)
class PaymentFacts:
    """How it was or is to be paid (BG-16).

    Attributes:
        method: of a payment that was made: ``card``, ``sepa_debit`` …; see `gateway_contracts` payment methods.
        paid_on: of the payment, or the day on which money of a credit note went back.
        reason: of the money that went back with a credit note.
        terms: payment terms (BT-20) in the document's language.
        link: where an open invoice can be paid.
        reference: remittance information (BT-83).
    """

    method: str | None = None
    brand: str | None = None
    last4: str | None = None
    provider: str | None = None
    paid_on: date | None = None
    reason: str | None = None
    iban: str | None = None
    bic: str | None = None
    account_name: str | None = None
    terms: str | None = None
    due_on: date | None = None
    link: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class DocumentContent:
    """One document.

    Attributes:
        id: of the stored document; seeds the identifier of its PDF.
        number: None for drafts.
        language: one of the languages of documents, such as "de".
        buyer_reference: BT-10, such as a German Leitweg-ID.
        order_reference: BT-13.
        external_reference: the merchant's own reference (printed).
        notes: printed sentences (BT-22), such as "Reverse charge".
        footer: the organization's or site's own lines at the end of each page.
        paid: what was settled before the issue (BT-113).
        due: what is to be paid (BT-115): ``total - paid``.
    """

    id: str
    kind: DocumentKind
    livemode: bool
    language: str
    currency: str
    amount_type: AmountType
    seller: DocumentParty
    lines: tuple[DocumentLine, ...]
    groups: tuple[VatBreakdown, ...]
    net: int
    vat: int
    total: int
    adjustments: tuple[Adjustment, ...] = ()
    paid: int = 0
    number: str | None = None
    issued_on: date | None = None
    supplied_on: date | None = None
    buyer: DocumentParty | None = None
    ship_to: DocumentParty | None = None
    corrects: Preceding | None = None
    accounting: AccountingVat | None = None
    payment: PaymentFacts = PaymentFacts()
    buyer_reference: str | None = None
    order_reference: str | None = None
    external_reference: str | None = None
    notes: tuple[str, ...] = ()
    footer: str | None = None

    @property
    def due(self) -> int:
        """The amount that is still to be paid."""
        return self.total - self.paid
