"""Parts of a payment's story."""

import json
from typing import Final

from admin_api.console.parts import Part
from admin_api.console.translations import N_

PARTS: Final = (
    Part("refunds", N_("Refunds"), "/transactions/{transaction_id}/refunds", "refunds"),
    Part("disputes", N_("Disputes"), "/transactions/{transaction_id}/chargebacks", "chargebacks"),
    Part("ledger", N_("Ledger"), "/transactions/{transaction_id}/ledger"),
    Part("operations", N_("Requests to the provider"), "/transactions/{transaction_id}/operations", "operations"),
    Part("webhooks", N_("Webhooks of the provider"), "/transactions/{transaction_id}/webhooks", "webhooks"),
    Part("checkout", N_("Order"), "/checkouts/{checkout_id}"),
    Part("invoices", N_("Invoices"), "/invoices", "invoices", "transactionId"),
    Part("credit_notes", N_("Credit notes"), "/credit-notes", "creditNotes", "transactionId"),
    Part("cases", N_("Cases"), "/cases", "cases", "transactionId"),
)


def readable(text: str) -> str:
    """JSON text on several lines."""
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
