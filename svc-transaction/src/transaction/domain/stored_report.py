"""The stored form of a provider's report: one flat document for all types, with a flag or state for each."""

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Annotated, Any, Final, assert_never

from pydantic import BaseModel, PlainSerializer, PlainValidator

from gateway_contracts.events.transaction import PaymentMethod
from gateway_contracts.money import Money
from gateway_contracts.requests.dispute import DisputeKind
from gateway_contracts.requests.transaction import Failure
from transaction.domain.reports import (
    DisputeReported,
    FeeReported,
    PaymentReported,
    PayoutReported,
    ProviderReport,
    RefundReported,
    Report,
    TransferReceived,
)
from transaction.domain.states import Trigger

Raw = dict[str, Any]

_SHARED: Final = tuple(field.name for field in fields(Report))
# The fields that one type alone has; a row has them all.
_OWN: Final[Raw] = {
    "failure": None,
    "is_fee": False,
    "fee_of": "payment",
    "exchange": None,
    "rounding": None,
    "is_payout": False,
    "refund": None,
    "is_dispute": False,
    "dispute_kind": None,
    "dispute": None,
    "funds": None,
    "withdrawn": None,
    "is_receipt": False,
    "method": None,
}


def write_report(report: ProviderReport) -> Raw:
    """The row of a report."""
    shared = {name: getattr(report, name) for name in _SHARED}
    return {name: _written(value) for name, value in {**shared, **_OWN, **_own(report)}.items()}


def _written(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount": value.amount_minor, "currency": value.currency}
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    if isinstance(value, BaseModel):
        return value.model_dump()
    return value.value if isinstance(value, Enum) else value


def _own(report: ProviderReport) -> Raw:
    match report:
        case PaymentReported():
            return {"failure": report.failure, "method": report.method}
        case RefundReported():
            return {"failure": report.failure, "refund": report.state}
        case DisputeReported():
            return {
                "is_dispute": True,
                "dispute_kind": report.kind,
                "dispute": report.state,
                "funds": report.funds,
                "withdrawn": report.withdrawn,
            }
        case FeeReported():
            return {
                "is_fee": True,
                "fee_of": report.fee_of,
                "exchange": report.exchange,
                "rounding": report.rounding,
            }
        case PayoutReported():
            return {"is_payout": True}
        case TransferReceived():
            return {"is_receipt": True}
        case _:
            assert_never(report)


def read_report(raw: ProviderReport | Mapping[str, Any]) -> ProviderReport:
    """A stored report. Rows of an earlier version lack the fields that came later."""
    if isinstance(raw, Report):
        return raw
    row: Raw = {**_OWN, **raw}
    shared: dict[str, Any] = {name: row.get(name) for name in _SHARED}
    shared |= {"trigger": Trigger(row["trigger"]), "amount": _read_money(row["amount"])}
    failure = None if row["failure"] is None else Failure.model_validate(row["failure"])
    if row["is_receipt"]:
        return TransferReceived(**shared)
    if row["refund"] is not None:
        return RefundReported(**shared, state=row["refund"], failure=failure)
    if row["is_dispute"]:
        kind: DisputeKind = row["dispute_kind"] or "chargeback"
        own = {"state": row["dispute"], "funds": row["funds"], "withdrawn": row["withdrawn"]}
        return DisputeReported(**shared, kind=kind, **own)
    if row["is_fee"]:
        exchange, rounding = _read_exchange(row["exchange"]), _read_money(row["rounding"])
        return FeeReported(**shared, fee_of=row["fee_of"], exchange=exchange, rounding=rounding)
    if row["is_payout"]:
        return PayoutReported(**shared)
    method = None if row["method"] is None else PaymentMethod.model_validate(row["method"])
    return PaymentReported(**shared, failure=failure, method=method)


def _read_money(raw: dict[str, Any] | None) -> Money | None:
    return None if raw is None else Money(raw["amount"], raw["currency"])


def _read_exchange(raw: list[dict[str, Any]] | None) -> tuple[Money, Money] | None:
    if raw is None:
        return None
    gone, come = (Money(item["amount"], item["currency"]) for item in raw)
    return gone, come


StoredReport = Annotated[ProviderReport, PlainValidator(read_report), PlainSerializer(write_report)]
