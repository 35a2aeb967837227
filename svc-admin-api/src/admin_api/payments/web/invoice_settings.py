"""Consequences of the settings of invoices, and the check of their registers."""

from typing import Annotated

from fastapi import Query
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from gateway_contracts.requests.invoice_settings import (
    CHECK_REGISTERS,
    GET_NEXT_NUMBER,
    GET_READINESS,
    NextNumberFields,
    NextNumberQuery,
)
from gateway_contracts.rpc import Empty

router = new_router(tags=["invoices"])


class NextNumberIn(NextNumberFields):
    """A kind of document, and a layout to try."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


@forwarded(router, "GET", "/organizations/settings/invoicing/next-number", GET_NEXT_NUMBER, scope="organization:read")
def next_number(query: Annotated[NextNumberIn, Query()]) -> NextNumberQuery:
    """Number that a document would get now, by the layout of the settings or by one to try. Nothing is taken.

    Prefixes of sites are not looked at. A layout that cannot be used: 422 `INVOICE_LAYOUT_REFUSED`.
    """
    return NextNumberQuery(**dict(query))


@forwarded(
    router, "GET", "/organizations/settings/invoicing/e-invoice-readiness", GET_READINESS, scope="organization:read"
)
def readiness() -> Empty:
    """Everything that the seller's side of electronic invoices lacks, for each form, by the rules of every document."""
    return Empty()


@forwarded(router, "GET", "/invoice-registers/check", CHECK_REGISTERS, scope="invoice:read", role="admin")
def check_registers() -> Empty:
    """Walk the registers of this mode from the first row to the last: seals, numbers, documents, totals.

    The same as `gateway invoices verify`, within 15 seconds for both registers: otherwise 503
    `REGISTER_CHECK_TOO_LONG`. Needs the scope `credit_note:read` too, and a key of all sites.
    """
    return Empty()
