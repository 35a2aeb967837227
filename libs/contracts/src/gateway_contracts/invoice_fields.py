"""Fields of invoices that merchants write, with their rules: the same for the API and the requests on the bus."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from gateway_contracts.amount_fields import Amount, Currency, LinkAmount, UnitPrice, VatRate
from gateway_contracts.fields import Line, Moment, ObjectId, Reason, Url
from gateway_contracts.limits import (
    EXCHANGE_RATE_DECIMALS_MAX,
    EXCHANGE_RATE_MAX,
    EXPIRY_HOURS_MAX,
    FOOTER_CHARACTERS_MAX,
    ITEM_DESCRIPTION_CHARACTERS_MAX,
    ITEMS_MAX,
    NOTES_CHARACTERS_MAX,
    PAYMENT_TERM_DAYS_MAX,
    QUANTITY_DECIMALS_MAX,
    QUANTITY_MAX,
)
from gateway_contracts.positive_decimals import positive_decimal
from gateway_contracts.rules import FieldRules, broken, broken_form
from gateway_contracts.sale_fields import ItemType, Locale, Reference
from gateway_contracts.unit_codes import UNIT_CODES

VatCategory = Literal["S", "Z", "E", "AE", "K", "G", "O"]
"""UNTDID 5305: standard and reduced, zero, exempt, reverse charge, intra-community, export, outside the scope."""
AmountType = Literal["gross", "net"]


def _unit(text: str) -> str:
    if text not in UNIT_CODES:
        raise broken("unit_unknown", "must be a code of UN/ECE Recommendation 20 or 21, such as C62, HUR or KGM")
    return text


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text).isoformat()
    except ValueError:
        day = ""
    # Python reads further forms of ISO 8601.
    if day != text:
        raise broken_form("must be a day, such as 2026-01-31")
    return day


DecimalQuantity = Annotated[
    str,
    positive_decimal("quantity_invalid", "1 or 2.5", most=QUANTITY_MAX, decimals=QUANTITY_DECIMALS_MAX),
]
"""A quantity as decimal text, such as ``1`` or ``2.5``."""
ExchangeRate = Annotated[
    str,
    positive_decimal("exchange_rate_invalid", "1.0842", most=EXCHANGE_RATE_MAX, decimals=EXCHANGE_RATE_DECIMALS_MAX),
]
"""How much of another currency one unit is worth, as decimal text."""
UnitCode = Annotated[
    str, AfterValidator(_unit), Field(min_length=2, max_length=3, json_schema_extra={"format": "unece-rec-20"})
]
Day = Annotated[
    str,
    AfterValidator(_day),
    Field(
        min_length=10,
        max_length=10,
        description="A day (ISO 8601).",
        examples=["2026-01-31"],
        json_schema_extra={"format": "date"},
    ),
]
Notes = Annotated[str, StringConstraints(min_length=1, max_length=NOTES_CHARACTERS_MAX, strip_whitespace=True)]
Footer = Annotated[str, StringConstraints(min_length=1, max_length=FOOTER_CHARACTERS_MAX, strip_whitespace=True)]
PaymentTerms = Reason
PaymentTermDays = Annotated[int, Field(ge=0, le=PAYMENT_TERM_DAYS_MAX, strict=True)]


class TaxFields(FieldRules):
    """How VAT applies to an item or a charge."""

    tax_rate: VatRate | None = Field(
        None, description="VAT rate in percent, with at most four decimals; absent: not stated.", examples=["19"]
    )
    category: VatCategory | None = Field(
        None,
        description="VAT category: S (standard or reduced), Z (zero), E (exempt), AE (reverse charge), K "
        "(intra-community), G (export), O (outside the scope). Unless given, it follows from the rate.",
    )
    reason: Line | None = Field(None, description="Why no VAT is charged, as it is printed.")


class InvoiceItemFields(TaxFields):
    """One item of an invoice. All items of an invoice have the same ``amount_type``."""

    description: Annotated[
        str, StringConstraints(min_length=1, max_length=ITEM_DESCRIPTION_CHARACTERS_MAX, strip_whitespace=True)
    ] = Field(description="What is sold.", examples=["Consulting"])
    quantity: DecimalQuantity = Field(
        "1", description="Number of units above 0, as a number or text with at most four decimals.", examples=["2.5"]
    )
    unit: UnitCode | None = Field(
        None,
        description="Unit of the quantity: a code of UN/ECE Recommendation 20 or 21, such as HUR for hours; absent: "
        "pieces (C62).",
        examples=["HUR"],
    )
    unit_price: UnitPrice = Field(description="Price of one unit in minor units, as amountType says.", examples=[4900])
    amount_type: AmountType = Field(
        "gross", description="Whether the price includes VAT (gross) or not (net); the same for all items."
    )
    item_type: ItemType = Field("goods", description="goods, digital_service …")


class DiscountFields(FieldRules):
    """A discount on the whole invoice, in the terms of its items, spread over its VAT rates."""

    amount: Amount
    description: Line | None = Field(None, description="Text of the discount, as it is printed.")


class ShippingFields(TaxFields):
    """A charge for shipping, in the terms of the items."""

    amount: Amount
    description: Line | None = Field(None, description="Text of the charge, as it is printed.")


class AccountingRateFields(FieldRules):
    """An exchange rate into the accounting currency, in which VAT is stated as well."""

    currency: Currency
    rate: ExchangeRate = Field(
        description="How much of that currency one unit of the invoice's is worth, with at most eight decimals.",
        examples=["4.2755"],
    )
    source: Line = Field(description="Who published the rate, as it is printed.", examples=["ECB"])
    date: Day


class TermsFields(FieldRules):
    """Texts and days of an invoice that no amount depends on."""

    due_date: Day | None = Field(None, description="Day until which it is to be paid (ISO 8601).")
    payment_terms: PaymentTerms | None = Field(None, description="Terms of payment, as they are printed.")
    buyer_reference: Reference | None = Field(
        None, description="The buyer's reference, such as a German Leitweg-ID.", examples=["04011000-12345-03"]
    )
    order_reference: Reference | None = Field(None, description="Number of the buyer's order.")
    notes: Notes | None = Field(None, description="Text that is printed below the lines.")


class DraftFields(TermsFields):
    """Fields of a draft without its items and parties."""

    currency: Currency
    client_id: ObjectId | None = Field(None, description="Id of the client to whom it is addressed.")
    external_reference: Reference | None = Field(None, description="Your own reference, as it is printed.")
    language: Locale | None = Field(
        None, description="Language of the document, such as de; default: that of the settings.", examples=["de"]
    )
    scheduled_finalize_at: Moment | None = Field(
        None, description="Time at which the draft is issued by itself; absent: it is issued by hand."
    )


class CreditLineFields(FieldRules):
    """How much of one line of an invoice is taken back."""

    line: Annotated[int, Field(ge=0, lt=ITEMS_MAX, strict=True)] = Field(
        description="Index of the line in the invoice, counted from 0."
    )
    amount: Amount = Field(description="Amount with VAT, in minor units.", examples=[4900])


class PaymentLinkFields(FieldRules):
    """A payment page for an open invoice."""

    amount: LinkAmount | None = Field(
        None, description="Amount in minor units, from 50 to what is outstanding; default: all of it.", examples=[4900]
    )
    expire_in_hours: Annotated[int, Field(ge=1, le=EXPIRY_HOURS_MAX, strict=True)] | None = Field(
        None,
        description="Hours until the page expires: 1 to 3120; default: autoPaymentLinkExpiresInHours of the settings, "
        "else 336.",
    )
    return_url: Url | None = Field(None, description="Address to which the customer returns after paying.")
    cancel_url: Url | None = Field(None, description="Address to which a customer returns who does not want to pay.")
