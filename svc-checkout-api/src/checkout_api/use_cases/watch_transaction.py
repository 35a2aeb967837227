"""Follow a transaction until nothing on the customer's page will change any more."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from checkout_api.domain.progress import is_complete
from checkout_api.use_cases.act_on_transaction import act_on_transaction
from checkout_api.use_cases.list_documents import list_documents
from gateway_contracts.errors import GatewayError
from gateway_contracts.requests.customer import GET_STATUS, StatusView
from gateway_contracts.requests.invoice import CustomerDocument
from gateway_contracts.rpc import Rpc
from gateway_kit.http.event_streams import HEARTBEAT_S, Watcher

# The browser reconnects by itself; a bounded life lets a rolling deploy move the streams.
LIFETIME_S = 600.0
# A paid checkout without a document after this time has no automatic invoice.
DOCUMENT_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Snapshot:
    """The status and the documents at one moment."""

    view: StatusView
    documents: tuple[CustomerDocument, ...]

    @property
    def is_paid(self) -> bool:
        """Whether a document may exist."""
        return self.view.status in {"succeeded", "refunded"}

    @property
    def is_complete(self) -> bool:
        """Whether nothing more will change."""
        return is_complete(self.view, self.documents)


async def take_snapshot(transaction_id: str, sessions: Sequence[str], *, owners: Rpc) -> Snapshot:
    """Status, and the documents once it is paid.

    Raises:
        NotFound: not a transaction of these sessions.
    """
    view = await act_on_transaction(GET_STATUS, transaction_id, sessions, owners=owners)
    documents: tuple[CustomerDocument, ...] = ()
    if view.status in {"succeeded", "refunded"}:
        try:
            documents = await list_documents(view.session_public_id, owners=owners)
        except GatewayError:
            # Without svc-invoice the customer still learns that the payment succeeded.
            documents = ()
    return Snapshot(view, documents)


async def watch_transaction(
    transaction_id: str, sessions: Sequence[str], nudge: Watcher, *, owners: Rpc
) -> AsyncIterator[Snapshot | None]:
    """Snapshots as they change, and None now and then as a sign of life.

    Ends when the last snapshot is complete, when no document comes, at the end of its life or at shutdown.
    """
    now = asyncio.get_running_loop().time
    ends_at = now() + LIFETIME_S
    paid_at: float | None = None
    last: Snapshot | None = None
    while now() < ends_at and not nudge.is_closing:
        current: Snapshot | None = last
        try:
            current = await take_snapshot(transaction_id, sessions, owners=owners)
        except GatewayError as exc:
            if exc.status != 503:
                return
        yield current if current != last else None
        last = current
        if current is not None and current.is_paid:
            paid_at = paid_at or now()
        is_done = current is not None and current.is_complete
        if is_done or (paid_at is not None and now() - paid_at > DOCUMENT_PATIENCE_S):
            return
        # Also the longest that a lost nudge is noticed late.
        await nudge.wait(HEARTBEAT_S)
