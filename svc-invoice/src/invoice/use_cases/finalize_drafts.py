"""Drafts whose time has come are issued, or say what they lack."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from gateway_contracts.clock import Clock
from gateway_contracts.errors import GatewayError
from gateway_kit.logging import get_logger
from gateway_kit.passes import Letters, Pass
from invoice.domain.invoice import Invoice
from invoice.ports import Stores
from invoice.use_cases.issue_drafts import IssueDraft

log = get_logger(__name__)

NAME: Final = "finalize-drafts"
INTERVAL_S: Final = 5.0

Issue = Callable[[IssueDraft], Awaitable[Invoice | GatewayError]]


def finalize_drafts(*, stores: Stores, clock: Clock, letters: Letters, issue: Issue) -> Pass[Invoice]:
    """The pass over drafts that are issued by themselves, in turns of the organizations."""

    async def work(draft: Invoice) -> datetime | None:
        outcome = await issue(IssueDraft(draft.scope, draft.id, is_due=True))
        if isinstance(outcome, GatewayError):
            log.warning("invoice.not_finalized", invoice_id=draft.id, code=outcome.code)
        else:
            log.info("invoice.finalized", invoice_id=draft.id)
        return None

    return Pass(NAME, rows=stores.due_drafts, work=work, clock=clock, letters=letters)
