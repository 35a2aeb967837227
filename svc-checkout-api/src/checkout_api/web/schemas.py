"""Bodies of the customer's API, camelCase as the public contract has them."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from checkout_api.domain.outcome import outcome_of
from checkout_api.domain.progress import numeric
from gateway_contracts.addresses import Address
from gateway_contracts.amount_format import AmountFormat, from_minor
from gateway_contracts.bodies import Body, Warnings
from gateway_contracts.fields import ObjectId, Short
from gateway_contracts.requests.customer import BankDetails, NextAction, Session, StatusView, TransactionStarted
from gateway_contracts.requests.invoice import CustomerDocument
from gateway_contracts.requests.transaction import Failure

SESSION_NAME_CHARACTERS_MAX = 67
SessionName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=SESSION_NAME_CHARACTERS_MAX)]


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, hide_input_in_errors=True)

    @classmethod
    def _from(cls, source: BaseModel, **fields: Any) -> Self:
        """With the source's fields of the same names, except those that are given."""
        names = cls.model_fields.keys() & type(source).model_fields.keys()
        return cls(**{**{name: getattr(source, name) for name in names}, **fields})


class BillingAddress(Address, extra="ignore"):
    """Address of the buyer, with ``firstName, lastName, address1, postcode`` or ``name, line1, postalCode``."""


class CreateTransactionBody(Body, extra="ignore"):
    """A payment to start. ``sessionPublicId`` names the checkout, or ``shortCode`` and the hosted page's cookie do."""

    session_public_id: SessionName | None = Field(
        None,
        description="The checkout's secret name, from its payment link or from the API; not needed with shortCode.",
    )
    short_code: Short | None = Field(
        None,
        description="Ten characters that name the payment page; for hosted pages, whose cookie names the session.",
    )
    provider_id: ObjectId = Field(description="One of the checkout's providers.")
    provider_type: Short | None = Field(
        default=None,
        description="The provider type that the page's button showed; another type is 409.",
        examples=["paypal"],
    )
    billing_address: BillingAddress = Field(BillingAddress(), description="Name and address of the buyer.")


class TransactionStartedBody(_Body):
    """A started payment. Amounts are written in the checkout's ``amountFormat``."""

    transaction_id: str = Field(description="Id of the new transaction: 24 hex digits.")
    status: int = Field(
        description="Status as the integer of notifications: -1 initiated, 0 pending, 1 succeeded, 2 failed."
    )
    next_action: NextAction = Field(description="What the customer does next.")
    failure: Failure | None = Field(None, description="Why the payment failed; absent unless it did.")
    amount_format: AmountFormat = Field(
        description="How amounts of this answer are written: minor units, or hundredths of any currency."
    )
    warnings: Warnings = ()

    @classmethod
    def of(cls, started: TransactionStarted, *, warnings: Warnings) -> "TransactionStartedBody":
        details = _written(started.next_action.bank_details, started.amount_format)
        next_action = started.next_action.model_copy(update={"bank_details": details})
        return cls._from(started, next_action=next_action, warnings=warnings)


def _written(details: BankDetails | None, amount_format: AmountFormat) -> BankDetails | None:
    if details is None:
        return None
    return details.model_copy(update={"amount": from_minor(details.amount, details.currency, amount_format)})


class StatusBody(_Body):
    """Status of a payment. Amounts are written in ``amountFormat``.

    ``outcome`` describes the payment for its customer in more detail than ``status`` (``partly_refunded``,
    ``taken_back``, ``wire_partial`` and others; more may follow).
    """

    id: str = Field(description="Id of the transaction: 24 hex digits.")
    status: str = Field(description="Status: initiated, pending_provider, succeeded, failed, canceled or refunded.")
    status_code: int = Field(
        description="Status as the integer of notifications: -2 canceled, -1 initiated, 0 pending, 1 succeeded, 2 "
        "failed, 3 refunded."
    )
    amount: int = Field(description="Amount of the order, written as amountFormat says.")
    currency: str = Field(description="Currency of all amounts: a code of ISO 4217.")
    amount_format: AmountFormat = Field(
        description="How amounts here are written: minor units, or hundredths of any currency."
    )
    checkout_status: str = Field(description="Status of the checkout: pending, completed, expired or canceled.")
    outcome: str = Field(
        description="How the payment stands for its customer, such as partly_refunded or wire_partial; more may follow."
    )
    received: int = Field(description="Of a bank transfer: what has arrived so far.")
    outstanding: int = Field(description="Of a bank transfer: what the bank details still ask for.")
    held: int = Field(description="Money that arrived and is not part of the sale.")
    refunded: int = Field(description="What went back to the customer.")
    refund_pending: int = Field(description="What is on its way back to the customer.")
    disputed: int = Field(description="What the customer's bank contests or took back.")
    failure: Failure | None = Field(None, description="Why the payment failed; absent unless it did.")
    bank_details: BankDetails | None = Field(None, description="Where a bank transfer goes; absent for other methods.")

    @classmethod
    def of(cls, view: StatusView) -> "StatusBody":
        amounts = {name: getattr(view, name) for name in ("amount", *_AMOUNTS)}
        return cls._from(
            view,
            status_code=numeric(view.status),
            outcome=outcome_of(view).value,
            bank_details=_written(view.bank_details, view.amount_format),
            **{name: from_minor(amount, view.currency, view.amount_format) for name, amount in amounts.items()},
        )


_AMOUNTS = {"received", "outstanding", "held", "refunded", "refund_pending", "disputed"}
_SHOWN = {"status", "checkout_status", "outcome"} | _AMOUNTS


def shown_state(view: StatusView) -> dict[str, Any]:
    """The part of `StatusBody` that a result page shows: when one of them changes, the page is out of date."""
    return StatusBody.of(view).model_dump(mode="json", by_alias=True, include=_SHOWN)


class LineItemBody(_Body):
    """An item of the order."""

    name: str = Field(description="Name of the item, as on documents.")
    description: str | None = Field(description="Longer text beside the name; null without one.")
    quantity: int = Field(description="Number of units.")
    unit_amount: int = Field(description="Price of one unit, written as amountFormat says; negative for a discount.")
    item_type: str = Field(description="goods, digital_service, shipping, discount, tax …")


class ProviderBody(_Body):
    """A payment method of the checkout."""

    id: str = Field(description="Id of the provider, for transactions/create.")
    type: str = Field(description="Type of the provider, such as stripe or wire.")
    label: str = Field(description="Name of the payment method, as the merchant calls it.")
    is_default: bool = Field(description="Whether the page shows it first.")
    publishable_key: str | None = Field(
        description="Key for the provider's script in the browser; null for providers without one."
    )


class CheckoutBody(_Body):
    """A checkout, for the page that embeds it, without personal data. Amounts are written in ``amountFormat``."""

    id: str | None = Field(description="The session's secret name; null for a caller that knows the short code only.")
    short_code: str = Field(description="Ten characters that name the payment page.")
    status: str = Field(description="Status of the checkout: pending, completed, expired or canceled.")
    amount: int = Field(description="Amount to pay, written as amountFormat says.")
    currency: str = Field(description="Currency of all amounts: a code of ISO 4217.")
    amount_format: AmountFormat = Field(
        description="How amounts here are written: minor units, or hundredths of any currency."
    )
    livemode: bool = Field(description="Whether real money moves.")
    description: str | None = Field(description="The order in the merchant's words; null without any.")
    line_items: list[LineItemBody] = Field(description="Items of the order; empty if the shop sent none.")
    providers: list[ProviderBody] = Field(description="Payment methods that the customer may choose of.")
    branding: dict[str, str] = Field(
        description="How the page looks: logo (URL) and primaryColor (#rrggbb); without those that are not set."
    )
    site_name: str = Field(description="Name of the shop.")
    locale: str | None = Field(description="Language of the page that the shop asked for; null for the browser's.")
    cancel_url: str | None = Field(
        description="Address to which a customer returns who does not want to pay; null without one."
    )
    checkout_settings: dict[str, Any] = Field(
        default_factory=lambda: {"vatIdValidation": "off"}, description="Settings of the page: vatIdValidation is off."
    )
    transaction_id: str | None = Field(
        description="The transaction that paid or is under way, else the latest; null before the first."
    )
    transaction_status: str | None = Field(description="Status of that transaction; null before the first.")
    expires_at: datetime = Field(description="When the checkout ends.")

    @classmethod
    def of(cls, session: Session, *, names_it: bool) -> "CheckoutBody":
        items = [
            LineItemBody._from(item, unit_amount=from_minor(item.unit_price, session.currency, session.amount_format))
            for item in session.items
        ]
        return cls._from(
            session,
            id=session.id if names_it else None,
            amount=from_minor(session.amount, session.currency, session.amount_format),
            line_items=items,
            providers=[ProviderBody._from(offer) for offer in session.providers],
        )


class DocumentBody(_Body):
    """An invoice or credit note. ``pdfUrl`` is absent until the document is rendered."""

    id: str = Field(description="Id of the document: 24 hex digits.")
    number: str = Field(description="Number of the document, as printed.")
    kind: str = Field(description="invoice or credit_note.")
    total: int = Field(description="Amount of the document in minor units, with VAT.")
    currency: str = Field(description="Currency of the total: a code of ISO 4217.")
    issued_at: datetime = Field(description="When the document got its number.")
    is_ready: bool = Field(description="Whether the PDF is rendered.")
    pdf_url: str | None = Field(None, description="Address of the PDF; absent until it is rendered.")

    @classmethod
    def of(cls, document: CustomerDocument, base_path: str | None) -> "DocumentBody":
        """``base_path`` is the address of the list that it appears in; None leaves the link out."""
        is_ready = document.document is not None
        pdf_url = f"{base_path}/{document.id}/pdf" if is_ready and base_path else None
        return cls._from(document, is_ready=is_ready, pdf_url=pdf_url)


class DocumentsBody(_Body):
    """Documents of a checkout."""

    documents: list[DocumentBody] = Field(description="Invoices and credit notes of the checkout.")
