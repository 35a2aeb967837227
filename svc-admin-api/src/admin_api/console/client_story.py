"""Payments and documents of a client, for its page."""

import asyncio
from typing import Any, Final

from admin_api.console.api import Api
from admin_api.console.forms.fields import Row
from admin_api.console.visitor import Visitor

PAYMENTS_MAX: Final = 10
_DOCUMENTS: Final = (("/invoices", "invoices"), ("/credit-notes", "creditNotes"))


async def story_of(client: Row, visitor: Visitor) -> dict[str, Any]:
    """Latest payments with the client's address, and documents of the latest successful ones.

    As ``story`` with ``payments`` and ``documents``. None stands for what cannot be read: at the moment, or by the
    visitor.
    """
    payments, documents = await asyncio.gather(_payments(client, visitor), _documents(client, visitor))
    return {"story": {"payments": payments, "documents": documents}}


async def _payments(client: Row, visitor: Visitor) -> list[dict[str, Any]] | None:
    """All attempts of the address; of a client without an address what succeeded."""
    if not visitor.may("GET", "/transactions"):
        return None
    if client["email"]:
        query = {"email": client["email"]["plaintext"], "limit": PAYMENTS_MAX}
        return await _rows(visitor.api, "/transactions", "transactions", query)
    found = await asyncio.gather(*(visitor.api.ask("GET", f"/transactions/{one}") for one in _latest(client)))
    return [answer.data for answer in found if answer.is_ok]


async def _documents(client: Row, visitor: Visitor) -> list[dict[str, Any]] | None:
    """Invoices and credit notes, each with the path of its list."""
    kinds = [(path, rows) for path, rows in _DOCUMENTS if visitor.may("GET", path)]
    asked = [(path, rows, one) for one in _latest(client) for path, rows in kinds]
    found = await asyncio.gather(*(_rows(visitor.api, path, rows, {"transactionId": one}) for path, rows, one in asked))
    if not kinds or None in found:
        return None
    listed = zip(asked, found, strict=True)
    return [{**row, "list": path} for (path, _, _), rows in listed for row in rows or ()]


def _latest(client: Row) -> list[str]:
    latest: list[str] = client["transactionIds"][-PAYMENTS_MAX:]
    return latest[::-1]


async def _rows(api: Api, path: str, rows: str, query: dict[str, Any]) -> list[dict[str, Any]] | None:
    answer = await api.ask("GET", path, query=query)
    found: list[dict[str, Any]] | None = answer.data[rows] if answer.is_ok else None
    return found
