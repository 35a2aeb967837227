"""One payment, one invoice, one number, whatever is delivered how often."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from invoice_office import Office

from gateway_contracts.errors import ChangedMeanwhile, Rejected, Transient
from gateway_contracts.events.transaction import TransactionLine
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import AlreadyHandled, Tx
from gateway_testkit.keys import OTHER_ORGANIZATION
from invoice.domain.invoice import Invoice
from invoice.store.documents import InvoiceDocument
from invoice.use_cases.number_series import NumberSeries

pytestmark = pytest.mark.integration


async def test_the_same_event_twenty_times_at_once_makes_one_invoice(office: Office) -> None:
    event = office.event()

    outcomes = await asyncio.gather(*(office.issue(event) for _ in range(20)), return_exceptions=True)

    assert sum(isinstance(outcome, Invoice) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AlreadyHandled) for outcome in outcomes) == 19
    assert len(await office.rows("invoices")) == 1
    assert len(await office.rows("register")) == 1
    assert [row["body"]["type"] for row in await office.rows("outbox")] == ["invoice.issued.v1"]


async def test_another_event_of_the_same_transaction_uses_no_number(office: Office) -> None:
    event = office.event(party=None)
    first = await office.issue(event)

    again = await office.issue(office.announced_again(event))

    assert again.numbering == first.numbering
    assert len(await office.rows("outbox")) == 1
    assert (await office.issued()).numbering.sequence == 2


async def test_two_processes_that_race_for_a_transaction_make_one_invoice(office: Office) -> None:
    event = office.event(party=None)
    twins = [office.announced_again(event) for _ in range(8)]

    # Separate sequences have separate lanes, as separate processes do.
    outcomes = await asyncio.gather(
        *(office.issue(twin, series=NumberSeries(office.stores)) for twin in twins),
        return_exceptions=True,
    )

    assert len({outcome.id for outcome in outcomes if isinstance(outcome, Invoice)}) == 1
    assert len(await office.rows("invoices")) == 1
    assert (await office.verify()).problems == []


class Crash(Exception):
    """An abort in the middle of a transaction."""


class CrashingInvoices(Store[Invoice]):
    """Aborts every third transaction after everything else was asked for."""

    inserts = 0

    def insert(self, tx: Tx, aggregate: Invoice, *, otherwise: Exception | None = None) -> None:
        super().insert(tx, aggregate, otherwise=otherwise)
        CrashingInvoices.inserts += 1
        if CrashingInvoices.inserts % 3 == 0:
            raise Crash


async def test_two_hundred_parallel_issues_with_aborts_leave_no_gap(office: Office) -> None:
    """Four processes (each with its own lanes) issue at once; what aborts is delivered again."""
    offices = [NumberSeries(office.stores) for _ in range(4)]
    crashing = replace(office.stores, invoices=CrashingInvoices(InvoiceDocument, MongoRows(InvoiceDocument)))
    aborted = 0

    async def deliver(index: int) -> None:
        nonlocal aborted
        event = office.event(1000 + index)
        while True:
            try:
                await office.issue(event, series=offices[index % 4], stores=crashing)
            except (Crash, ChangedMeanwhile, Transient):
                aborted += 1
                continue
            return

    await asyncio.gather(*(deliver(index) for index in range(200)))

    assert aborted >= 60
    numbers = sorted(row["numbering"]["sequence"] for row in await office.rows("invoices"))
    assert numbers == list(range(1, 201))
    assert sorted(row["position"] for row in await office.rows("register")) == numbers
    assert len(await office.rows("outbox")) == 200
    findings = await office.verify()
    assert (findings.rows, findings.problems) == (200, [])


async def test_test_and_live_have_series_of_their_own(office: Office) -> None:
    live = await office.issued()
    test = await office.issued(livemode=False)

    assert live.numbering.number == "INV-2026-00001"
    assert test.numbering.number == "TEST-INV-2026-00001"


async def test_the_count_restarts_with_the_year(office: Office) -> None:
    await office.issued()
    office.clock.advance(360 * 86_400)

    assert (await office.issued()).numbering.number == "INV-2027-00001"
    assert (await office.verify()).problems == []


async def test_changed_layouts_never_print_a_number_twice(office: Office) -> None:
    """From yearly to never and back, the text of the numbers staying the same."""
    settings = office.organizations.settings(office.event().organization_id, livemode=True).invoicing
    found = []
    for policy in ("calendar_year", "calendar_year", "never", "never", "calendar_year"):
        settings["invoiceNumberLayout"] = {"resetPolicy": policy}
        found.append((await office.issued()).numbering.number)

    assert found == [f"INV-2026-{n:05d}" for n in range(1, 6)]
    assert (await office.verify()).problems == []


async def test_start_number(office: Office) -> None:
    settings = office.organizations.settings(office.event().organization_id, livemode=True).invoicing
    settings["invoiceNumberLayout"] = {"startNumber": 500, "prefix": "RE-"}

    assert [(await office.issued()).numbering.number for _ in range(2)] == ["RE-2026-00500", "RE-2026-00501"]
    assert (await office.verify()).problems == []


async def test_a_merchant_with_own_invoices_gets_none(office: Office) -> None:
    assert await office.issue(office.event(invoice_number="MY-1")) is None
    assert await office.rows("invoices") == []


@pytest.mark.parametrize("settings", [{"enabled": False}, {"autoGenerateInvoice": False}])
async def test_switched_off(office: Office, settings: dict[str, bool]) -> None:
    office.organizations.settings(office.event().organization_id, livemode=True).invoicing.update(settings)

    assert await office.issue(office.event()) is None


async def test_unknown_organizations_wait(office: Office) -> None:
    del office.organizations.known[OTHER_ORGANIZATION]
    with pytest.raises(Transient):
        await office.issue(office.event(organization_id=OTHER_ORGANIZATION))


async def test_an_unusable_layout_is_a_dead_letter_that_uses_no_number(office: Office) -> None:
    settings = office.organizations.settings(office.event().organization_id, livemode=True).invoicing
    settings["invoiceNumberLayout"] = {"periodType": "none", "resetPolicy": "calendar_year"}

    with pytest.raises(Rejected) as refused:
        await office.issue(office.event())

    assert refused.value.code == "INVOICE_LAYOUT_REFUSED"
    assert refused.value.details[0].field == "invoiceNumberLayout.resetPolicy"
    assert await office.rows("invoice_sequences") == []


async def test_undetermined_tax_stays_a_draft_without_number(
    office: Office, line: Callable[..., TransactionLine]
) -> None:
    lines = (line(unit_price=10000), line("Tax", 1234, item_type="tax"))

    draft = await office.issued(amount=11234, lines=lines)

    assert (draft.status, draft.draft_reason, draft.numbering) == ("draft", "TAX_RATE_REQUIRED", None)
    assert draft.state == "draft"
    [drafted] = [row["body"] for row in await office.rows("outbox")]
    assert (drafted["type"], drafted["entityId"], drafted["sequence"]) == ("invoice.drafted.v1", draft.id, 1)
    assert (drafted["data"]["reason"], drafted["data"]["total"]) == ("TAX_RATE_REQUIRED", 11234)
    assert (await office.issued()).numbering.sequence == 1


async def test_rates_on_some_items_only_leave_a_draft(office: Office, line: Callable[..., TransactionLine]) -> None:
    lines = (line(unit_price=10000, vat_rate="19"), line("Shipping", 490, item_type="shipping"))

    draft = await office.issued(amount=10490, lines=lines)

    assert (draft.status, draft.draft_reason, draft.numbering) == ("draft", "TAX_RATE_REQUIRED", None)
    assert (draft.totals.vat, draft.totals.total) == (0, 10490)


async def test_parties_are_stored_only_encrypted_under_the_records_key(office: Office) -> None:
    invoice = await office.issued()

    stored = str(await office.rows("invoices"))

    for secret in ("Anna", "anna@example.org", "Lindenallee", "nordwind.example", "Speicherstra"):
        assert secret not in stored
    assert invoice.buyer.value.p == "records"
    assert office.cipher.open_buyer(invoice).name == "Anna Schmidt"
    assert office.cipher.open_seller(invoice).name == "Nordwind Handel GmbH"
    assert not any(event["entity_id"] != invoice.id for event in await office.rows("outbox"))


async def test_session_id_is_not_stored(office: Office) -> None:
    event = office.event()
    await office.issue(event)

    assert office.session_of(event) not in str(await office.rows("invoices"))


async def test_payments_that_wait_together_get_their_numbers_in_one_transaction(office: Office) -> None:
    await office.issued()
    events = [office.event(party=None) for _ in range(6)]
    events[4] = office.announced_again(events[1])
    trial = office.event(party=None, livemode=False)

    invoices = await office.issue_all([*events[:3], trial, *events[3:]])

    assert [invoice.numbering.sequence for invoice in invoices] == [2, 3, 4, 1, 5, 3, 6]
    assert len(await office.rows("invoices")) == 7
    assert (await office.verify()).problems == []


async def test_when_one_of_a_group_was_handled_before_no_number_is_used(office: Office) -> None:
    events = [office.event(party=None) for _ in range(3)]
    await office.issue(events[1])

    with pytest.raises(AlreadyHandled):
        await office.issue_all(events)

    assert len(await office.rows("invoices")) == 1
    assert (await office.issued()).numbering.sequence == 2
    assert (await office.verify()).problems == []
