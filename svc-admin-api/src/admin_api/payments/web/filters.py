"""Query parameters of lists."""

from admin_api.shared.web.parameters import ListParameters
from gateway_contracts.requests.case import CaseFilters
from gateway_contracts.requests.invoice import CreditNoteFilters, InvoiceFilters
from gateway_contracts.requests.ipn import DeliveryFilters
from gateway_contracts.requests.templates import TemplateFilters
from gateway_contracts.requests.transaction import CheckoutFilters, TransactionFilters


class CheckoutListIn(CheckoutFilters, ListParameters):
    """Of checkouts."""


class TransactionListIn(TransactionFilters, ListParameters):
    """Of transactions."""


class CaseListIn(CaseFilters, ListParameters):
    """Of cases."""


class InvoiceListIn(InvoiceFilters, ListParameters):
    """Of invoices."""


class CreditNoteListIn(CreditNoteFilters, ListParameters):
    """Of credit notes."""


class DeliveryListIn(DeliveryFilters, ListParameters):
    """Of notifications."""


class TemplateListIn(TemplateFilters, ListParameters):
    """Of templates."""
