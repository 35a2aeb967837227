"""Every kind of damage is found, and the broken row is named."""

from typing import Any

import pytest
from invoice_office import Office

from gateway_testkit.keys import TEST_ORGANIZATION
from invoice.use_cases.verify_register import Findings
from invoice.verify import check

pytestmark = pytest.mark.integration

ROW = f"{TEST_ORGANIZATION}:live:invoice:3"


@pytest.fixture
async def ledger(office: Office) -> Any:
    """Five issued invoices."""
    for amount in range(100, 105):
        await office.issued(amount=amount)
    return office


async def test_an_untouched_register_holds(ledger: Any) -> None:
    assert await check(ledger.stores, ledger.uow) == [Findings(f"{TEST_ORGANIZATION}:live:invoice", 5)]


async def test_a_changed_row_is_named(ledger: Any) -> None:
    await ledger.database.db.register.update_one({"_id": ROW}, {"$set": {"total": 1}})

    [found] = await check(ledger.stores, ledger.uow)

    assert found.problems
    assert all(problem.startswith("row 3 (INV-2026-00003") for problem in found.problems)


async def test_a_row_sealed_again_breaks_the_next(ledger: Any) -> None:
    rows = ledger.database.db.register
    stored = await ledger.stores.register.get(None, ROW)
    forged = stored.changed(total=1).sealed()
    await rows.update_one({"_id": ROW}, {"$set": {"total": 1, "seal": forged.seal}})

    assert any("row 4" in problem and "follow" in problem for problem in (await ledger.verify()).problems)


async def test_a_removed_row_is_missed(ledger: Any) -> None:
    await ledger.database.db.register.delete_one({"_id": ROW})

    problems = (await ledger.verify()).problems

    assert any("row 3 is missing" in problem for problem in problems)
    assert any("numbers are missing between INV-2026-00002" in problem for problem in problems)


async def test_a_removed_last_row_is_missed(ledger: Any) -> None:
    await ledger.database.db.register.delete_one({"_id": ROW[:-1] + "5"})

    assert any("ends at row 4" in problem for problem in (await ledger.verify()).problems)


@pytest.mark.parametrize(
    "change",
    [
        {"totals.lines.0.description": "something else"},
        {"totals.groups.0.net": 5},
        {"numbering.number": "INV-2026-99999"},
        {"buyer.digest": "0"},
        {"settlements.0.transaction_id": "0" * 24},
    ],
)
async def test_a_changed_document_is_named(ledger: Any, change: dict[str, Any]) -> None:
    await ledger.database.db.invoices.update_one({"numbering.sequence": 3}, {"$set": change})

    problems = (await ledger.verify()).problems

    assert problems
    assert all("row 3" in problem for problem in problems)


async def test_a_removed_document_is_named(ledger: Any) -> None:
    await ledger.database.db.invoices.delete_one({"numbering.sequence": 3})

    assert any("row 3" in problem and "gone" in problem for problem in (await ledger.verify()).problems)


async def test_a_moved_counter_is_named(ledger: Any) -> None:
    await ledger.database.db.invoice_sequences.update_one({}, {"$inc": {"value": 1}})

    assert any("stands at 6" in problem for problem in (await ledger.verify()).problems)


async def test_rendering_and_refunds_do_not_touch_the_seal(ledger: Any) -> None:
    await ledger.database.db.invoices.update_many(
        {}, {"$set": {"pdf_sha256": "0" * 64, "settlements.0.refunded": 10}, "$inc": {"version": 1}}
    )

    assert (await ledger.verify()).problems == []
