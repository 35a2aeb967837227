"""Figures of a period, read from buckets alone: their number does not depend on the number of payments."""

from datetime import date, timedelta
from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Invalid
from gateway_contracts.requests.reporting import REPORT_DAYS_DEFAULT, REPORT_DAYS_MAX, Summary, SummaryQuery
from reporting.domain.figures import NOW, Bucket, day_of
from reporting.domain.summary import Period, summary_of
from reporting.ports import Figures
from reporting.use_cases.count_facts import projection

BUCKETS_MAX: Final = 20_000
"""Read for one summary: days, sites, providers and currencies that were used together."""


async def summarize(query: SummaryQuery, *, scope: Scope, today: date, figures: Figures) -> Summary:
    """Figures of a period and of the one before it.

    Args:
        scope: organization, mode and, where it is limited to one, the site.

    Raises:
        Invalid: the period is not possible, or has too many figures.
    """
    period = _period(query, today)
    serving = (await projection(None, figures)).serving
    days = {"$gte": day_of(period.before().first), "$lte": day_of(period.last)}
    buckets = await _buckets(figures, scope, query, serving, days)
    waiting = await _buckets(figures, scope, query, serving, NOW)
    return summary_of(period, buckets, waiting)


def _period(query: SummaryQuery, today: date) -> Period:
    last = query.to_day or today
    first = query.from_day or last - min(timedelta(days=REPORT_DAYS_DEFAULT - 1), last - date.min)
    period = Period(first, last)
    if not 1 <= period.days <= REPORT_DAYS_MAX:
        raise Invalid.field(
            "from", f"must be at most {REPORT_DAYS_MAX} days before to, and not after it", code="PERIOD_INVALID"
        )
    if (first - date.min).days < period.days:
        raise Invalid.field("from", "must leave room for the period before it", code="PERIOD_INVALID")
    return period


async def _buckets(figures: Figures, scope: Scope, query: SummaryQuery, generation: int, day: object) -> list[Bucket]:
    where = {"generation": generation, "day": day}
    if query.currency is not None:
        # Cases, notifications and invoices have no currency, and count in each.
        where["currency"] = {"$in": [query.currency, ""]}
    found = await figures.buckets.find(None, scope, where, sort=(), limit=BUCKETS_MAX + 1)
    if len(found) > BUCKETS_MAX:
        message = "has too many figures: choose a shorter period, a site or a currency"
        raise Invalid.field("from", message, code="REPORT_TOO_LARGE")
    return found
