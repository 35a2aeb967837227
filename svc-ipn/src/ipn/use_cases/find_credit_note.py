"""The credit note that the notification of a lost dispute names."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from gateway_contracts.clock import Clock
from gateway_contracts.errors import GatewayError
from gateway_contracts.requests.invoice import CorrectionQuery, CorrectionRef
from gateway_kit.logging import get_logger
from ipn.errors import CreditNotePending

log = get_logger(__name__)

# Issuing takes a second. A merchant waits no longer than this for news that money was lost.
PATIENCE: Final = timedelta(seconds=30)

Ask = Callable[[CorrectionQuery], Awaitable[CorrectionRef]]


async def find_credit_note(
    wanted: CorrectionQuery, *, decided_at: datetime, ask: Ask, clock: Clock
) -> CorrectionRef | None:
    """None when there is none, or when it did not come in time.

    Raises:
        CreditNotePending: it may still come; the event is delivered again.
    """
    is_late = clock.now() - decided_at > PATIENCE
    try:
        found = await ask(wanted)
    except GatewayError as exc:
        if not is_late:
            raise CreditNotePending("the credit note cannot be asked for now") from exc
        log.warning("ipn.credit_note_unavailable", transaction_id=wanted.transaction_id, code=exc.code)
        return None
    if found.state == "unknown" and not is_late:
        raise CreditNotePending("the credit note is not issued yet")
    return found if found.state == "issued" else None
