"""Refunds that succeeded and disputes that were lost become credit notes."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from gateway_contracts.envelope import Envelope
from gateway_contracts.events.dispute import DisputeChange, DisputeClosedV1
from gateway_contracts.events.refund import RefundChange, RefundFailedV1, RefundSucceededV1
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import InboxKey
from gateway_kit.nats.consumers import EventRouter
from invoice.domain.credit import ReturnedLine
from invoice.domain.invoice import Invoice
from invoice.domain.reversal import Reversal

log = get_logger(__name__)

REFUNDS: Final = "invoice-on-refunds"
DISPUTES: Final = "invoice-on-disputes"
_LOST: Final = ("lost", "accepted")

Apply = Callable[..., Awaitable[Invoice | None]]


def router(*, credit: Apply, restore: Apply, issued: Callable[[], None]) -> EventRouter:
    """The consumers of refunds and disputes; ``issued`` wakes the renderer after the commit."""
    made = EventRouter()

    @made.subscriber(REFUNDS)
    async def on_refund(event: Envelope[RefundChange]) -> None:
        """Credit a refund that succeeded; warn when one failed after its success."""
        refund = event.data
        if refund.funds == "held":
            return  # money that was never part of the sale
        inbox = InboxKey(REFUNDS, event.id)
        if isinstance(refund, RefundSucceededV1):
            _tell(await credit(_refunded(event, refund), inbox=inbox), issued)
        elif isinstance(refund, RefundFailedV1) and refund.was_succeeded:
            _warn(await restore(_refunded(event, refund), inbox=inbox))

    @made.subscriber(DISPUTES)
    async def on_dispute_closed(event: Envelope[DisputeClosedV1]) -> None:
        """Credit a dispute that was lost. An inquiry moves no money."""
        dispute = event.data
        if dispute.kind == "inquiry":
            return
        inbox = InboxKey(DISPUTES, event.id)
        if dispute.status in _LOST:
            _tell(await credit(_lost(event, dispute), inbox=inbox), issued)
        else:
            _warn(await restore(_lost(event, dispute), inbox=inbox))

    return made


def _refunded(event: Envelope[Any], refund: RefundChange) -> Reversal:
    return Reversal(
        event.organization_id,
        event.livemode,
        refund.transaction_id,
        "refund",
        refund.refund_id,
        refund.amount,
        refund.currency,
        refund.occurred_at,
        tuple(ReturnedLine(line.line, line.amount) for line in refund.lines),
    )


def _lost(event: Envelope[Any], dispute: DisputeChange) -> Reversal:
    return Reversal(
        event.organization_id,
        event.livemode,
        dispute.transaction_id,
        "dispute",
        dispute.dispute_id,
        dispute.amount,
        dispute.currency,
        dispute.occurred_at,
    )


def _tell(note: Invoice | None, issued: Callable[[], None]) -> None:
    if note is None or note.numbering is None:
        log.info("credit_note.not_due")
        return
    log.info("credit_note.issued", credit_note_id=note.id, number=note.numbering.number)
    issued()


def _warn(standing: Invoice | None) -> None:
    if standing is not None:
        log.warning("credit_note.stands_without_reversal", credit_note_id=standing.id)
