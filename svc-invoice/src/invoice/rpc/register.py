"""The handler of each method."""

from gateway_contracts.requests import invoice as reads
from gateway_contracts.requests import invoice_changes as changes
from gateway_kit.service import Runtime
from invoice.rpc.changes import ChangeHandlers
from invoice.rpc.handlers import Handlers


def register(runtime: Runtime, reading: Handlers, changing: ChangeHandlers) -> None:
    """Answer all requests of the service."""
    runtime.serve(reads.GET_INVOICE, reading.get_invoice)
    runtime.serve(reads.LIST_INVOICES, reading.list_invoices)
    runtime.serve(reads.GET_INVOICE_PDF, reading.get_invoice_pdf)
    runtime.serve(reads.GET_CREDIT_NOTE, reading.get_credit_note)
    runtime.serve(reads.LIST_CREDIT_NOTES, reading.list_credit_notes)
    runtime.serve(reads.GET_CREDIT_NOTE_PDF, reading.get_credit_note_pdf)
    runtime.serve(reads.GET_PRO_FORMA, reading.get_pro_forma)
    runtime.serve(reads.GET_RECEIPT, reading.get_receipt)
    runtime.serve(reads.GET_E_INVOICE, reading.get_e_invoice)
    runtime.serve(reads.GET_CORRECTION, reading.get_correction)
    runtime.serve(reads.LIST_OWN_DOCUMENTS, reading.list_own_documents)
    runtime.serve(changes.CREATE_DRAFT, changing.create_draft)
    runtime.serve(changes.PREVIEW_DRAFT, changing.preview_draft)
    runtime.serve(changes.REPLACE_DRAFT, changing.replace_draft)
    runtime.serve(changes.DRAFT_FROM_TRANSACTION, changing.draft_from_transaction)
    runtime.serve(changes.CHANGE_NOTES, changing.change_notes)
    runtime.serve(changes.SCHEDULE_DRAFT, changing.schedule_draft)
    runtime.serve(changes.LINK_TRANSACTION, changing.link_transaction)
    runtime.serve(changes.DELETE_DRAFT, changing.delete_draft)
    runtime.serve(changes.ISSUE_INVOICE, changing.issue_invoice)
    runtime.serve(changes.VOID_INVOICE, changing.void_invoice)
    runtime.serve(changes.CORRECT_INVOICE, changing.correct_invoice)
    runtime.serve(changes.REGENERATE_PDF, changing.regenerate_pdf)
    runtime.serve(changes.CREATE_CREDIT_NOTE, changing.create_credit_note)
    runtime.serve(changes.CREATE_PAYMENT_LINK, changing.create_payment_link)
