"""Records with their amounts as the shop of the payment writes them (ADR 0039)."""

from typing import Any, TypeVar

from gateway_contracts.amount_format import from_minor
from gateway_contracts.requests.case import CaseRecord
from gateway_contracts.requests.dispute import DisputeRecord
from gateway_contracts.requests.refund import RefundRecord
from gateway_contracts.requests.transaction import CheckoutRecord, TransactionRecord

Record = TypeVar("Record", CheckoutRecord, TransactionRecord, RefundRecord, DisputeRecord, CaseRecord)


def as_written(record: Record) -> Record:
    """The record, made with minor units, in the format that it names."""
    currency, amount_format = record.currency, record.amount_format
    if amount_format == "minor" or currency is None:
        return record
    values = {name: getattr(record, name) for name in record.AMOUNTS}
    changes: dict[str, Any] = {
        name: from_minor(value, currency, amount_format) for name, value in values.items() if value is not None
    }
    for name, part in (("items", "unit_price"), ("lines", "amount")):
        rows = getattr(record, name, ())
        if rows:
            written = [from_minor(getattr(row, part), currency, amount_format) for row in rows]
            changes[name] = tuple(
                row.model_copy(update={part: amount}) for row, amount in zip(rows, written, strict=True)
            )
    return record.model_copy(update=changes)
