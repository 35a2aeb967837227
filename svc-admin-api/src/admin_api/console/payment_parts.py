"""Parts of a payment's story, read one by one: a part that cannot be read does not take the page with it."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from admin_api.console.api import Refused
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor

Row = Mapping[str, Any]
_ROWS_MAX: Final = 100


@dataclass(frozen=True)
class Part:
    """One answer of the API about a payment.

    Attributes:
        name: for the page.
        path: of the operation, as the API declares it.
        rows: the field of the answer that holds the rows; None: the answer itself.
        is_filtered: a list of all payments, which is asked for the rows of this one.
    """

    name: str
    title: str
    path: str
    rows: str | None = None
    is_filtered: bool = False


PARTS: Final = (
    Part("refunds", N_("Refunds"), "/transactions/{transaction_id}/refunds", "refunds"),
    Part("disputes", N_("Disputes"), "/transactions/{transaction_id}/chargebacks", "chargebacks"),
    Part("ledger", N_("Ledger"), "/transactions/{transaction_id}/ledger"),
    Part("operations", N_("Requests to the provider"), "/transactions/{transaction_id}/operations", "operations"),
    Part("webhooks", N_("Webhooks of the provider"), "/transactions/{transaction_id}/webhooks", "webhooks"),
    Part("checkout", N_("Order"), "/checkouts/{checkout_id}"),
    Part("invoices", N_("Invoices"), "/invoices", "invoices", is_filtered=True),
    Part("credit_notes", N_("Credit notes"), "/credit-notes", "creditNotes", is_filtered=True),
    Part("cases", N_("Cases"), "/cases", "cases", is_filtered=True),
)


async def read_parts(payment: Row, visitor: Visitor) -> tuple[dict[str, Any], list[str]]:
    """All parts by name, None for those that the visitor may not see; and the titles of those that cannot be read.

    Raises:
        Refused: the session is over.
    """
    read = await asyncio.gather(*(_read(part, payment, visitor) for part in PARTS))
    parts = {part.name: found for part, (found, _) in zip(PARTS, read, strict=True)}
    return parts, [part.title for part, (_, is_missing) in zip(PARTS, read, strict=True) if is_missing]


async def _read(part: Part, payment: Row, visitor: Visitor) -> tuple[Any, bool]:
    if not visitor.may("GET", part.path):
        return None, False
    path = part.path.format(transaction_id=payment["id"], checkout_id=payment["checkoutId"])
    query = {"transactionId": payment["id"], "limit": _ROWS_MAX} if part.is_filtered else None
    answer = await visitor.api.ask("GET", path, query=query)
    if answer.status == 401:
        raise Refused(answer)
    if not answer.is_ok:
        return None, True
    return (answer.data if part.rows is None else answer.data[part.rows]), False


def readable(text: str) -> str:
    """JSON text on several lines."""
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
