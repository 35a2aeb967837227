"""Fields of what is sold and paid, with their rules: the same for the bodies of the APIs and the requests on the bus.

Rules that compare fields with each other are in `gateway_contracts.cross_field_rules`.
"""

from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints

from gateway_contracts.amount_fields import Amount, Currency, KnownCurrency, Price, Quantity, VatRate
from gateway_contracts.body_shapes import KEY_BY_KEY
from gateway_contracts.fields import BankReference, Country, Email, Line, Moment, ObjectId, Reason, Short, Url
from gateway_contracts.limits import (
    ALLOWED_PROVIDERS_MAX,
    EXPIRY_HOURS_MAX,
    ITEM_DESCRIPTION_CHARACTERS_MAX,
    ITEM_NAME_CHARACTERS_MAX,
    ITEMS_MAX,
    LINE_CHARACTERS_MAX,
    LOCALE_CHARACTERS_MAX,
    METADATA_KEY_CHARACTERS_MAX,
    METADATA_KEYS_MAX,
    METADATA_VALUE_CHARACTERS_MAX,
    REFERENCE_CHARACTERS_MAX,
)
from gateway_contracts.rules import FieldRules, broken, shaped

T = TypeVar("T")
_ITEM_TYPE = r"^[a-z_]{1,40}$"
_LOCALE = r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"


def _metadata(values: Any) -> Any:
    """Our own code for what is too much; that it is a map of texts is checked after this."""
    if not isinstance(values, dict):
        return values
    if len(values) > METADATA_KEYS_MAX:
        raise broken("metadata_too_large", f"has more than {METADATA_KEYS_MAX} keys")
    for key, value in values.items():
        if not isinstance(key, str) or not 1 <= len(key) <= METADATA_KEY_CHARACTERS_MAX:
            raise broken("metadata_too_large", f"keys have 1 to {METADATA_KEY_CHARACTERS_MAX} characters")
        if isinstance(value, str) and len(value) > METADATA_VALUE_CHARACTERS_MAX:
            raise broken("metadata_too_large", f"values have at most {METADATA_VALUE_CHARACTERS_MAX} characters")
    return values


Reference = Annotated[
    str,
    StringConstraints(max_length=REFERENCE_CHARACTERS_MAX, strip_whitespace=True, pattern=r"^[^\r\n\t]*$"),
]
Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=METADATA_KEY_CHARACTERS_MAX)],
        Annotated[str, StringConstraints(max_length=METADATA_VALUE_CHARACTERS_MAX)],
    ],
    Field(
        max_length=METADATA_KEYS_MAX,
        description="Flat map of texts: at most 50 keys of 40 characters, values of 500.",
    ),
    BeforeValidator(_metadata),
    KEY_BY_KEY,
]
ItemType = Annotated[
    str,
    StringConstraints(max_length=40, pattern=_ITEM_TYPE),
    shaped(_ITEM_TYPE, "must be 1 to 40 characters a-z and _"),
]
ItemName = Annotated[str, StringConstraints(max_length=ITEM_NAME_CHARACTERS_MAX, strip_whitespace=True)]
ItemDescription = Annotated[str, StringConstraints(max_length=ITEM_DESCRIPTION_CHARACTERS_MAX, strip_whitespace=True)]
Locale = Annotated[
    str,
    StringConstraints(max_length=LOCALE_CHARACTERS_MAX, pattern=_LOCALE),
    shaped(_LOCALE, "must be a language tag, such as de or de-DE"),
]
Items = Annotated[tuple[T, ...], Field(max_length=ITEMS_MAX, strict=False)]
"""Lines of a sale or of a refund."""


class ItemFields(FieldRules):
    """One line of what is sold, without its texts."""

    quantity: Quantity = Field(description="Number of units.", examples=[1])
    unit_price: Price = Field(
        description="Price of one unit, written like amount, with VAT unless there is a tax item; negative for a "
        "discount.",
        examples=[4900],
    )
    vat_rate: VatRate | None = Field(
        None, description="VAT rate in percent, with at most four decimals; absent: not stated.", examples=["19"]
    )
    item_type: ItemType = Field("goods", description="goods, digital_service, shipping, discount, tax …")


class LineFields(ItemFields):
    """The same for the owner: a line has one name."""

    name: ItemDescription
    """The item's description where it has no name; so it may be as long."""
    description: ItemDescription | None = None


class BuyerFields(FieldRules):
    """A buyer's data in the form of the bus; APIs read it from an `gateway_contracts.addresses.Address`."""

    email: Email | None = None
    name: Annotated[str, StringConstraints(max_length=2 * LINE_CHARACTERS_MAX + 1)] | None = None
    """First and last name in one."""
    company: Line | None = None
    address1: Line | None = None
    address2: Line | None = None
    city: Line | None = None
    postcode: Line | None = None
    state: Line | None = None
    country: Country | None = None
    phone: Short | None = None
    vat_id: Short | None = None
    routing_scheme: Short | None = None
    routing_id: Line | None = None


class SaleFields(FieldRules):
    """Fields of every payment, made by a checkout or elsewhere."""

    amount: Amount
    currency: Currency
    external_reference: Reference | None = Field(
        None,
        description="Your order's number. At most 64 characters: receivers of notifications of version 2 allow no "
        "more.",
        examples=["ORDER-1001"],
    )
    invoice_number: Reference | None = Field(
        None,
        description="Your invoice's number, instead of externalReference or beside it. "
        "At most 64 characters: receivers of notifications of version 2 allow no more.",
    )
    description: ItemName | None = Field(
        None,
        description="The order in your words: shown on the payment page, and printed as the line of an invoice without "
        "items.",
        examples=["Annual membership 2027"],
    )
    client_id: ObjectId | None = Field(None, description="Id of an existing client; absent: none.")
    metadata: Metadata = Field(default_factory=dict)
    ipn_url: Url | None = Field(
        None,
        description="Address that a signed notification is sent to whenever the payment's status changes; "
        "absent: no notifications.",
    )


class CheckoutFields(SaleFields):
    """Fields of a checkout beside its buyer and items."""

    return_url: Url | None = Field(
        None,
        description="Address to which the customer returns after paying; {transactionId} is replaced by the "
        "transaction's id.",
    )
    cancel_url: Url | None = Field(None, description="Address to which a customer returns who does not want to pay.")
    locale: Locale | None = Field(
        None,
        description="Language of the payment page, such as de-DE; default: the language of the customer's browser.",
        examples=["de-DE"],
    )
    expire_in_hours: Annotated[int, Field(ge=1, le=EXPIRY_HOURS_MAX, strict=True)] | None = Field(
        None, description="Hours until the checkout expires: 1 to 3120; 24 unless given."
    )
    allowed_provider_ids: (
        Annotated[tuple[ObjectId, ...], Field(min_length=1, max_length=ALLOWED_PROVIDERS_MAX, strict=False)] | None
    ) = Field(
        None, description="Ids of the providers that the customer may choose from; default: all providers of the site."
    )


class ReceiptFields(FieldRules):
    """Money that arrived on the merchant's bank account."""

    amount: Amount
    currency: KnownCurrency
    received_at: Moment = Field(description="Time when the bank booked the money.")
    bank_reference: BankReference = Field(description="The bank's own reference; the same one is counted once.")
    final: bool = Field(False, description="Accept less than the amount and write off the rest.")
    dispatch_ipn: bool = Field(True, description="Whether a notification about a changed status is sent to ipnUrl.")


class RefundLineFields(FieldRules):
    """How much of one line of the sale goes back."""

    line: Annotated[int, Field(ge=0, lt=ITEMS_MAX, strict=True)] = Field(
        description="Index of the item in the checkout, counted from 0."
    )
    amount: Amount
    quantity: Quantity | None = Field(None, description="Number of returned units; absent: not stated.")


class RefundFields(FieldRules):
    """Money that goes back, without its lines."""

    amount: Amount | None = Field(
        None,
        description="In minor units (4900 is 49.00 EUR); see amountFormat. Unless given: that of the lines, else all "
        "that is left.",
        examples=[4900],
    )
    reason: Reason = Field(
        description="For your own records; kept encrypted. Providers get it only if it is one of their words.",
        examples=["requested_by_customer"],
    )
    dispatch_ipn: bool = Field(True, description="Whether a notification about a changed status is sent to ipnUrl.")
