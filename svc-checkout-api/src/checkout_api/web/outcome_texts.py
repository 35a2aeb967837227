"""Texts of the result page: one for each outcome and each family of methods."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from checkout_api.domain.outcome import TRANSFER_OPEN, Outcome
from checkout_api.web.wording import Wording
from gateway_contracts.payment_family import PaymentFamily
from gateway_contracts.requests.customer import StatusView

CARD, REDIRECT, DEBIT, TRANSFER = PaymentFamily


def _same(stem: str) -> Mapping[PaymentFamily, str]:
    return dict.fromkeys(PaymentFamily, stem)


STEMS: Final[Mapping[Outcome, Mapping[PaymentFamily, str]]] = {
    Outcome.INITIATED: {**_same("initiated"), DEBIT: "initiated_debit"},
    Outcome.CLOSING: _same("closing"),
    Outcome.UNCONFIRMED: {**_same("unconfirmed"), TRANSFER: "wire_waiting"},
    Outcome.PENDING: {**_same("pending"), DEBIT: "pending_days", TRANSFER: "wire_waiting"},
    Outcome.REVIEW: _same("review"),
    Outcome.WIRE: {TRANSFER: "wire"},
    Outcome.WIRE_WAITING: {TRANSFER: "wire_waiting"},
    Outcome.WIRE_PARTIAL: {TRANSFER: "wire_partial"},
    Outcome.WIRE_PARTIAL_WAITING: {TRANSFER: "wire_partial_waiting"},
    Outcome.SUCCEEDED: _same("succeeded"),
    Outcome.REFUND_PENDING: {**_same("refund_pending"), DEBIT: "refund_pending_bank", TRANSFER: "refund_pending_bank"},
    Outcome.PARTLY_REFUNDED: {
        **_same("partly_refunded"),
        DEBIT: "partly_refunded_bank",
        TRANSFER: "partly_refunded_bank",
    },
    Outcome.REFUNDED: {**_same("refunded"), DEBIT: "refunded_bank", TRANSFER: "refunded_bank"},
    Outcome.DISPUTED: {**_same("disputed"), REDIRECT: "disputed_provider"},
    Outcome.TAKEN_BACK: {**_same("taken_back"), REDIRECT: "taken_back_provider", DEBIT: "taken_back_debit"},
    Outcome.FAILED: {**_same("failed"), DEBIT: "failed_debit", TRANSFER: "failed_wire"},
    Outcome.CANCELED: {**_same("canceled"), DEBIT: "canceled_debit", TRANSFER: "canceled_wire"},
    Outcome.HELD: _same("held"),
    Outcome.SENT_BACK: _same("sent_back"),
    Outcome.OVERTAKEN: {**_same("overtaken"), TRANSFER: "overtaken_wire"},
}
"""Every cell is the beginning of two keys in ``texts/*.json``: ``…_heading`` and ``…_text``. A transfer that is waited
for has no other family."""

_SIGNS: Final[Mapping[Outcome, str]] = {
    **dict.fromkeys((*TRANSFER_OPEN, Outcome.CLOSING, Outcome.REVIEW, Outcome.DISPUTED, Outcome.HELD), "wire"),
    **dict.fromkeys((Outcome.REFUND_PENDING, Outcome.PARTLY_REFUNDED, Outcome.SENT_BACK), "refunded"),
    Outcome.UNCONFIRMED: "pending",
    Outcome.OVERTAKEN: "completed",
    Outcome.TAKEN_BACK: "failed",
}


@dataclass(frozen=True)
class Said:
    """Texts of one page.

    Attributes:
        rows: amounts with the keys of their labels, where more than one counts.
        sign: the picture above the heading.
    """

    heading: str
    text: str
    sign: str
    rows: tuple[tuple[str, str], ...] = ()


def say(view: StatusView, outcome: Outcome, family: PaymentFamily, wording: Wording, site_name: str) -> Said:
    """The cell of the table in the customer's language, with the amounts of this payment."""
    stem = STEMS[outcome][family]
    values = {name: wording.amount(minor, view.currency) for name, minor in _amounts(view, family).items()}
    heading, text = (wording.texts[f"{stem}_{part}"].format(**values, site=site_name) for part in ("heading", "text"))
    is_slow = stem in {"pending_days", "wire_waiting"}
    return Said(
        heading,
        text,
        # A turning wheel asks the customer to wait at the page: no use for days.
        "wire" if is_slow else _SIGNS.get(outcome, outcome.value),
        tuple(
            (wording.texts[key], wording.amount(minor, view.currency)) for key, minor in _rows(view, outcome, family)
        ),
    )


def _amounts(view: StatusView, family: PaymentFamily) -> dict[str, int]:
    return {
        "amount": view.amount,
        "paid": _paid(view, family),
        "received": view.received,
        "outstanding": view.outstanding,
        "refunded": view.refunded or view.captured or view.amount,
        "refund_pending": view.refund_pending,
        "disputed": view.disputed,
    }


def _paid(view: StatusView, family: PaymentFamily) -> int:
    """The received amount: of a transfer, perhaps less than the requested one."""
    captured = view.captured or view.amount
    return min(view.received, captured) if family is PaymentFamily.TRANSFER and view.received else captured


def _rows(view: StatusView, outcome: Outcome, family: PaymentFamily) -> Iterator[tuple[str, int]]:
    if outcome in TRANSFER_OPEN and view.received:
        yield "row_received", view.received
        yield "row_outstanding", view.outstanding
    if outcome in {Outcome.REVIEW, Outcome.HELD} and (view.held or view.received):
        yield "row_received", view.held or view.received
    if view.status in {"succeeded", "refunded"}:
        gone = [
            ("row_too_much", view.held),
            ("row_refunded", view.refunded),
            ("row_refund_pending", view.refund_pending),
            ("row_withheld" if view.dispute_open else "row_taken_back", view.disputed),
        ]
        known = [(key, minor) for key, minor in gone if minor > 0]
        if known and known != [("row_refunded", _paid(view, family))]:
            yield "row_paid", _paid(view, family)
            yield from known
