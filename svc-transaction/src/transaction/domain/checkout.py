"""Rules of a checkout session: what may be asked for, how long, and with which providers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from gateway_contracts.aggregates import Aggregate
from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.cross_field_rules import check_sale
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import Conflict
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.limits import ATTEMPTS_MAX
from gateway_contracts.requests.transaction import CreateCheckout
from gateway_contracts.sale_facts import SaleFacts
from transaction.domain.sizes import require_metadata, require_texts_fit, texts_of

EXPIRY_HOURS_DEFAULT: Final = 24

CheckoutStatus = Literal["pending", "completed", "expired", "canceled"]


class Checkout(SaleFacts, Aggregate):
    """A session in which a customer may pay one order once.

    Attributes:
        session_public_id: who knows it may see and pay the session; so is the ``short_code`` of its page. Neither is
            kept in clear: ``session_hash`` and ``short_code_hash`` are what they are found by.
        due_at: when the expiry job looks at it next: ``expires_at``, or later while a committed payment is under way.
        amount_format: how its shop writes and reads amounts, fixed when it was created; ``amount`` is minor units.
        paid_by: the transaction whose success completed it.
        other_email_hashes: of further addresses of the customer that the shop gave.
    """

    livemode: bool
    site_id: str
    session_public_id: EncryptedValue
    session_hash: str
    short_code: EncryptedValue
    short_code_hash: str
    status: CheckoutStatus
    amount: int
    currency: str
    expires_at: datetime
    due_at: datetime
    created_at: datetime
    updated_at: datetime
    items: tuple[TransactionLine, ...] = ()
    metadata: EncryptedValue | None = None
    allowed_provider_ids: tuple[str, ...] | None = None
    party: EncryptedValue | None = None
    shipping: EncryptedValue | None = None
    return_url: EncryptedValue | None = None
    cancel_url: EncryptedValue | None = None
    ipn_url: EncryptedValue | None = None
    email_hash: str | None = None
    country: str | None = None
    other_email_hashes: tuple[str, ...] = ()
    amount_format: AmountFormat = "minor"
    transaction_ids: tuple[str, ...] = ()
    paid_by: str | None = None

    @property
    def customer_hashes(self) -> tuple[str, ...]:
        """Of every address that the shop gave."""
        return (*((self.email_hash,) if self.email_hash else ()), *self.other_email_hashes)

    def status_at(self, now: datetime) -> CheckoutStatus:
        """The status that is shown: time does not wait for the expiry job."""
        return "expired" if self.status == "pending" and now >= self.expires_at else self.status

    def require_payable(self, now: datetime) -> None:
        """
        Raises:
            Conflict: it is completed, expired or canceled, or too many attempts were made.
        """
        status = self.status_at(now)
        if status != "pending":
            raise Conflict(f"this checkout is {status}", code=f"CHECKOUT_{status.upper()}")
        if len(self.transaction_ids) >= ATTEMPTS_MAX:
            raise Conflict("too many attempts to pay this checkout", code="TOO_MANY_ATTEMPTS")

    def with_attempt(self, transaction_id: str, now: datetime) -> "Checkout":
        """The checkout after one more attempt began."""
        return self.changed(transaction_ids=(*self.transaction_ids, transaction_id), updated_at=now)


def expiry(hours: int | None, now: datetime) -> datetime:
    """When a session created now ends."""
    return now + timedelta(hours=EXPIRY_HOURS_DEFAULT if hours is None else hours)


def check(command: CreateCheckout) -> None:
    """All rules across fields of a new checkout; those of single fields are in the types of the request.

    Raises:
        TooLarge: all texts together are too large.
        Invalid: with one problem per broken field; the code is that of the first special rule broken.
    """
    require_texts_fit(texts_of(command))
    check_sale(command, command.items)


def merge_metadata(present: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """Present pairs with the changes on top; an empty value deletes its key.

    Raises:
        Invalid: the result is over a limit.
        TooLarge: all its texts together are too large.
    """
    merged = {key: value for key, value in {**present, **changes}.items() if value != ""}
    require_texts_fit(merged.values())
    require_metadata(merged)
    return merged
