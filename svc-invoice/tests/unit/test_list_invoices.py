"""Pages, cursors and their limits."""

import base64
from dataclasses import dataclass, field

import pytest

from gateway_contracts.errors import Unreadable
from invoice.domain.invoice import Invoice
from invoice.ports import InvoiceFilter, TenantScope, Window
from invoice.use_cases.list_invoices import list_invoices

SCOPE = TenantScope("o" * 24, livemode=True)


@dataclass
class EmptyReader:
    """Remembers what it was asked."""

    counted: int = 0
    windows: list[Window] = field(default_factory=list)

    async def find(self, scope: TenantScope, invoice_id: str) -> Invoice | None:
        return None

    async def select(self, scope: TenantScope, wanted: InvoiceFilter, window: Window) -> list[Invoice]:
        self.windows.append(window)
        return []

    async def count(self, scope: TenantScope, wanted: InvoiceFilter, *, limit: int) -> int:
        return min(self.counted, limit)

    async def of_session(self, session_hash: str, invoice_id: str | None) -> list[Invoice]:
        return []


async def ask(reader: EmptyReader, page: int = 1, limit: int = 50, cursor: str | None = None) -> tuple[int, bool]:
    found = await list_invoices(InvoiceFilter(), page=page, limit=limit, cursor=cursor, scope=SCOPE, invoices=reader)
    return found.total, found.total_capped


async def test_total_is_exact_to_ten_thousand() -> None:
    assert await ask(EmptyReader(10_000)) == (10_000, False)
    assert await ask(EmptyReader(10_001)) == (10_000, True)


@pytest.mark.parametrize(("page", "limit"), [(0, 50), (1, 0), (1, 101), (201, 50), (-1, 50)])
async def test_pages_out_of_range_are_refused(page: int, limit: int) -> None:
    with pytest.raises(Unreadable):
        await ask(EmptyReader(), page, limit)


async def test_deep_pages_name_the_cursor() -> None:
    with pytest.raises(Unreadable, match="cursor"):
        await ask(EmptyReader(), 101, 100)


@pytest.mark.parametrize(
    "cursor", ["", "%", "abc", base64.b64encode(b'["x"]').decode(), base64.b64encode(b'["2026-01-01",1]').decode()]
)
async def test_foreign_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(Unreadable):
        await ask(EmptyReader(), cursor=cursor)


async def test_page_skips() -> None:
    reader = EmptyReader()

    await ask(reader, 3, 20)

    assert reader.windows == [Window(limit=21, skip=40)]
