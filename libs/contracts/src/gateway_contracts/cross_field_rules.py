"""Rules that compare fields of one request with each other: which there are, their codes, and those of a sale.

Rules of a single field are in its type. Rules that need stored data or a clock belong to the use case.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from gateway_contracts.errors import FieldProblem, Invalid
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.money import AMOUNT_MINOR_MAX, is_amount
from gateway_contracts.requests.invoice_changes import DraftContent
from gateway_contracts.sale_fields import SaleFields

VALIDATION_FAILED: Final = Invalid.default_code
REFERENCE_REQUIRED: Final = "REFERENCE_REQUIRED"
ITEM_NAME_REQUIRED: Final = "ITEM_NAME_REQUIRED"
ITEMS_SUM_MISMATCH: Final = "ITEMS_SUM_MISMATCH"
LINES_SUM_MISMATCH: Final = "LINES_SUM_MISMATCH"
AMOUNT_TYPES_DIFFER: Final = "AMOUNT_TYPES_DIFFER"
INVOICE_LAYOUT_REFUSED: Final = "INVOICE_LAYOUT_REFUSED"
UNKNOWN_PROVIDER: Final = "UNKNOWN_PROVIDER"
_CHECKOUT: Final = "POST /api/v1/checkouts/{site_id}/create"
_MANUAL: Final = "POST /api/v1/transactions/manual"
_DRAFTS: Final = ("POST /api/v1/invoices", "PUT /api/v1/invoices/{invoice_id}")
_INVOICING: Final = tuple(
    f"{verb} /api/v1/organizations/{place}settings/invoicing"
    for place in ("", "{organization_id}/")
    for verb in ("PUT", "PATCH")
)
_SITES: Final = ("POST /api/v1/sites", "PUT /api/v1/sites/{site_id}", "PATCH /api/v1/sites/{site_id}")


@dataclass(frozen=True)
class CrossFieldRule:
    """A rule as the API reference has it.

    Attributes:
        code: of the answer 422 to a request that breaks it.
        text: what must hold.
        operations: method and path of every operation that it holds for.
    """

    code: str
    text: str
    operations: tuple[str, ...]


RULES: Final = (
    CrossFieldRule(
        REFERENCE_REQUIRED, "At least one of externalReference and invoiceNumber is required.", (_CHECKOUT, _MANUAL)
    ),
    CrossFieldRule(ITEM_NAME_REQUIRED, "An item has a name or a description.", (_CHECKOUT, _MANUAL)),
    CrossFieldRule(
        ITEMS_SUM_MISMATCH,
        "If there are items, the sum of quantity × unitPrice is the amount.",
        (_CHECKOUT, _MANUAL),
    ),
    CrossFieldRule(
        VALIDATION_FAILED, "A unitPrice is negative only for an item of itemType discount.", (_CHECKOUT, _MANUAL)
    ),
    CrossFieldRule(
        VALIDATION_FAILED,
        f"quantity × unitPrice of an item, and of all items before discounts, is at most {AMOUNT_MINOR_MAX}.",
        (_CHECKOUT, _MANUAL),
    ),
    CrossFieldRule(
        LINES_SUM_MISMATCH,
        "If there are lines and an amount, the sum of the lines is the amount.",
        ("POST /api/v1/transactions/{transaction_id}/refunds",),
    ),
    CrossFieldRule(AMOUNT_TYPES_DIFFER, "All items of an invoice have the same amountType.", _DRAFTS),
    CrossFieldRule(
        VALIDATION_FAILED,
        f"The items of an invoice and its shipping are at most {AMOUNT_MINOR_MAX // 2} in all.",
        _DRAFTS,
    ),
    CrossFieldRule(VALIDATION_FAILED, "A discount is at most what it is taken off.", _DRAFTS),
    CrossFieldRule(
        INVOICE_LAYOUT_REFUSED,
        "A resetPolicy other than never needs a period in the number that is different after each restart.",
        _INVOICING,
    ),
    CrossFieldRule(UNKNOWN_PROVIDER, "defaultProviderId is one of providerIds.", _SITES),
)


def rules_of(operation: str) -> tuple[CrossFieldRule, ...]:
    """The rules of an operation, named by its method and path."""
    return tuple(rule for rule in RULES if operation in rule.operations)


def check_sale(sale: SaleFields, items: Sequence[TransactionLine]) -> None:
    """
    Raises:
        Invalid: with one problem per broken rule; the code is that of the first.
    """
    if broken := [*_reference_problems(sale), *_item_problems(items)]:
        code, first = broken[0]
        raise Invalid(f"{first.field}: {first.message}", code=code, details=[problem for _, problem in broken])
    _check_sum(sale, items)


Broken = tuple[str, FieldProblem]
"""The code of a broken rule, and the field that it is reported at."""


def _reference_problems(sale: SaleFields) -> Iterator[Broken]:
    if not (sale.external_reference or sale.invoice_number):
        message = "one of externalReference and invoiceNumber is required"
        yield REFERENCE_REQUIRED, FieldProblem("externalReference", message)


def _item_problems(items: Sequence[TransactionLine]) -> Iterator[Broken]:
    for index, item in enumerate(items):
        for code, field, message in _problems_of(item):
            yield code, FieldProblem(f"items[{index}].{field}", message)
    if sum(max(item.unit_price, 0) * item.quantity for item in items) > AMOUNT_MINOR_MAX:
        # Sums on documents are made of them, before any discount.
        message = f"must have prices of at most {AMOUNT_MINOR_MAX} in all"
        yield VALIDATION_FAILED, FieldProblem("items", message)


def _problems_of(item: TransactionLine) -> Iterator[tuple[str, str, str]]:
    if not (item.name.strip() or (item.description or "").strip()):
        yield ITEM_NAME_REQUIRED, "name", "name or description is required"
    if not is_amount(item.unit_price * item.quantity):
        yield VALIDATION_FAILED, "unitPrice", "is out of range"
    if item.unit_price < 0 and item.item_type != "discount":
        yield VALIDATION_FAILED, "unitPrice", "may be negative only for a discount"


def _check_sum(sale: SaleFields, items: Sequence[TransactionLine]) -> None:
    total = sum(item.unit_price * item.quantity for item in items)
    if items and total != sale.amount:
        message = f"sum of item amounts ({total}) does not match total amount ({sale.amount})"
        # The guide shows this sentence as it is, without the name of the field.
        raise Invalid(message, code=ITEMS_SUM_MISMATCH, details=[FieldProblem("items", message)])


def check_draft(content: DraftContent) -> None:
    """
    Raises:
        Invalid: with one problem per broken rule; the code is that of the first.
    """
    if broken := list(_draft_problems(content)):
        code, first = broken[0]
        raise Invalid(f"{first.field}: {first.message}", code=code, details=[problem for _, problem in broken])


def _draft_problems(content: DraftContent) -> Iterator[Broken]:
    if len({item.amount_type for item in content.items}) > 1:
        yield AMOUNT_TYPES_DIFFER, FieldProblem("items", "must all have the same amountType")
    total = sum((Decimal(item.quantity) * item.unit_price for item in content.items), Decimal(0))
    total += content.shipping.amount if content.shipping else 0
    if total > AMOUNT_MINOR_MAX // 2:
        # VAT of at most 100 percent is added to it.
        message = f"must have prices of at most {AMOUNT_MINOR_MAX // 2} in all"
        yield VALIDATION_FAILED, FieldProblem("items", message)
    if content.accounting_rate is not None and content.accounting_rate.currency == content.currency:
        yield VALIDATION_FAILED, FieldProblem("accountingRate.currency", "must not be the invoice's own currency")
    if content.discount is not None and content.discount.amount > total:
        yield VALIDATION_FAILED, FieldProblem("discount.amount", "must be at most what it is taken off")
