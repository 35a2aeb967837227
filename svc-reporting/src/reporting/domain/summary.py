"""Figures of a period from its buckets."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from gateway_contracts.requests.reporting import (
    DayRange,
    Incidents,
    MoneyOfCurrency,
    MoneyOfDay,
    MoneyTotals,
    Outcomes,
    OutcomesOfProvider,
    Summary,
    Waiting,
)
from reporting.domain.figures import Bucket, Figure, day_of

K = TypeVar("K")
Sums = dict[Figure, int]


@dataclass(frozen=True)
class Period:
    """Whole days, the last one included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """The period of the same length before it.

        Raises:
            OverflowError: it would begin before the first day of the calendar.
        """
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    def has(self, bucket: Bucket) -> bool:
        """Whether the bucket's day lies in it."""
        return day_of(self.first) <= bucket.day <= day_of(self.last)


def summary_of(period: Period, buckets: Iterable[Bucket], waiting: Iterable[Bucket]) -> Summary:
    """The figures.

    Args:
        buckets: of the period and of the one before it.
        waiting: those of what waits now.
    """
    before, rows = period.before(), list(buckets)
    current = [bucket for bucket in rows if period.has(bucket)]
    previous = [bucket for bucket in rows if before.has(bucket)]
    now = _sum(waiting)
    return Summary(
        period=DayRange(first_day=period.first, last_day=period.last),
        previous_period=DayRange(first_day=before.first, last_day=before.last),
        money=tuple(_money(current, previous)),
        providers=tuple(_providers(current, previous)),
        days=tuple(_days(current)),
        current=_incidents(current),
        previous=_incidents(previous),
        waiting=Waiting(
            open_cases=now.get("open_cases", 0),
            failed_notifications=now.get("failed_notifications", 0),
            due_invoices=now.get("due_invoices", 0),
        ),
    )


def _money(current: list[Bucket], previous: list[Bucket]) -> Iterable[MoneyOfCurrency]:
    now, before = (_by(rows, lambda bucket: bucket.currency) for rows in (current, previous))
    for currency in sorted({*now, *before}):
        found = MoneyOfCurrency(
            currency=currency, current=_amounts(now.get(currency, {})), previous=_amounts(before.get(currency, {}))
        )
        if currency and (found.current != MoneyTotals() or found.previous != MoneyTotals()):
            yield found


def _providers(current: list[Bucket], previous: list[Bucket]) -> Iterable[OutcomesOfProvider]:
    now, before = (_by(rows, lambda bucket: bucket.provider_id) for rows in (current, previous))
    for provider_id in sorted({*now, *before}):
        found = OutcomesOfProvider(
            provider_id=provider_id,
            current=_outcomes(now.get(provider_id, {})),
            previous=_outcomes(before.get(provider_id, {})),
        )
        if provider_id and (found.current != Outcomes() or found.previous != Outcomes()):
            yield found


def _days(current: list[Bucket]) -> Iterable[MoneyOfDay]:
    for (day, currency), sums in sorted(_by(current, lambda bucket: (bucket.day, bucket.currency)).items()):
        amounts = _amounts(sums)
        if amounts != MoneyTotals():
            yield MoneyOfDay(day=date.fromisoformat(day), currency=currency, volume=amounts.volume, net=amounts.net)


def _amounts(sums: Mapping[Figure, int]) -> MoneyTotals:
    volume, refunded, disputed, fees = (sums.get(name, 0) for name in ("captured", "refunded", "disputed", "fees"))
    return MoneyTotals(
        volume=volume, refunded=refunded, disputed=disputed, fees=fees, net=volume - refunded - disputed - fees
    )


def _outcomes(sums: Mapping[Figure, int]) -> Outcomes:
    succeeded, failed = sums.get("succeeded", 0), sums.get("failed", 0)
    decided = succeeded + failed
    return Outcomes(
        succeeded=succeeded,
        failed=failed,
        canceled=sums.get("canceled", 0),
        success_rate=round(succeeded / decided, 4) if decided else None,
    )


def _incidents(buckets: list[Bucket]) -> Incidents:
    sums = _sum(buckets)
    return Incidents(
        cases_opened=sums.get("cases_opened", 0),
        notifications_failed=sums.get("notifications_failed", 0),
        invoices_held_back=sums.get("invoices_held_back", 0),
    )


def _by(buckets: Iterable[Bucket], key: Callable[[Bucket], K]) -> dict[K, Sums]:
    found: defaultdict[K, Sums] = defaultdict(dict)
    for bucket in buckets:
        sums = found[key(bucket)]
        for figure, value in bucket.figures.items():
            sums[figure] = sums.get(figure, 0) + value
    return dict(found)


def _sum(buckets: Iterable[Bucket]) -> Sums:
    return _by(buckets, lambda _: None).get(None, {})
