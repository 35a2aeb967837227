"""``/api/v1/transactions/{id}/events``: Server-Sent Events for a page that waits."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import StreamingResponse

from checkout_api.use_cases.act_on_transaction import act_on_transaction
from checkout_api.use_cases.watch_transaction import Snapshot, watch_transaction
from checkout_api.web.dependencies import CurrentDeps, Deps
from checkout_api.web.ownership import HEADER
from checkout_api.web.schemas import DocumentBody, StatusBody
from gateway_contracts.requests.customer import GET_STATUS
from gateway_kit.http.event_streams import MEDIA_TYPE, Watcher, event, event_stream, heartbeat
from gateway_kit.http.rate_limit import subject_of
from gateway_kit.http.routing import Router

router = Router(prefix="/api/v1/transactions")


@dataclass(frozen=True)
class Watched:
    """Subject of one stream, and the rights of its reader.

    Attributes:
        base_path: the address of the documents, for readers who know the session's secret name.
        shows_documents: whether the reader may know of documents at all.
    """

    transaction_id: str
    sessions: Sequence[str]
    base_path: str | None
    shows_documents: bool


@router.get(
    "/{transaction_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "Events until the payment has ended."}},
)
async def follow(transaction_id: str, request: Request, deps: CurrentDeps) -> StreamingResponse:
    """Stream a ``status`` event after each change, comments as heartbeat, and a final ``end`` event."""
    sessions = deps.proofs.claimed_sessions(request)
    # Ownership is proven before the stream begins: afterwards there is no status code left to answer with.
    view = await act_on_transaction(GET_STATUS, transaction_id, sessions, owners=deps.owners)
    # A page that proves itself by cookie never learns the session's secret name; its links use the short code.
    names_it = request.headers.get(HEADER) == view.session_public_id
    base_path = documents_path(view.session_public_id) if names_it else None
    shows_documents = names_it or deps.proofs.is_payer(request, view.session_public_id, transaction_id)
    watched = Watched(transaction_id, sessions, base_path, shows_documents=shows_documents)
    address = subject_of(request.client.host if request.client else "")
    return event_stream(
        lambda: deps.nudges.watch(transaction_id, address), lambda watcher: _events(watched, watcher, deps)
    )


def documents_path(session_public_id: str) -> str:
    """Where the documents of a session are listed."""
    return f"/api/v1/checkouts/{session_public_id}/documents"


async def _events(watched: Watched, watcher: Watcher, deps: Deps) -> AsyncIterator[bytes]:
    async for snapshot in watch_transaction(watched.transaction_id, watched.sessions, watcher, owners=deps.owners):
        yield heartbeat() if snapshot is None else event("status", snapshot_body(snapshot, watched))
    if not watcher.is_closing:
        yield event("end", {})


def snapshot_body(snapshot: Snapshot, watched: Watched) -> dict[str, object]:
    """The status as the status endpoint shows it, and beside it the documents that the caller may know of."""
    status = StatusBody.of(snapshot.view).model_dump(mode="json", by_alias=True, exclude_none=True)
    documents = [
        DocumentBody.of(document, watched.base_path).model_dump(mode="json", by_alias=True, exclude_none=True)
        for document in (snapshot.documents if watched.shows_documents else ())
    ]
    return {**status, "documents": documents, "isComplete": snapshot.is_complete}
