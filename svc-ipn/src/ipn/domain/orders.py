"""The merchant's order that a checkout belongs to: several checkouts may try to collect the same money."""

from dataclasses import dataclass
from datetime import datetime

from gateway_contracts.aggregates import Entity


@dataclass(frozen=True)
class Payment:
    """A checkout that is paid.

    Attributes:
        orders: keyed hashes of the names of its order.
        is_noted: its delivery was stored just now, and says that these orders are paid.
    """

    organization_id: str
    checkout_id: str
    orders: tuple[str, ...]
    is_noted: bool = False


class Order(Entity):
    """An order that was paid without a delivery that says so; named by the keyed hash of one of its names."""

    paid_by: str | None = None
    updated_at: datetime


def names_of_order(
    *, site_id: str, livemode: bool, external_reference: str | None, invoice_number: str | None
) -> tuple[str, ...]:
    """The names of the order, unique among sites and modes.

    By the first the receiver finds its order: the reference, or else the invoice number. The second is the invoice
    number as such, so that an order 42 and the invoice 42 of another order have nothing in common.
    """
    place = f"{site_id} {'live' if livemode else 'test'}"
    found = external_reference or invoice_number
    named = [f"{place} order {found}"] if found else []
    return (*named, f"{place} invoice {invoice_number}") if invoice_number else tuple(named)
