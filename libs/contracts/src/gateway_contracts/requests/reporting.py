"""Requests to svc-reporting. Days are those of UTC, amounts are minor units of their currency."""

from datetime import date
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from gateway_contracts.amount_fields import KnownCurrency
from gateway_contracts.base import Contract
from gateway_contracts.list_filters import NONE_IF_EMPTY, IdFilter
from gateway_contracts.rpc import Method
from gateway_contracts.rules import FieldRules, broken

REPORT_DAYS_MAX: Final = 92
"""Days of one summary; as many are read of the period before."""
REPORT_DAYS_DEFAULT: Final = 30
_LENGTH: Final = len("2026-01-31")


def _day(value: Any) -> Any:
    """ISO 8601 in its long form alone: Pydantic would read a number as seconds since 1970."""
    if isinstance(value, date):
        return value
    try:
        if len(value) == _LENGTH:
            return date.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    raise broken("date_invalid", "must be a day, such as 2026-01-31")


Day = Annotated[date, BeforeValidator(_day)]


class SummaryFields(FieldRules):
    """A period of whole days, and filters."""

    from_day: Day | None = Field(
        None,
        description="The period begins with this day of UTC; 29 days before `to` unless given.",
        examples=["2026-01-01"],
    )
    to_day: Day | None = Field(
        None,
        description="The period ends with this day of UTC, which is included; today unless given.",
        examples=["2026-01-31"],
    )
    currency: Annotated[KnownCurrency | None, NONE_IF_EMPTY] = None
    site_id: IdFilter | None = None


class SummaryQuery(SummaryFields, Contract):
    pass


class DayRange(Contract):
    """Whole days of UTC."""

    first_day: date = Field(description="The period begins with this day of UTC.")
    last_day: date = Field(description="The period ends with this day of UTC, which is included.")


class MoneyTotals(Contract):
    """Amounts of one currency in minor units, by the day on which they were booked in the ledger."""

    volume: int = Field(0, description="Captured payments, in minor units.")
    refunded: int = Field(0, description="Confirmed refunds, in minor units.")
    disputed: int = Field(0, description="Withdrawn in disputes, or lost in them, in minor units.")
    fees: int = Field(0, description="Fees of providers, as far as they report them, in minor units.")
    net: int = Field(0, description="Volume less refunds, disputes and fees, in minor units.")


class MoneyOfCurrency(Contract):
    """One currency in the period and in the period before."""

    currency: str
    current: MoneyTotals = Field(description="In the period.")
    previous: MoneyTotals = Field(description="In the period before.")


class Outcomes(Contract):
    """Attempts that began in a period, by their outcome until now."""

    succeeded: int = Field(0, description="Attempts that succeeded; refunded ones count here.")
    failed: int = Field(0, description="Attempts that failed.")
    canceled: int = Field(0, description="Attempts that were canceled or expired.")
    success_rate: float | None = Field(
        None, description="Share of succeeded among succeeded and failed attempts, 0 to 1; null without either."
    )


class OutcomesOfProvider(Contract):
    """One provider account in the period and in the period before."""

    provider_id: str = Field(description="Id of the provider; `manual` stands for payments by hand.")
    current: Outcomes = Field(description="In the period.")
    previous: Outcomes = Field(description="In the period before.")


class MoneyOfDay(Contract):
    """One currency on one day; days without a movement are left out."""

    day: date = Field(description="Day of UTC on which the entries were booked.")
    currency: str
    volume: int = Field(description="Captured payments, in minor units.")
    net: int = Field(description="Volume less refunds, disputes and fees, in minor units.")


class Incidents(Contract):
    """Events of a period that concern a person."""

    cases_opened: int = Field(0, description="Cases that were opened.")
    notifications_failed: int = Field(0, description="Notifications that were given up, and not delivered later.")
    invoices_held_back: int = Field(0, description="Payments whose invoice could not be issued.")


class Waiting(Contract):
    """Objects that wait for a person now, of any age."""

    open_cases: int = Field(0, description="Cases without a decision.")
    failed_notifications: int = Field(0, description="Notifications that were given up, and not delivered later.")
    due_invoices: int = Field(0, description="Payments whose invoice cannot be issued until you act.")


class Summary(Contract):
    """Figures of a period and of the period of the same length before it. The currency is no filter of ``current``,
    ``previous`` and ``waiting``."""

    period: DayRange = Field(description="Days of the figures.")
    previous_period: DayRange = Field(description="As many days before them.")
    money: tuple[MoneyOfCurrency, ...] = Field(description="Amounts by currency.")
    providers: tuple[OutcomesOfProvider, ...] = Field(description="Outcomes by provider.")
    days: tuple[MoneyOfDay, ...] = Field(description="Amounts by day of the period and currency.")
    current: Incidents = Field(description="In the period.")
    previous: Incidents = Field(description="In the period before.")
    waiting: Waiting = Field(description="What waits for a person now.")


SUMMARY = Method("rpc.reporting.summary", SummaryQuery, Summary)
