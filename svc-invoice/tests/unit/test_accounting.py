"""VAT in the seller's accounting currency."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from invoice_world import BUYER, ITEM, LIVE, World

from gateway_contracts.errors import Conflict, Invalid
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.invoice_changes import DraftFromTransaction, InvoiceAccountingRate, InvoiceItem
from invoice.domain.accounting import AccountingRate, accounting_vat
from invoice.domain.content import AccountingVat
from invoice.domain.legal_content import legal_content
from invoice.domain.totals import Group, Totals
from invoice.einvoice.readiness import missing_for
from invoice.ports import SoldOrder
from invoice.rpc.records import record_of
from invoice.use_cases.document_content import content_of
from invoice.use_cases.paid_transaction import draft_from_transaction

RATE = InvoiceAccountingRate(currency="PLN", rate="4.2755", source="NBP", date="2026-01-14")
FREE = InvoiceItem(description="Course", unit_price=5000, category="O")


@pytest.fixture
def world() -> World:
    world = World()
    world.settings.invoicing["accountingCurrency"] = "PLN"
    return world


async def test_an_invoice_in_another_currency_needs_the_rate(world: World) -> None:
    draft = await world.draft()
    assert draft.draft_reasons == ("VAT_RATE_MISSING",)
    with pytest.raises(Conflict) as refused:
        await world.issue(draft)
    assert refused.value.data["reasons"] == ["VAT_RATE_MISSING"]

    issued = await world.issue(await world.replaced(draft, accounting_rate=RATE))

    cipher = world.deps.cipher
    content = content_of(issued, cipher.open_seller(issued), cipher.open_buyer(issued))
    # 19.00 EUR of VAT.
    assert content.accounting == AccountingVat("PLN", 8123, Decimal("4.2755"), "NBP", date(2026, 1, 14))
    shown = record_of(issued, cipher).accounting_rate
    assert shown is not None
    assert (shown.currency, shown.rate, shown.vat) == ("PLN", "4.2755", 8123)
    assert legal_content(issued)["accounting"]["rate"] == "4.2755"
    assert await world.problems() == []


@pytest.mark.parametrize(
    ("values", "reasons"),
    [
        ({"currency": "PLN"}, ()),
        ({"items": (FREE,)}, ()),
        ({"accounting_rate": RATE.model_copy(update={"currency": "CZK"})}, ("VAT_RATE_MISSING",)),
    ],
)
async def test_when_it_is_needed(world: World, values: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert (await world.draft(**values)).draft_reasons == reasons


async def test_the_setting_of_the_issue_decides(world: World) -> None:
    draft = await world.draft()
    del world.settings.invoicing["accountingCurrency"]
    assert (await world.issue(draft)).state == "open"

    later = await world.draft()
    world.settings.invoicing["accountingCurrency"] = "PLN"
    with pytest.raises(Conflict):
        await world.issue(later)


async def test_a_draft_over_a_payment_lacks_it_too(world: World) -> None:
    line = TransactionLine(name="Plan", quantity=1, unit_price=11900, vat_rate="19")
    payment = world.payments.pay(11900, order=SoldOrder(11900, lines=(line,), buyer=BUYER))
    command = DraftFromTransaction(invoice_id=new_object_id(), transaction_id=payment)

    draft = await draft_from_transaction(command, scope=LIVE, operation_id=None, deps=world.deps)

    assert draft.draft_reasons == ("VAT_RATE_MISSING",)
    issued = await world.issue(await world.replaced(draft, accounting_rate=RATE))
    assert (issued.state, issued.accounting and issued.accounting.currency) == ("settled", "PLN")


async def test_a_credit_note_states_it_by_the_same_rate(world: World) -> None:
    draft = await world.draft(items=(ITEM,), accounting_rate=RATE)
    note = await world.credit(await world.issue(draft))

    cipher = world.deps.cipher
    content = content_of(note, cipher.open_seller(note), cipher.open_buyer(note))
    assert content.accounting is not None
    assert content.accounting.amount == 8123


async def test_its_own_currency_is_refused(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        await world.draft(accounting_rate=RATE.model_copy(update={"currency": "EUR"}))

    assert [problem.field for problem in refused.value.details] == ["accountingRate.currency"]


@pytest.mark.parametrize(
    ("vat", "currency", "rate", "into", "amount"),
    [
        (1900, "EUR", "4.2755", "PLN", 8123),
        (1900, "EUR", "162.35", "JPY", 3085),
        (190, "JPY", "0.00616", "EUR", 117),
        (1900, "EUR", "0.335", "KWD", 6365),
        (1, "EUR", "0.4", "USD", 0),
        (1, "EUR", "0.5", "USD", 1),
    ],
)
def test_decimals_and_rounding(vat: int, currency: str, rate: str, into: str, amount: int) -> None:
    group = Totals("gross", currency, (), (), ())
    totals = replace(group, groups=(_group(vat),))

    found = accounting_vat(totals, AccountingRate(into, rate, "ECB", "2026-01-14"))

    assert found is not None
    assert found.amount == amount


def _group(vat: int) -> Group:
    return Group("19", vat * 5, vat, vat * 6)


async def test_a_currency_with_three_decimals_has_no_electronic_form(world: World) -> None:
    world.settings.invoicing["accountingCurrency"] = "KWD"
    issued = await world.issued(accounting_rate=RATE.model_copy(update={"currency": "KWD", "rate": "0.335"}))
    cipher = world.deps.cipher

    missing = missing_for(content_of(issued, cipher.open_seller(issued), cipher.open_buyer(issued)), "zugferd")

    assert "ACCOUNTING_CURRENCY_NOT_LISTED" in [one.code for one in missing]
