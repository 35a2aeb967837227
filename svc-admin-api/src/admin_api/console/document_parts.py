"""Parts of a document's page."""

from typing import Final

from admin_api.console.parts import Part
from admin_api.console.translations import N_

CREDIT_NOTES: Final = Part("credit_notes", N_("Credit notes"), "/credit-notes", "creditNotes", "invoiceId")
SENDINGS: Final = Part("sendings", N_("Messages"), "/notifications", "notifications", "objectId")
