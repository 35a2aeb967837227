"""Rows of earlier versions get the fields that lists read by, with the values that this version derives."""

from itertools import product
from typing import Any

import pytest
from invoice_office import Office

from gateway_kit.mongo.indexes import apply_collection
from gateway_testkit.clock import START
from gateway_testkit.keys import TEST_ORGANIZATION
from invoice.domain.invoice import Invoice
from invoice.store.documents import InvoiceDocument

pytestmark = pytest.mark.integration

AMOUNTS = (0, 40, 100, 130)
DERIVED = ("listed_state", "transaction_ids", "session_hashes")


def earlier(place: int, settled: int, refunded: int, credited: int, *, voided: bool, is_draft: bool) -> dict[str, Any]:
    group = {"rate": None, "net": 100, "vat": 0, "gross": 100, "allowance_net": 0}
    return {
        "_id": f"{place:024x}",
        "organization_id": TEST_ORGANIZATION,
        "livemode": True,
        "kind": "invoice",
        "site_id": "65a5000000000000000000aa",
        "status": "draft" if is_draft else "issued",
        "external_reference": "ORDER-1",
        "numbering": {"number": f"INV-{place}", "series": "s", "stem": "INV-", "sequence": place},
        "totals": {"amount_type": "gross", "currency": "EUR", "lines": [], "allowances": [], "groups": [group]},
        "payment": {
            "transaction_id": f"{place:024d}",
            "checkout_id": "c",
            "session_hash": f"hash {place}",
            "provider_type": "stripe",
            "paid_at": START,
            "settled": settled,
            "refunded": refunded,
            "credited": credited,
            "voided": voided,
        },
        "created_at": START,
        "version": 1,
    }


async def test_lists_find_earlier_rows(office: Office) -> None:
    cases = product(AMOUNTS, AMOUNTS, AMOUNTS, (False, True), (False, True))
    rows = [
        earlier(place, settled, refunded, credited, voided=voided, is_draft=is_draft)
        for place, (settled, refunded, credited, voided, is_draft) in enumerate(cases, 1)
    ]
    await office.database.db.invoices.insert_many(rows)

    await apply_collection(office.database.db, InvoiceDocument.collection)

    stored = await office.rows("invoices")
    different = [
        (row["payment"], row[name], derived)
        for row in stored
        for name in DERIVED
        if list(derived := getattr(Invoice.model_validate({**row, "id": row["_id"]}), name)) != list(row[name])
    ]
    assert different == []
    assert {row["listed_state"] for row in stored} == {
        "draft",
        "voided",
        "refunded",
        "partially_refunded",
        "credited",
        "overpaid",
        "settled",
        "partially_settled",
        "open",
    }
    assert stored[6]["search_words"] == ["inv-7", "order-1"]


async def test_a_repeated_run_changes_nothing(office: Office) -> None:
    await office.issued(amount=1000)
    before = await office.rows("invoices")

    await apply_collection(office.database.db, InvoiceDocument.collection)

    assert await office.rows("invoices") == before
