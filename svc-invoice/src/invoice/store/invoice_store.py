"""Invoices and credit notes: inserts, guarded updates, reads within a tenant's scope."""

from collections.abc import Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.envelope import Envelope
from gateway_contracts.events.transaction import TransactionSucceededV1
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.telemetry import current_traceparent
from invoice.domain.invoice import Invoice, Kind
from invoice.errors import StaleInvoice
from invoice.ports import InvoiceFilter, TenantScope, Window
from invoice.store.documents import INVOICES, UNINVOICED, InvoiceDocument, Row, from_row, to_row

SESSION_DOCUMENTS_MAX = 100


def scoped(scope: TenantScope) -> Row:
    """The one place that limits reads to a caller's tenant, mode and site."""
    found: Row = {"organization_id": scope.organization_id, "livemode": scope.livemode}
    if scope.site_id is not None:
        found["site_id"] = scope.site_id
    return found


def _matching(scope: TenantScope, wanted: InvoiceFilter) -> Row:
    clauses: list[Row] = [scoped(scope) | {"kind": wanted.kind}]
    for field, value in (
        ("site_id", wanted.site_id),
        ("payment.transaction_id", wanted.transaction_id),
        ("numbering.number", wanted.number),
        ("correction.invoice_id", wanted.invoice_id),
    ):
        if value is not None:
            clauses.append({field: value})
    if wanted.created_from is not None:
        clauses.append({"created_at": {"$gte": wanted.created_from}})
    if wanted.created_to is not None:
        clauses.append({"created_at": {"$lte": wanted.created_to}})
    return {"$and": clauses}


class MongoInvoices:
    """All access to the collection of invoices."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._rows = db[INVOICES]
        self._uninvoiced = db[UNINVOICED]

    async def by_transactions(self, tx: Tx, payments: Sequence[Envelope[TransactionSucceededV1]]) -> dict[str, Invoice]:
        by_owner: dict[str, list[str]] = {}
        for event in payments:
            by_owner.setdefault(event.organization_id, []).append(event.data.transaction_id)
        # One alternative for each organization: the server plans every alternative against every index.
        wanted = [
            # The index of transactions holds invoices only: without their kind it would not be used.
            {"organization_id": owner, "payment.transaction_id": {"$in": ids}, "kind": "invoice"}
            for owner, ids in by_owner.items()
        ]
        rows = self._rows.find({"$or": wanted}, session=await tx.settled())
        found = [from_row(row) async for row in rows]
        return {invoice.payment.transaction_id: invoice for invoice in found}

    async def note_uninvoiced(self, payments: Sequence[Envelope[TransactionSucceededV1]]) -> None:
        rows = {
            event.data.transaction_id: {"organization_id": event.organization_id, "created_at": event.time}
            for event in payments
        }
        await self._uninvoiced.bulk_write(
            [UpdateOne({"_id": key}, {"$setOnInsert": row}, upsert=True) for key, row in rows.items()]
        )

    async def is_uninvoiced(self, tx: Tx, organization_id: str, transaction_id: str) -> bool:
        condition = {"_id": transaction_id, "organization_id": organization_id}
        return await self._uninvoiced.find_one(condition, session=await tx.settled()) is not None

    async def of_transaction(self, tx: Tx, organization_id: str, transaction_id: str) -> Invoice | None:
        condition = {"organization_id": organization_id, "payment.transaction_id": transaction_id, "kind": "invoice"}
        row = await self._rows.find_one(condition, session=await tx.settled())
        return None if row is None else from_row(row)

    async def credit_notes(self, tx: Tx, invoice: Invoice) -> list[Invoice]:
        condition = {"correction.invoice_id": invoice.id, "kind": "credit_note"}
        return [from_row(row) async for row in self._rows.find(condition, session=await tx.settled())]

    async def move_money(self, tx: Tx, invoice: Invoice, *, refunded: int, credited: int) -> None:
        tx.pending.update(
            INVOICES,
            {"_id": invoice.id, "version": invoice.version},
            {"$inc": {"version": 1, "payment.refunded": refunded, "payment.credited": credited}},
            otherwise=StaleInvoice("the invoice changed meanwhile"),
        )

    async def add(self, tx: Tx, invoice: Invoice) -> None:
        # The document is made later, perhaps by another process: its span continues this trace.
        tx.pending.insert(INVOICES, to_row(invoice) | {"traceparent": current_traceparent()})

    async def mark_rendered(self, tx: Tx, invoice: Invoice, sha256: str) -> bool:
        result = await self._rows.update_one(
            # Whatever its version: money that goes back meanwhile changes nothing on the paper.
            {"_id": invoice.id, "render_state": "pending"},
            {
                "$set": {"pdf_object": invoice.object_name, "pdf_sha256": sha256, "render_state": "done"},
                "$inc": {"version": 1},
            },
            session=tx.session,
        )
        return result.modified_count == 1

    async def find(self, scope: TenantScope, kind: Kind, document_id: str) -> Invoice | None:
        found = await InvoiceDocument.find_one({"_id": document_id, "kind": kind, **scoped(scope)})
        return None if found is None else found.to_domain()

    async def select(self, scope: TenantScope, wanted: InvoiceFilter, window: Window) -> list[Invoice]:
        query = _matching(scope, wanted)
        if window.after is not None:
            moment, last_id = window.after
            older = {"$or": [{"created_at": {"$lt": moment}}, {"created_at": moment, "_id": {"$lt": last_id}}]}
            query["$and"].append(older)
        rows = self._rows.find(query).sort([("created_at", -1), ("_id", -1)]).skip(window.skip).limit(window.limit)
        return [from_row(row) async for row in rows]

    async def count(self, scope: TenantScope, wanted: InvoiceFilter, *, limit: int) -> int:
        return await self._rows.count_documents(_matching(scope, wanted), limit=limit)

    async def of_payment(self, scope: TenantScope, transaction_id: str) -> Invoice | None:
        condition = {"payment.transaction_id": transaction_id, "kind": "invoice"}
        row = await self._rows.find_one(scoped(scope) | condition)
        return None if row is None else from_row(row)

    async def of_origin(self, scope: TenantScope, transaction_id: str, origin_id: str) -> Invoice | None:
        condition = {
            "payment.transaction_id": transaction_id,
            "kind": "credit_note",
            "correction.origin_id": origin_id,
        }
        row = await self._rows.find_one(scoped(scope) | condition)
        return None if row is None else from_row(row)

    async def is_left_out(self, scope: TenantScope, transaction_id: str) -> bool:
        condition = {"_id": transaction_id, "organization_id": scope.organization_id}
        return await self._uninvoiced.find_one(condition) is not None

    async def of_session(self, session_hash: str, invoice_id: str | None) -> list[Invoice]:
        query: Row = {"payment.session_hash": session_hash, "status": "issued"}
        if invoice_id is not None:
            query["_id"] = invoice_id
        rows = self._rows.find(query).sort([("issued_at", 1), ("_id", 1)]).limit(SESSION_DOCUMENTS_MAX)
        return [from_row(row) async for row in rows]
