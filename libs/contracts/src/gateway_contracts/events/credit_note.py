"""Facts about credit notes of every reason, written by svc-invoice.

The first version of these events, in `gateway_contracts.events.invoice`, knows refunds and disputes alone. It is
published beside this one.
"""

from datetime import datetime
from typing import Annotated, ClassVar

from gateway_contracts.envelope import EventData
from gateway_contracts.public_events import INTERNAL


class AnyCreditNoteChange(EventData):
    """Fields of events of every credit note. No personal data. Amounts are positive.

    Attributes:
        reason: ``refund``, ``dispute``, ``void`` (the invoice was reversed) or ``manual`` (its merchant takes a part
            of it back).
        origin_id: the refund or dispute; without one, the id of the invoice or of the credit note.
        transaction_id, checkout_id: of the payment whose money went back; empty where none did.
    """

    credit_note_id: str
    number: str
    invoice_id: str
    invoice_number: str
    reason: str
    origin_id: str
    site_id: str
    transaction_id: str
    checkout_id: str
    currency: str
    total: int
    occurred_at: datetime


class CreditNoteIssuedV2(AnyCreditNoteChange):
    """The credit note got its number; lines and totals are final."""

    TYPE: ClassVar[str] = "credit_note.issued.v2"


class CreditNoteRenderedV2(AnyCreditNoteChange):
    """Its PDF is in the document store."""

    TYPE: ClassVar[str] = "credit_note.rendered.v2"
    object_name: Annotated[str, INTERNAL]
    sha256: str
