"""Rules of a checkout session: what may be asked for, how long, and with which providers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlsplit

from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.currencies import currency_problem
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import Conflict, FieldProblem, Invalid
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.limits import (
    ATTEMPTS_MAX,
    EXPIRY_HOURS_MAX,
    ITEM_DESCRIPTION_CHARACTERS_MAX,
    ITEMS_MAX,
    QUANTITY_MAX,
    REFERENCE_CHARACTERS_MAX,
    URL_BYTES_MAX,
    VAT_RATE_DECIMALS_MAX,
)
from gateway_contracts.money import AMOUNT_MINOR_MAX, is_amount
from gateway_contracts.requests.transaction import CreateCheckout
from gateway_contracts.texts import utf8_size
from transaction.domain.sizes import metadata_problems, require_texts_fit, size_problems, texts_of

EXPIRY_HOURS_DEFAULT: Final = 24
ITEMS_SUM_MISMATCH: Final = "ITEMS_SUM_MISMATCH"
REFERENCE_REQUIRED: Final = "REFERENCE_REQUIRED"

_RATE: Final = re.compile(
    rf"(100(\.0{{1,{VAT_RATE_DECIMALS_MAX}}})?|[0-9]{{1,2}}(\.[0-9]{{1,{VAT_RATE_DECIMALS_MAX}}})?)"
)
_ITEM_TYPE: Final = re.compile(r"[a-z_]{1,40}")

CheckoutStatus = Literal["pending", "completed", "expired", "canceled"]


@dataclass(frozen=True)
class Checkout:
    """A session in which a customer may pay one order once.

    Attributes:
        session_public_id: who knows it may see and pay the session; so is the ``short_code`` of its page. Neither is
            kept in clear: ``session_hash`` and ``short_code_hash`` are what they are found by.
        due_at: when the expiry job looks at it next: ``expires_at``, or later while a committed payment is under way.
        amount_format: how its shop writes and reads amounts, fixed when it was created; ``amount`` is minor units.
        paid_by: the transaction whose success completed it.
        other_email_hashes: of further addresses of the customer that the shop gave.
    """

    id: str
    organization_id: str
    livemode: bool
    site_id: str
    session_public_id: EncryptedValue
    session_hash: str
    short_code: EncryptedValue
    short_code_hash: str
    status: CheckoutStatus
    version: int
    amount: int
    currency: str
    expires_at: datetime
    due_at: datetime
    created_at: datetime
    updated_at: datetime
    items: tuple[TransactionLine, ...] = ()
    metadata: EncryptedValue | None = None
    locale: str | None = None
    external_reference: str | None = None
    invoice_number: str | None = None
    client_id: str | None = None
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
        return replace(self, transaction_ids=(*self.transaction_ids, transaction_id), updated_at=now)


def expiry(hours: int | None, now: datetime) -> datetime:
    """When a session created now ends."""
    return now + timedelta(hours=EXPIRY_HOURS_DEFAULT if hours is None else hours)


def check(wish: CreateCheckout) -> None:
    """All rules on the fields of a new checkout.

    Raises:
        TooLarge: all texts together are too large.
        Invalid: with one problem per broken field; the code is that of the first special rule broken.
    """
    require_texts_fit(texts_of(wish))
    problems = [
        *_amount_problems(wish),
        *_reference_problems(wish),
        *_item_problems(wish.items),
        *metadata_problems(wish.metadata),
        *_url_problems(wish),
        *_expiry_problems(wish.expire_in_hours),
        *size_problems(wish),
    ]
    if problems:
        first = problems[0]
        code = REFERENCE_REQUIRED if first.field == "externalReference" and "one of" in first.message else None
        raise Invalid(f"{first.field}: {first.message}", code=code, details=problems)
    _check_sum(wish)


def _amount_problems(wish: CreateCheckout) -> list[FieldProblem]:
    problems = []
    if not 1 <= wish.amount <= AMOUNT_MINOR_MAX:
        problems.append(FieldProblem("amount", "must be a positive integer"))
    if problem := currency_problem(wish.currency):
        problems.append(FieldProblem("currency", problem))
    return problems


def _reference_problems(wish: CreateCheckout) -> list[FieldProblem]:
    references = {"externalReference": wish.external_reference, "invoiceNumber": wish.invoice_number}
    if not any(references.values()):
        return [FieldProblem("externalReference", "one of externalReference and invoiceNumber is required")]
    return [
        FieldProblem(name, f"must be at most {REFERENCE_CHARACTERS_MAX} characters")
        for name, text in references.items()
        if text is not None and len(text) > REFERENCE_CHARACTERS_MAX
    ]


def _item_problems(items: Sequence[TransactionLine]) -> list[FieldProblem]:
    if len(items) > ITEMS_MAX:
        return [FieldProblem("items", f"must be at most {ITEMS_MAX}")]
    problems = []
    for index, item in enumerate(items):
        problems += [FieldProblem(f"items[{index}].{field}", message) for field, message in _one_item(item)]
    if sum(max(item.unit_price, 0) * item.quantity for item in items) > AMOUNT_MINOR_MAX:
        # Sums on documents are made of them, before any discount.
        problems.append(FieldProblem("items", f"must have prices of at most {AMOUNT_MINOR_MAX} in all"))
    return problems


def _one_item(item: TransactionLine) -> Iterator[tuple[str, str]]:
    if not (item.name.strip() or (item.description or "").strip()):
        yield "name", "name or description is required"
    for field, text in (("name", item.name), ("description", item.description or "")):
        if len(text) > ITEM_DESCRIPTION_CHARACTERS_MAX:
            yield field, f"must be at most {ITEM_DESCRIPTION_CHARACTERS_MAX} characters"
    if not _ITEM_TYPE.fullmatch(item.item_type):
        yield "itemType", "must be 1 to 40 characters a-z and _"
    if not 1 <= item.quantity <= QUANTITY_MAX:
        yield "quantity", f"must be between 1 and {QUANTITY_MAX}"
    if not is_amount(item.unit_price) or not is_amount(item.unit_price * item.quantity):
        yield "unitPrice", "is out of range"
    if item.unit_price < 0 and item.item_type != "discount":
        yield "unitPrice", "may be negative only for a discount"
    if item.vat_rate is not None and not _RATE.fullmatch(item.vat_rate):
        yield "vatRate", "must be a percentage, such as 19 or 7.7"


def _url_problems(wish: CreateCheckout) -> list[FieldProblem]:
    urls = {"returnUrl": wish.return_url, "cancelUrl": wish.cancel_url, "ipnUrl": wish.ipn_url}
    return [
        FieldProblem(name, "must be an absolute http or https URL")
        for name, url in urls.items()
        if url is not None and not _is_url(url)
    ]


def _is_url(text: str) -> bool:
    if utf8_size(text) > URL_BYTES_MAX or any(character.isspace() or not character.isprintable() for character in text):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _expiry_problems(hours: int | None) -> list[FieldProblem]:
    if hours is None or 1 <= hours <= EXPIRY_HOURS_MAX:
        return []
    return [FieldProblem("expireInHours", f"must be between 1 and {EXPIRY_HOURS_MAX}")]


def _check_sum(wish: CreateCheckout) -> None:
    if not wish.items:
        return
    total = sum(item.unit_price * item.quantity for item in wish.items)
    if total != wish.amount:
        message = f"sum of item amounts ({total}) does not match total amount ({wish.amount})"
        raise Invalid(message, code=ITEMS_SUM_MISMATCH, details=[FieldProblem("items", message)])


def merge_metadata(present: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """Present pairs with the changes on top; an empty value deletes its key.

    Raises:
        Invalid: the result is over a limit.
        TooLarge: all its texts together are too large.
    """
    merged = {key: value for key, value in {**present, **changes}.items() if value != ""}
    require_texts_fit(merged.values())
    if problems := metadata_problems(merged):
        raise Invalid(f"{problems[0].field}: {problems[0].message}", details=problems)
    return merged
