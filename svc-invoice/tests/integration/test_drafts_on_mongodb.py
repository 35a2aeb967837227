"""Drafts on a real database: issued at their time, numbered together with payments, found by lists."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from invoice_office import Office
from invoice_world import BUYER, ITEM, SITE, KnownPayments

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import GatewayError
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.invoice import InvoiceQuery
from gateway_contracts.requests.invoice_changes import CreateDraft
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from invoice.domain.invoice import Invoice
from invoice.use_cases.deps import Deps
from invoice.use_cases.finalize_drafts import finalize_drafts
from invoice.use_cases.issue_drafts import IssueDraft, issue_drafts
from invoice.use_cases.list_invoices import list_invoices
from invoice.use_cases.write_draft import create_draft

pytestmark = pytest.mark.integration

LIVE = Scope(TEST_ORGANIZATION, livemode=True)
OTHER = Scope(OTHER_ORGANIZATION, livemode=True)


@pytest.fixture
def deps(office: Office) -> Deps:
    return Deps(
        uow=office.uow,
        clock=office.clock,
        organizations=office.organizations,
        cipher=office.cipher,
        stores=office.stores,
        series=office.series,
        payments=KnownPayments(),
    )


async def draft(deps: Deps, scope: Scope = LIVE, **values: Any) -> Invoice:
    fields: dict[str, Any] = {"site_id": SITE, "currency": "EUR", "buyer": BUYER, "items": (ITEM,)}
    command = CreateDraft(invoice_id=new_object_id(), **fields | values)
    return await create_draft(command, scope=scope, operation_id=None, deps=deps)


async def test_drafts_of_several_tenants_are_issued_at_their_time(office: Office, deps: Deps) -> None:
    at = office.clock.now() + timedelta(minutes=5)
    due = [await draft(deps, scope, scheduled_finalize_at=at) for scope in (LIVE, OTHER, LIVE)]
    later = await draft(deps, scheduled_finalize_at=at + timedelta(days=1))
    unscheduled = await draft(deps)

    async def issue(wanted: IssueDraft) -> Invoice | GatewayError:
        [outcome] = await issue_drafts([wanted], deps=deps)
        return outcome

    passes = finalize_drafts(stores=office.stores, clock=office.clock, letters=office.letters, issue=issue)
    assert await passes.round() == 0
    office.clock.advance(301)
    assert await passes.round() == 3
    assert await passes.round() == 0

    numbers = {row["_id"]: row.get("numbering") for row in await office.rows("invoices")}
    assert all(numbers[one.id] for one in due)
    assert not any(numbers[one.id] for one in (later, unscheduled))
    assert office.letters.written == []
    assert (await office.verify()).problems == []


async def test_drafts_and_payments_share_a_series_without_gaps(office: Office, deps: Deps) -> None:
    drafts = [await draft(deps) for _ in range(4)]
    wanted = [IssueDraft(LIVE, one.id) for one in drafts]

    await asyncio.gather(
        issue_drafts(wanted, deps=deps),
        office.issue_all([office.event() for _ in range(4)]),
    )

    rows = await office.rows("invoices")
    assert sorted(row["numbering"]["sequence"] for row in rows) == list(range(1, 9))
    assert (await office.verify()).problems == []


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"state": "draft"}, 1),
        ({"state": "open"}, 1),
        ({"state": "settled"}, 0),
        ({"currency": "EUR"}, 2),
        ({"currency": "USD"}, 0),
        ({"client_id": "65f0000000000000000000cc"}, 1),
        ({"external_reference": "PROJECT-7"}, 1),
        ({"text": "project-7"}, 1),
        ({"text": "Consulting inv-2026-00001"}, 1),
        ({"text": "consulting absent"}, 0),
    ],
)
async def test_filters_of_lists(office: Office, deps: Deps, wanted: dict[str, Any], count: int) -> None:
    await draft(deps)
    await draft(deps, OTHER, external_reference="PROJECT-7", client_id="65f0000000000000000000cc")
    one = await draft(deps, external_reference="PROJECT-7", client_id="65f0000000000000000000cc")
    await issue_drafts([IssueDraft(LIVE, one.id)], deps=deps)

    found = await list_invoices(
        InvoiceQuery(**wanted), {"kind": "invoice"}, scope=LIVE, invoices=office.stores.invoices
    )

    assert found.total == count
