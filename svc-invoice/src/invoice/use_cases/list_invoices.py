"""A page of a merchant's invoices, newest first."""

import base64
import binascii
import json
from dataclasses import dataclass, replace
from datetime import datetime

from gateway_contracts.errors import Unreadable
from gateway_contracts.ids import is_object_id
from gateway_contracts.untrusted import moment_from
from invoice.domain.invoice import Invoice
from invoice.ports import InvoiceFilter, InvoiceReader, TenantScope, Window

TOTAL_MAX = 10_000
LIMIT_MAX = 100


@dataclass(frozen=True)
class Page:
    """``total`` counts to `TOTAL_MAX`; beyond, ``total_capped`` is set and the cursor goes on."""

    invoices: list[Invoice]
    total: int
    total_capped: bool
    next_cursor: str | None


async def list_invoices(
    wanted: InvoiceFilter,
    *,
    page: int,
    limit: int,
    cursor: str | None,
    scope: TenantScope,
    invoices: InvoiceReader,
) -> Page:
    """
    Raises:
        Unreadable: page or limit out of range, too deep for pages, or a cursor that is not ours.
    """
    if page < 1 or not 1 <= limit <= LIMIT_MAX:
        raise Unreadable(f"page must be at least 1 and limit from 1 to {LIMIT_MAX}", code="BAD_PAGE")
    if cursor is None and page * limit > TOTAL_MAX:
        raise Unreadable(
            f"page times limit goes to {TOTAL_MAX}; follow nextCursor with the parameter cursor", code="BAD_PAGE"
        )
    window = Window(limit + 1, skip=(page - 1) * limit)
    if cursor is not None:
        window = replace(window, skip=0, after=_read_cursor(cursor))
    found = await invoices.select(scope, wanted, window)
    total = await invoices.count(scope, wanted, limit=TOTAL_MAX + 1)
    more = len(found) > limit
    rows = found[:limit]
    return Page(rows, min(total, TOTAL_MAX), total > TOTAL_MAX, _cursor_behind(rows[-1]) if more else None)


def _cursor_behind(invoice: Invoice) -> str:
    position = json.dumps([invoice.created_at.isoformat(), invoice.id])
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        moment, identifier = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not is_object_id(identifier):
            raise ValueError("not a position")
        return moment_from(moment, needs_offset=True), identifier
    except (binascii.Error, ValueError, TypeError, RecursionError) as exc:
        raise Unreadable("invalid cursor", code="BAD_CURSOR") from exc
