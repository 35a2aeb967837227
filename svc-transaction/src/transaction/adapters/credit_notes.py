"""Credit notes, asked for at svc-invoice."""

from collections.abc import Awaitable
from typing import Final, Protocol

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import GatewayError
from gateway_contracts.requests.invoice import GET_CORRECTION, CorrectionQuery, CorrectionRef
from gateway_contracts.rpc import Method
from gateway_kit.logging import get_logger
from transaction.ports import CreditNote

log = get_logger(__name__)

PATIENCE_S: Final = 1.0
"""A refusal says what it can say at once: it does not wait for another service."""


class Requests(Protocol):
    """The client of requests on the bus."""

    def call(
        self,
        method: Method[CorrectionQuery, CorrectionRef],
        request: CorrectionQuery,
        *,
        actor: Actor,
        timeout_s: float | None = None,
    ) -> Awaitable[CorrectionRef]: ...


class InvoiceCreditNotes:
    """The port of credit notes."""

    def __init__(self, requests: Requests, *, service: str) -> None:
        self._requests = requests
        self._service = service

    async def of_dispute(self, scope: Scope, *, transaction_id: str, dispute_id: str) -> CreditNote | None:
        """See the port."""
        actor = Actor(
            kind="service",
            subject_id=self._service,
            organization_id=scope.organization_id,
            livemode=scope.mode,
            scopes=("credit_note:read",),
        )
        wanted = CorrectionQuery(transaction_id=transaction_id, origin_id=dispute_id)
        try:
            found = await self._requests.call(GET_CORRECTION, wanted, actor=actor, timeout_s=PATIENCE_S)
        except GatewayError as exc:
            log.warning("credit_note.unavailable", dispute_id=dispute_id, code=exc.code)
            return None
        if found.state != "issued" or found.credit_note_id is None or found.number is None:
            return None
        return CreditNote(found.credit_note_id, found.number)
