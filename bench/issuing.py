"""1,000 drafts of one series issued in parallel, and the bare writes that it takes."""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from gateway_contracts.aggregates import Scope
from gateway_contracts.clock import SystemClock
from gateway_contracts.collections import COLLECTIONS
from gateway_contracts.errors import ChangedMeanwhile, GatewayError
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.invoice_changes import CreateDraft, InvoiceItem
from gateway_kit.mongo.client import MongoClient, open_client
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.group_commit import GROUP_MAX, GroupCommit
from gateway_kit.mongo.indexes import apply_collection
from gateway_kit.mongo.unit_of_work import DURABLE, UnitOfWork
from gateway_testkit.keys import TEST_ORGANIZATION, new_keyring
from gateway_testkit.servers import choose_source, running_mongo
from invoice.domain.invoice import Invoice
from invoice.field_cipher import FieldCipher
from invoice.ports import OrganizationSettings, Payments
from invoice.store.documents import DOCUMENTS, stores_over
from invoice.use_cases.deps import Deps
from invoice.use_cases.issue_drafts import IssueDraft, issue_drafts
from invoice.use_cases.number_series import NumberSeries
from invoice.use_cases.write_draft import create_draft

INVOICES: Final = 1_000
ROUNDS: Final = 3
DATABASE: Final = "gw_invoice"
_SITE: Final = "65a5000000000000000000aa"
_SCOPE: Final = Scope(TEST_ORGANIZATION, livemode=True)
_WRITTEN: Final = ("register", "outbox")
"""Collections that get one row for each issued invoice."""


class _OneOrganization:
    """The seller of this measurement."""

    def settings(self, organization_id: str, *, livemode: bool, site_id: str | None = None) -> OrganizationSettings:
        return OrganizationSettings(organization_id, "Nordwind", "DE", {"vatId": "DE123456788"})

    def has_site(self, organization_id: str, site_id: str) -> bool:
        return True


@dataclass(frozen=True)
class _Desk:
    client: MongoClient
    deps: Deps

    async def issue(self) -> float:
        """The seconds for so many new drafts, which are not counted."""
        drafts = [await self._draft() for _ in range(INVOICES)]
        group = GroupCommit(self._write, collisions=(ChangedMeanwhile,), lane=lambda one: one.scope.organization_id)
        started = time.perf_counter()
        issued = await asyncio.gather(*(group.submit(IssueDraft(_SCOPE, draft.id)) for draft in drafts))
        seconds = time.perf_counter() - started
        assert all(isinstance(one, Invoice) and one.numbering for one in issued)
        return seconds

    async def _draft(self) -> Invoice:
        item = InvoiceItem(description="Consulting", quantity="2", unit_price=5950, tax_rate="19")
        buyer = Party(name="Buyer", address1="Lindenallee 5", country="DE")
        command = CreateDraft(
            invoice_id=new_object_id(), site_id=_SITE, currency="EUR", buyer=buyer, items=(item,), language="de"
        )
        return await create_draft(command, scope=_SCOPE, operation_id=None, deps=self.deps)

    async def _write(self, wanted: list[IssueDraft]) -> list[Invoice | GatewayError]:
        return await issue_drafts(wanted, deps=self.deps)

    async def write_bare(self) -> float:
        """The seconds for the same writes by the driver alone: rows like those of the last invoices, in groups."""
        db = self.client[DATABASE]
        like = {name: await self._newest(name) for name in ("invoices", *_WRITTEN)}
        identifiers = [new_object_id() for _ in range(INVOICES)]
        await db.invoices.insert_many([{**like["invoices"], "_id": name, "status": "draft"} for name in identifiers])
        started = time.perf_counter()
        for place in range(0, INVOICES, GROUP_MAX):
            await self._write_group(identifiers[place : place + GROUP_MAX], like)
        return time.perf_counter() - started

    async def _newest(self, collection: str) -> dict[str, Any]:
        row = await self.client[DATABASE][collection].find_one(sort=[("_id", -1)])
        assert row is not None
        # Numbers and positions are unique.
        return {name: value for name, value in row.items() if name not in ("numbering", "position")}

    async def _write_group(self, names: list[str], like: dict[str, dict[str, Any]]) -> None:
        db = self.client[DATABASE]

        async def write(session: AsyncClientSession) -> None:
            await db.invoices.find({"_id": {"$in": names}}, session=session).to_list()
            issued = {name: value for name, value in like["invoices"].items() if name != "_id"}
            updates = [UpdateOne({"_id": name, "status": "draft"}, {"$set": issued}) for name in names]
            await db.invoices.bulk_write(updates, session=session)
            for collection in _WRITTEN:
                rows = [InsertOne({**like[collection], "_id": f"bare:{name}"}) for name in names]
                await db[f"bare_{collection}"].bulk_write(rows, session=session)
            for counter in ("bare_counters", "bare_heads"):
                await db[counter].update_one({"_id": "x"}, {"$inc": {"value": 1}}, upsert=True, session=session)

        async with self.client.start_session() as session:
            await session.with_transaction(write, write_concern=DURABLE)


async def issued_in_parallel() -> tuple[list[float], list[float]]:
    """Seconds of an invoice, ours and bare, in turns."""
    with tempfile.TemporaryDirectory() as folder, running_mongo(choose_source("TEST_MONGODB_URI"), Path(folder)) as at:
        async with open_client(at.uri) as client:
            desk = await _desk(client)
            await desk.issue()
            ours, bare = [], []
            for _ in range(ROUNDS):
                ours.append(await desk.issue() / INVOICES)
                bare.append(await desk.write_bare() / INVOICES)
            return ours, bare


async def _desk(client: MongoClient) -> _Desk:
    for spec in COLLECTIONS:
        if spec.database == DATABASE:
            await apply_collection(client[DATABASE], spec)
    await bind_documents(client[DATABASE], DOCUMENTS)
    clock, stores = SystemClock(), stores_over()
    deps = Deps(
        uow=UnitOfWork(client, client[DATABASE], source="svc-invoice", clock=clock),
        clock=clock,
        organizations=_OneOrganization(),
        cipher=FieldCipher(new_keyring(TEST_ORGANIZATION)),
        stores=stores,
        series=NumberSeries(stores),
        payments=cast(Payments, None),
    )
    return _Desk(client, deps)
