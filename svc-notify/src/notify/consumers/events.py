"""Events of payments, documents and members that people learn of."""

from gateway_contracts.envelope import Envelope
from gateway_contracts.events.credit_note import CreditNoteRenderedV2
from gateway_contracts.events.invoice import CreditNoteRenderedV1, InvoiceRenderedV1
from gateway_contracts.events.tenancy import MemberInvitedV1
from gateway_contracts.events.transaction import TransactionFailedV1, TransactionSucceededV1
from gateway_kit.nats.consumers import EventRouter
from notify.ports import Deps
from notify.use_cases.announce import announce_document, announce_failure, announce_invitation, announce_success


def router(deps: Deps) -> EventRouter:
    """The consumers of this service."""
    made = EventRouter()

    @made.subscriber("notify-on-transaction-succeeded")
    async def on_transaction_succeeded(event: Envelope[TransactionSucceededV1]) -> None:
        """Announce a payment that succeeded."""
        await announce_success(event, "notify-on-transaction-succeeded", deps=deps)

    @made.subscriber("notify-on-transaction-failed")
    async def on_transaction_failed(event: Envelope[TransactionFailedV1]) -> None:
        """Announce a payment that failed."""
        await announce_failure(event, "notify-on-transaction-failed", deps=deps)

    @made.subscriber("notify-on-invoice-rendered")
    async def on_invoice_rendered(event: Envelope[InvoiceRenderedV1]) -> None:
        """Announce an invoice, with its PDF."""
        await announce_document(event, "notify-on-invoice-rendered", deps=deps)

    @made.subscriber("notify-on-credit-note-rendered")
    async def on_credit_note_rendered(
        event: Envelope[CreditNoteRenderedV2] | Envelope[CreditNoteRenderedV1],
    ) -> None:
        """Announce a credit note, with its PDF. Version 1 waits in backlogs of an earlier version of this service."""
        await announce_document(event, "notify-on-credit-note-rendered", deps=deps)

    @made.subscriber("notify-on-member-invited")
    async def on_member_invited(event: Envelope[MemberInvitedV1]) -> None:
        """Mail an invitation to the person that it is for."""
        await announce_invitation(event, "notify-on-member-invited", deps=deps)

    return made
