"""The documents of the service's database: each inherits the object that it stores."""

from typing import ClassVar

from gateway_contracts.collections import collection_of
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.rows import RowsOf
from transaction.domain.checkout import Checkout
from transaction.domain.dispute import Dispute, Hold
from transaction.domain.records import Case, ParkedReport, ProviderOperation, Receipt, WebhookNote
from transaction.domain.refund import Refund
from transaction.domain.stored_entry import PaidReference, StoredEntry
from transaction.domain.transaction import Transaction
from transaction.ports import Collections
from transaction.queries.books import Ledger, PaidReferences
from transaction.queries.cases import Cases, Receipts
from transaction.queries.notes import WebhookNotes
from transaction.queries.operations import ParkedReports, ProviderOperations
from transaction.queries.payments import Checkouts, Transactions
from transaction.queries.reversals import Disputes, Holds, Refunds

_DATABASE = "gw_transaction"


class CheckoutDocument(Checkout, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "checkouts")


class TransactionDocument(Transaction, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "transactions")


class ProviderOperationDocument(ProviderOperation, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "provider_calls")


class CaseDocument(Case, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "cases")


class ReceiptDocument(Receipt, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "receipts")


class RefundDocument(Refund, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "refunds")


class DisputeDocument(Dispute, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "disputes")


class HoldDocument(Hold, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "customer_holds")


class LedgerEntryDocument(StoredEntry, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "ledger_entries")


class ParkedEventDocument(ParkedReport, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "parked_events")


class WebhookNoteDocument(WebhookNote, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "webhook_notes")


class PaidReferenceDocument(PaidReference, StoredDocument):
    collection: ClassVar = collection_of(_DATABASE, "paid_references")


DOCUMENTS: tuple[type[StoredDocument], ...] = (
    CheckoutDocument,
    TransactionDocument,
    ProviderOperationDocument,
    CaseDocument,
    ReceiptDocument,
    RefundDocument,
    DisputeDocument,
    HoldDocument,
    LedgerEntryDocument,
    ParkedEventDocument,
    PaidReferenceDocument,
    WebhookNoteDocument,
)


def open_collections(rows: RowsOf) -> Collections:
    """All collections, in MongoDB or in memory."""
    return Collections(
        checkouts=Checkouts(CheckoutDocument, rows(CheckoutDocument)),
        transactions=Transactions(TransactionDocument, rows(TransactionDocument)),
        ledger=Ledger(LedgerEntryDocument, rows(LedgerEntryDocument)),
        references=PaidReferences(PaidReferenceDocument, rows(PaidReferenceDocument)),
        operations=ProviderOperations(ProviderOperationDocument, rows(ProviderOperationDocument)),
        cases=Cases(CaseDocument, rows(CaseDocument)),
        notes=WebhookNotes(WebhookNoteDocument, rows(WebhookNoteDocument)),
        parked=ParkedReports(ParkedEventDocument, rows(ParkedEventDocument)),
        receipts=Receipts(ReceiptDocument, rows(ReceiptDocument)),
        refunds=Refunds(RefundDocument, rows(RefundDocument)),
        disputes=Disputes(DisputeDocument, rows(DisputeDocument)),
        holds=Holds(HoldDocument, rows(HoldDocument)),
    )
