"""Reports keep the flat row that they always had, whatever their type."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway_contracts.events.transaction import PaymentMethod
from gateway_contracts.money import Money
from gateway_contracts.requests.transaction import Failure
from transaction.domain.reports import (
    DisputeReported,
    FeeReported,
    PaymentReported,
    PayoutReported,
    ProviderReport,
    RefundReported,
    TransferReceived,
)
from transaction.domain.states import Trigger
from transaction.domain.stored_report import read_report, write_report

PRICE = Money(4900, "EUR")
SHARED: dict[str, Any] = {
    "trigger": Trigger.UNKNOWN_FACT,
    "event_type": "test",
    "provider_status": "said",
    "occurred_at": datetime(2026, 1, 15, 12, tzinfo=UTC),
    "label": "a_label",
    "provider_payment_id": "pi_1",
    "transaction_id": "t",
    "refund_id": "r",
    "provider_object_id": "o_1",
    "amount": PRICE,
}
FAILURE = Failure(code="REFUND_FAILED", message="It failed.")
# Read and written by the version before this one, too.
FIELDS = set(SHARED) | {
    "failure", "is_fee", "fee_of", "exchange", "rounding", "is_payout", "refund", "is_dispute", "dispute_kind",
    "dispute", "funds", "withdrawn", "is_receipt", "method",
}  # fmt: skip
REPORTS: list[tuple[ProviderReport, dict[str, Any]]] = [
    (PaymentReported(**SHARED, failure=FAILURE, method=PaymentMethod(type="card")), {}),
    (RefundReported(**SHARED, state="failed", failure=FAILURE), {"refund": "failed"}),
    (
        DisputeReported(**SHARED, kind="chargeback", state="lost", funds="withdrawn", withdrawn=100),
        {"is_dispute": True, "dispute_kind": "chargeback", "dispute": "lost", "funds": "withdrawn", "withdrawn": 100},
    ),
    (DisputeReported(**SHARED, kind="inquiry"), {"is_dispute": True, "dispute_kind": "inquiry", "dispute": None}),
    (
        FeeReported(**SHARED, fee_of="dispute", exchange=(PRICE, Money(1, "USD")), rounding=Money(1, "EUR")),
        {"is_fee": True, "fee_of": "dispute", "rounding": {"amount": 1, "currency": "EUR"}},
    ),
    (PayoutReported(**SHARED), {"is_payout": True}),
    (TransferReceived(**SHARED), {"is_receipt": True}),
]


@pytest.mark.parametrize(("report", "stored"), REPORTS, ids=lambda value: type(value).__name__)
def test_every_type_is_stored_in_the_same_fields_and_read_back(report: ProviderReport, stored: dict[str, Any]) -> None:
    row = write_report(report)

    assert set(row) == FIELDS
    assert {name: row[name] for name in stored} == stored
    assert sum((row["is_fee"], row["is_payout"], row["is_dispute"], row["is_receipt"], row["refund"] is not None)) <= 1
    assert read_report(row) == report


def test_a_row_of_an_earlier_version_is_read() -> None:
    row = write_report(FeeReported(**SHARED))
    for name in ("rounding", "exchange", "fee_of", "method", "withdrawn", "is_receipt", "refund_id"):
        del row[name]

    assert read_report(row) == FeeReported(**{**SHARED, "refund_id": None})
