"""Figures of an organization."""

from typing import Annotated

from fastapi import Query
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from gateway_contracts.requests.reporting import SUMMARY, SummaryFields, SummaryQuery

router = new_router(tags=["reports"])


class SummaryIn(SummaryFields):
    """Period and filters of a summary."""

    model_config = ConfigDict(alias_generator=lambda name: to_camel(name.removesuffix("_day")), populate_by_name=True)


@forwarded(router, "GET", "/reports/summary", SUMMARY, scope="transaction:read")
def summarize(query: Annotated[SummaryIn, Query()]) -> SummaryQuery:
    """Volume, refunds, disputes, fees, net and outcomes of at most 92 days, compared with as many days before.

    Amounts are in minor units, on the day (UTC) on which they were booked in the ledger. Attempts are on the day on
    which they began. Without `from` and `to` these are the last 30 days. Figures follow within seconds.
    """
    return SummaryQuery(**dict(query))
