"""Documents of svc-invoice and payments of svc-transaction."""

import base64
from typing import Protocol

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import NotFound
from gateway_contracts.requests.invoice import (
    GET_CREDIT_NOTE,
    GET_CREDIT_NOTE_PDF,
    GET_INVOICE,
    GET_INVOICE_PDF,
    CreditNoteRecord,
    CreditNoteRef,
    DocumentRecord,
    DocumentRef,
    InvoiceRecord,
    InvoiceRef,
)
from gateway_contracts.requests.notify import DocumentKind
from gateway_contracts.requests.transaction import GET_TRANSACTION, TransactionRef
from gateway_contracts.rpc import Rpc
from notify.domain.outgoing import Attachment
from notify.ports import Described


class Shelf(Protocol):
    """Where rendered documents lie (`gateway_kit.nats.documents.NatsDocumentStore`)."""

    async def get(self, name: str, key: bytes) -> bytes: ...


class InvoiceDocuments:
    """See the port. The rights of a request are those that it needs, in the scope of the message."""

    def __init__(self, rpc: Rpc, shelf: Shelf, *, service: str) -> None:
        self._rpc = rpc
        self._shelf = shelf
        self._service = service

    async def describe(self, kind: DocumentKind, document_id: str, *, scope: Scope) -> Described:
        record: InvoiceRecord | CreditNoteRecord
        if kind == "invoice":
            actor = _actor(self._service, scope, "invoice:read")
            record = await self._rpc.call(GET_INVOICE, InvoiceRef(invoice_id=document_id), actor=actor)
        else:
            actor = _actor(self._service, scope, "credit_note:read")
            record = await self._rpc.call(GET_CREDIT_NOTE, CreditNoteRef(credit_note_id=document_id), actor=actor)
        return _described(record, invoice_number=getattr(record, "invoice_number", None), link=_page_of(record))

    async def fetch(self, kind: DocumentKind, document_id: str, *, scope: Scope) -> Attachment:
        if kind == "invoice":
            actor = _actor(self._service, scope, "invoice:execute")
            reference = await self._rpc.call(GET_INVOICE_PDF, InvoiceRef(invoice_id=document_id), actor=actor)
        else:
            actor = _actor(self._service, scope, "credit_note:execute")
            note = CreditNoteRef(credit_note_id=document_id)
            reference = await self._rpc.call(GET_CREDIT_NOTE_PDF, note, actor=actor)
        return await self._attachment(reference)

    async def _attachment(self, reference: DocumentRef) -> Attachment:
        data = await self._shelf.get(reference.object_name, base64.b64decode(reference.key))
        return Attachment(reference.file_name, reference.media_type, data)


class OwnedPayments:
    """See the port."""

    def __init__(self, rpc: Rpc, *, service: str) -> None:
        self._rpc = rpc
        self._service = service

    async def email_of(self, transaction_id: str, *, scope: Scope) -> str | None:
        actor = _actor(self._service, scope, "transaction:read")
        try:
            record = await self._rpc.call(GET_TRANSACTION, TransactionRef(transaction_id=transaction_id), actor=actor)
        except NotFound:
            # Deleted since.
            return None
        return record.email


def _actor(service: str, scope: Scope, right: str) -> Actor:
    return Actor(
        kind="service",
        subject_id=service,
        organization_id=scope.organization_id,
        livemode=scope.mode,
        site_id=scope.site_id,
        scopes=(right,),
    )


def _page_of(record: InvoiceRecord | CreditNoteRecord) -> str | None:
    """The page by which all that is outstanding is paid, as the document prints it; none for a part of it."""
    if not isinstance(record, InvoiceRecord) or record.payment_link is None:
        return None
    link = record.payment_link
    return link.payment_url if link.amount == record.outstanding else None


def _described(record: DocumentRecord, *, invoice_number: str | None, link: str | None) -> Described:
    buyer = record.buyer
    return Described(
        issued_at=getattr(record, "issued_at", None),
        site_id=record.site_id,
        email=buyer.email if buyer else None,
        facts={
            "customer": (buyer.name or buyer.company) if buyer else None,
            "number": getattr(record, "number", None),
            "invoice_number": invoice_number,
            "link": link,
            "amount": record.total,
            "currency": record.currency,
            "date": record.issued_on,
        },
    )
