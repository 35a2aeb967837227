"""Bodies of the customer's API, camelCase as the public contract has them."""

from datetime import datetime
from typing import Annotated, Any

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


class BillingAddress(Address, extra="ignore"):
    """The buyer's address, in either dialect of shops."""


class CreateTransactionBody(Body, extra="ignore"):
    """``sessionPublicId``, or the ``shortCode`` of a hosted page whose cookie names the session."""

    session_public_id: SessionName | None = None
    short_code: Short | None = None
    provider_id: ObjectId = Field(description="One of the checkout's providers.")
    provider_type: Short | None = Field(
        default=None,
        description="The provider type that the page's button showed; another type is 409.",
        examples=["paypal"],
    )
    billing_address: BillingAddress = Field(BillingAddress(), description="Name and address of the buyer.")


class TransactionStartedBody(_Body):
    """Amounts are written in the checkout's ``amountFormat``."""

    transaction_id: str
    status: int
    next_action: NextAction
    failure: Failure | None = None
    amount_format: AmountFormat
    warnings: Warnings = ()

    @classmethod
    def of(cls, started: TransactionStarted, *, warnings: Warnings) -> "TransactionStartedBody":
        details = _written(started.next_action.bank_details, started.amount_format)
        return cls(
            transaction_id=started.transaction_id,
            status=started.status,
            next_action=started.next_action.model_copy(update={"bank_details": details}),
            failure=started.failure,
            amount_format=started.amount_format,
            warnings=warnings,
        )


def _written(details: BankDetails | None, amount_format: AmountFormat) -> BankDetails | None:
    if details is None:
        return None
    return details.model_copy(update={"amount": from_minor(details.amount, details.currency, amount_format)})


class StatusBody(_Body):
    """``status`` is the text, ``statusCode`` the integer of notifications; amounts are written in ``amountFormat``.

    ``outcome`` is how the payment stands for its customer, in more words than the states (``partly_refunded``,
    ``taken_back``, ``wire_partial`` …; more may follow). Of a transfer, ``received`` has arrived and ``outstanding`` is
    what the bank details ask for; ``held`` arrived and is no sale.
    """

    id: str
    status: str
    status_code: int
    amount: int
    currency: str
    amount_format: AmountFormat
    checkout_status: str
    outcome: str
    received: int
    outstanding: int
    held: int
    refunded: int
    refund_pending: int
    disputed: int
    failure: Failure | None = None
    bank_details: BankDetails | None = None

    @classmethod
    def of(cls, view: StatusView) -> "StatusBody":
        def written(amount: int) -> int:
            return from_minor(amount, view.currency, view.amount_format)

        return cls(
            id=view.id,
            status=view.status,
            status_code=numeric(view.status),
            amount=written(view.amount),
            currency=view.currency,
            amount_format=view.amount_format,
            checkout_status=view.checkout_status,
            outcome=outcome_of(view).value,
            received=written(view.received),
            outstanding=written(view.outstanding),
            held=written(view.held),
            refunded=written(view.refunded),
            refund_pending=written(view.refund_pending),
            disputed=written(view.disputed),
            failure=view.failure,
            bank_details=_written(view.bank_details, view.amount_format),
        )


_AMOUNTS = {"received", "outstanding", "held", "refunded", "refund_pending", "disputed"}
_SHOWN = {"status", "checkout_status", "outcome"} | _AMOUNTS


def shown_state(view: StatusView) -> dict[str, Any]:
    """The part of `StatusBody` that a result page shows: when one of them changes, the page is out of date."""
    return StatusBody.of(view).model_dump(mode="json", by_alias=True, include=_SHOWN)


class LineItemBody(_Body):
    name: str
    description: str | None
    quantity: int
    unit_amount: int
    item_type: str


class ProviderBody(_Body):
    id: str
    type: str
    label: str
    is_default: bool
    publishable_key: str | None


class CheckoutBody(_Body):
    """A session as an embedding page needs it; nothing personal is in it. Amounts are written in ``amountFormat``."""

    id: str | None = Field(description="The session's secret name; null for a caller that knows the short code only.")
    short_code: str
    status: str
    amount: int
    currency: str
    amount_format: AmountFormat
    livemode: bool
    line_items: list[LineItemBody]
    providers: list[ProviderBody]
    branding: dict[str, str]
    site_name: str
    locale: str | None
    cancel_url: str | None
    checkout_settings: dict[str, Any] = Field(default_factory=lambda: {"vatIdValidation": "off"})
    transaction_id: str | None
    transaction_status: str | None
    expires_at: datetime

    @classmethod
    def of(cls, session: Session, *, names_it: bool) -> "CheckoutBody":
        items = [
            LineItemBody(
                name=item.name,
                description=item.description,
                quantity=item.quantity,
                unit_amount=from_minor(item.unit_price, session.currency, session.amount_format),
                item_type=item.item_type,
            )
            for item in session.items
        ]
        providers = [
            ProviderBody(
                id=offer.id,
                type=offer.type,
                label=offer.label,
                is_default=offer.is_default,
                publishable_key=offer.publishable_key,
            )
            for offer in session.providers
        ]
        return cls(
            id=session.id if names_it else None,
            short_code=session.short_code,
            status=session.status,
            amount=from_minor(session.amount, session.currency, session.amount_format),
            currency=session.currency,
            amount_format=session.amount_format,
            livemode=session.livemode,
            line_items=items,
            providers=providers,
            branding=session.branding,
            site_name=session.site_name,
            locale=session.locale,
            cancel_url=session.cancel_url,
            transaction_id=session.transaction_id,
            transaction_status=session.transaction_status,
            expires_at=session.expires_at,
        )


class DocumentBody(_Body):
    """``pdfUrl`` is absent until the document is rendered."""

    id: str
    number: str
    kind: str
    total: int
    currency: str
    issued_at: datetime
    is_ready: bool
    pdf_url: str | None = None

    @classmethod
    def of(cls, document: CustomerDocument, base_path: str | None) -> "DocumentBody":
        """``base_path`` is the address of the list that it appears in; None leaves the link out."""
        is_ready = document.document is not None
        return cls(
            id=document.id,
            number=document.number,
            kind=document.kind,
            total=document.total,
            currency=document.currency,
            issued_at=document.issued_at,
            is_ready=is_ready,
            pdf_url=f"{base_path}/{document.id}/pdf" if is_ready and base_path else None,
        )


class DocumentsBody(_Body):
    documents: list[DocumentBody]
