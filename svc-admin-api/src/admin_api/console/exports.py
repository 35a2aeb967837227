"""Rows of a list as a CSV file: page by page, to a limit, in a form that a spreadsheet takes as data."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from admin_api.console.api import Answer
from admin_api.console.listing import Listing
from admin_api.console.visitor import Visitor
from gateway_contracts.amount_format import to_minor
from gateway_contracts.limits import PAGE_LIMIT_MAX
from gateway_contracts.money import Money

Row = Mapping[str, Any]
ROWS_MAX: Final = 10_000
EXPORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "payments": (
        "id",
        "createdAt",
        "livemode",
        "status",
        "currency",
        "amount",
        "captured",
        "refunded",
        "disputed",
        "externalReference",
        "invoiceNumber",
        "email",
        "providerType",
        "providerPaymentId",
        "checkoutId",
        "siteId",
        "description",
    ),
    "invoices": (
        "id",
        "createdAt",
        "livemode",
        "number",
        "state",
        "buyerName",
        "clientId",
        "currency",
        "net",
        "vat",
        "total",
        "settled",
        "credited",
        "outstanding",
        "issuedOn",
        "dueDate",
        "externalReference",
        "transactionId",
        "siteId",
    ),
    "credit-notes": (
        "id",
        "createdAt",
        "livemode",
        "number",
        "reason",
        "invoiceNumber",
        "invoiceId",
        "buyerName",
        "currency",
        "net",
        "vat",
        "total",
        "issuedOn",
        "transactionId",
        "siteId",
    ),
}
"""Columns by the slug of the list, named as in the API: a file reads the same in every language."""
_AMOUNTS: Final = frozenset(
    {"amount", "captured", "refunded", "disputed", "net", "vat", "total", "settled", "credited", "outstanding"}
)
# What spreadsheets take for the beginning of a formula, also in full width. Some of them separate cells at a semicolon
# or a tabulator, so that a cell may begin within a text.
_FORMULA: Final = re.compile(r"(^|[;,\t\r\n])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
_BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it spreadsheets do not take the file for UTF-8."""


@dataclass(frozen=True)
class Notices:
    """Last lines of a file that does not have all rows, in the reader's language."""

    capped: str
    broken: str


async def csv_of(
    listing: Listing, query: dict[str, str], first: Answer, notices: Notices, visitor: Visitor
) -> AsyncIterator[str]:
    """The file in pieces.

    Args:
        query: for the API.
        first: its answer with the first page.
    """
    names = EXPORTS[listing.slug]
    yield _BYTE_ORDER_MARK + _lines([names])
    answer, left = first, ROWS_MAX
    while answer.is_ok:
        rows = answer.data[listing.rows][:left]
        yield _lines([cell_of(row, name) for name in names] for row in rows)
        left -= len(rows)
        cursor = answer.data["nextCursor"]
        if cursor is None:
            return
        if left <= 0:
            yield _lines([[notices.capped]])
            return
        answer = await visitor.api.ask("GET", listing.path, query=page_query(query, cursor))
    yield _lines([[notices.broken]])


def page_query(query: dict[str, str], cursor: str | None = None) -> dict[str, str]:
    """The query of one page, as large as pages are."""
    return {**query, "limit": str(PAGE_LIMIT_MAX), **({} if cursor is None else {"cursor": cursor})}


def cell_of(row: Row, name: str) -> str:
    """The value as a cell: amounts in major units, texts that no spreadsheet computes."""
    value = row[name]
    if value is None:
        return ""
    if name in _AMOUNTS:
        minor = to_minor(value, row["currency"], row.get("amountFormat", "minor"))
        return Money(minor, row["currency"]).decimal_text()
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _FORMULA.sub(r"\1\2'", text)


def _lines(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
