"""Checkouts: what a merchant's server sends and gets."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)

from admin_api.payments.web.schemas.address import ShopAddressIn
from admin_api.shared.web.schemas.base import ObjectId, View, custom, shaped
from admin_api.shared.web.schemas.urls import Url
from gateway_contracts.bodies import Body, ChangeBody, Part, Warnings
from gateway_contracts.body_shapes import KEY_BY_KEY
from gateway_contracts.currencies import currency_problem, is_currency
from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.fields import Email
from gateway_contracts.limits import (
    ALLOWED_PROVIDERS_MAX,
    EXPIRY_HOURS_MAX,
    ITEM_DESCRIPTION_CHARACTERS_MAX,
    ITEM_NAME_CHARACTERS_MAX,
    ITEMS_MAX,
    LOCALE_CHARACTERS_MAX,
    METADATA_KEY_CHARACTERS_MAX,
    METADATA_KEYS_MAX,
    METADATA_VALUE_CHARACTERS_MAX,
    QUANTITY_MAX,
    REFERENCE_CHARACTERS_MAX,
    VAT_RATE_DECIMALS_MAX,
)
from gateway_contracts.money import AMOUNT_MINOR_MAX
from gateway_contracts.requests.transaction import CheckoutRecord, CreateCheckout

_RATE_TEXT_MAX = 32
_ITEM_TYPE = r"^[a-z_]{1,40}$"
_LOCALE = r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"


def _amount(value: Any) -> int:
    if type(value) is not int:
        raise custom("amount_invalid", "must be an integer: no decimals, no text")
    if not 1 <= value <= AMOUNT_MINOR_MAX:
        raise custom("amount_invalid", "must be at least 1" if value < 1 else "is too large")
    return value


def _price(value: Any) -> int:
    if type(value) is not int:
        raise custom("amount_invalid", "must be an integer: no decimals, no text")
    if abs(value) > AMOUNT_MINOR_MAX:
        raise custom("amount_invalid", "is too large")
    return value


def _currency(text: str) -> str:
    code = text.upper()
    if problem := currency_problem(code):
        raise custom("currency_unknown", problem)
    return code


def _known_currency(text: str) -> str:
    code = text.upper()
    return code if is_currency(code) else _currency(code)


def _rate(value: Any) -> str:
    """Percent as decimal text; JSON numbers are read by their digits, so 7.7 stays 7.7."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > _RATE_TEXT_MAX:
        raise custom("vat_rate_invalid", "must be a percentage, such as 19 or 7.7")
    try:
        rate = Decimal(str(value).strip())
    except InvalidOperation:
        raise custom("vat_rate_invalid", "must be a percentage, such as 19 or 7.7") from None
    if not rate.is_finite() or not 0 <= rate <= 100:
        raise custom("vat_rate_invalid", "must be between 0 and 100")
    rate = rate.normalize()
    if int(rate.as_tuple().exponent) < -VAT_RATE_DECIMALS_MAX:
        raise custom("vat_rate_invalid", f"must have at most {VAT_RATE_DECIMALS_MAX} decimals")
    return format(rate, "f")


def _metadata(values: Any) -> Any:
    """Our own code for what is too much; that it is a map of texts is checked after this."""
    if not isinstance(values, dict):
        return values
    if len(values) > METADATA_KEYS_MAX:
        raise custom("metadata_too_large", f"has more than {METADATA_KEYS_MAX} keys")
    for key, value in values.items():
        if not isinstance(key, str) or not 1 <= len(key) <= METADATA_KEY_CHARACTERS_MAX:
            raise custom("metadata_too_large", f"keys have 1 to {METADATA_KEY_CHARACTERS_MAX} characters")
        if isinstance(value, str) and len(value) > METADATA_VALUE_CHARACTERS_MAX:
            raise custom("metadata_too_large", f"values have at most {METADATA_VALUE_CHARACTERS_MAX} characters")
    return values


Amount = Annotated[
    int,
    Field(
        ge=1,
        le=AMOUNT_MINOR_MAX,
        description="Minor units (4900 is 49.00 EUR); see amountFormat.",
        examples=[4900],
    ),
    BeforeValidator(_amount),
]
Price = Annotated[int, Field(ge=-AMOUNT_MINOR_MAX, le=AMOUNT_MINOR_MAX), BeforeValidator(_price)]
Currency = Annotated[
    str, AfterValidator(_currency), Field(min_length=3, max_length=3, description="ISO 4217.", examples=["EUR"])
]
KnownCurrency = Annotated[
    str,
    AfterValidator(_known_currency),
    Field(min_length=3, max_length=3, description="ISO 4217; withdrawn ones too.", examples=["EUR"]),
]
_RateText = Annotated[
    str, StringConstraints(max_length=_RATE_TEXT_MAX, pattern=rf"^[0-9]{{1,3}}(\.[0-9]{{1,{VAT_RATE_DECIMALS_MAX}}})?$")
]
_RateNumber = Annotated[float, Field(ge=0, le=100)]
Rate = Annotated[str, BeforeValidator(_rate, json_schema_input_type=_RateText | _RateNumber)]
Reference = Annotated[
    str,
    StringConstraints(max_length=REFERENCE_CHARACTERS_MAX, strip_whitespace=True, pattern=r"^[^\r\n\t]*$"),
    Field(description="At most 64 characters: receivers of notifications of version 2 allow no more."),
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


class ItemIn(Part):
    """One line of what is sold; ``name`` or ``description`` is required."""

    name: Annotated[str, StringConstraints(max_length=ITEM_NAME_CHARACTERS_MAX, strip_whitespace=True)] | None = None
    description: (
        Annotated[str, StringConstraints(max_length=ITEM_DESCRIPTION_CHARACTERS_MAX, strip_whitespace=True)] | None
    ) = None
    quantity: int = Field(ge=1, le=QUANTITY_MAX, examples=[1])
    unit_price: Price = Field(
        description="Written like amount; gross unless there is a tax item; negative for a discount.", examples=[4900]
    )
    vat_rate: Rate | None = Field(None, description="Percent, with at most four decimals.", examples=["19"])
    item_type: Annotated[
        str,
        StringConstraints(max_length=40, pattern=_ITEM_TYPE),
        shaped(_ITEM_TYPE, "must be 1 to 40 characters a-z and _"),
    ] = Field("goods", description="goods, digital_service, shipping, discount, tax …")

    @model_validator(mode="after")
    def _has_a_name(self) -> "ItemIn":
        if not (self.name or self.description):
            raise custom("item_name_required", "name or description is required")
        return self

    def line(self) -> TransactionLine:
        """The same for the owner of checkouts."""
        return TransactionLine(
            name=self.name or self.description or "",
            description=self.description if self.name else None,
            quantity=self.quantity,
            unit_price=self.unit_price,
            item_type=self.item_type,
            vat_rate=self.vat_rate,
        )


class ShopItemIn(ItemIn, extra="ignore"):
    """One line of what is sold, as shops send it; ``name`` or ``description`` is required."""


class CheckoutIn(Body, extra="ignore"):
    """A payment page to be made. At least one of ``externalReference`` and ``invoiceNumber`` is required."""

    amount: Amount
    currency: Currency
    email: Email | None = None
    return_url: Url | None = Field(
        None, description="Where the customer goes after paying; {transactionId} is filled in."
    )
    cancel_url: Url | None = None
    ipn_url: Url | None = Field(None, description="Gets a signed notification whenever the payment's status changes.")
    external_reference: Reference | None = Field(None, description="Your order's number.", examples=["ORDER-1001"])
    invoice_number: Reference | None = None
    client_id: ObjectId | None = None
    items: list[ShopItemIn] = Field(default=[], max_length=ITEMS_MAX, description="Their sum must be the amount.")
    billing_address: ShopAddressIn | None = None
    shipping_address: ShopAddressIn | None = None
    metadata: Metadata = Field(default_factory=dict)
    locale: (
        Annotated[
            str,
            StringConstraints(max_length=LOCALE_CHARACTERS_MAX, pattern=_LOCALE),
            shaped(_LOCALE, "must be a language tag, such as de or de-DE"),
        ]
        | None
    ) = Field(None, examples=["de-DE"])
    expire_in_hours: int | None = Field(None, ge=1, le=EXPIRY_HOURS_MAX, description="1 to 3120; 24 unless given.")
    allowed_provider_ids: list[ObjectId] | None = Field(None, min_length=1, max_length=ALLOWED_PROVIDERS_MAX)

    def urls(self) -> dict[str, str | None]:
        """Addresses by field."""
        return {"returnUrl": self.return_url, "cancelUrl": self.cancel_url, "ipnUrl": self.ipn_url}

    def command(self, checkout_id: str, site_id: str) -> CreateCheckout:
        """The request to the owner of checkouts."""
        party = self.billing_address.party(self.email) if self.billing_address else Party(email=self.email)
        return CreateCheckout(
            checkout_id=checkout_id,
            site_id=site_id,
            amount=self.amount,
            currency=self.currency,
            party=party,
            other_email=self.email if self.email != party.email else None,
            shipping=self.shipping_address.party() if self.shipping_address else None,
            return_url=self.return_url,
            cancel_url=self.cancel_url,
            ipn_url=self.ipn_url,
            external_reference=self.external_reference,
            invoice_number=self.invoice_number,
            client_id=self.client_id,
            items=tuple(item.line() for item in self.items),
            metadata=self.metadata,
            locale=self.locale,
            expire_in_hours=self.expire_in_hours,
            allowed_provider_ids=None if self.allowed_provider_ids is None else tuple(self.allowed_provider_ids),
        )


class CheckoutCreatedView(View):
    """Send the customer to ``paymentUrl``."""

    id: str
    session_public_id: str
    short_code: str
    payment_url: str
    warnings: Warnings = ()


class CheckoutView(CheckoutRecord):
    """A checkout and the address of its page."""

    payment_url: str


class CheckoutChangedView(CheckoutView):
    """A changed checkout."""

    warnings: Warnings = ()


class CheckoutListView(View):
    checkouts: list[CheckoutView]
    total: int
    total_capped: bool
    page: int
    limit: int
    next_cursor: str | None


class CheckoutPatch(ChangeBody, extra="ignore"):
    """Metadata: given keys are set, an empty value or null deletes its key."""

    metadata: Metadata
