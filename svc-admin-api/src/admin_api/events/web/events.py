"""Events of the caller's organization: a list to poll, and a stream to follow."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Query, Request
from fastapi.responses import StreamingResponse

from admin_api.edge.dependencies import DepsIn, recheck_actor, requires
from admin_api.edge.routing import new_router
from admin_api.events.domain.place import Place
from admin_api.events.domain.query import EventQuery
from admin_api.events.ports import Events
from admin_api.events.use_cases.follow_events import follow_events, place_to_follow
from admin_api.events.use_cases.read_events import Item, list_events
from admin_api.events.web.schemas.events import (
    CURSOR_CHARACTERS_MAX,
    EventListView,
    EventView,
    FollowedEventsIn,
    ListedEventsIn,
)
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Gone
from gateway_kit.allowance import Lane
from gateway_kit.http.event_streams import MEDIA_TYPE, Watcher, event_of_json, event_stream, heartbeat, problem

router = new_router(tags=["events"])
SCOPE: Final = "event:read"
STREAMS_PER_ORGANIZATION_MAX: Final = 20
"""Of one process."""
Reader = Annotated[Actor, Depends(requires(SCOPE))]
_EXPIRED: Final[dict[str, Any]] = {
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    "description": "Events after the cursor are not kept any more (`CURSOR_EXPIRED`): continue with `resumeCursor`. "
    "Events since `missingFrom` may be missing.",
}
_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "Events as they come."},
    410: _EXPIRED,
}
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        max_length=CURSOR_CHARACTERS_MAX,
        description="`id` of the last event that you have; counts instead of `cursor`. Browsers send it by themselves.",
    ),
]


@router.get("/events", response_model=EventListView, responses={410: _EXPIRED})
async def list_(actor: Reader, deps: DepsIn, query: Annotated[ListedEventsIn, Query()]) -> EventListView:
    """Events of the last 30 days of this key's mode, oldest first. Events of one object are always in their order."""
    wanted = EventQuery(actor, query.filters())
    page = await list_events(wanted, query.cursor, query.limit, events=deps.events)
    return EventListView(
        events=[EventView.of(item.event) for item in page.items],
        next_cursor=deps.events.cursors.write(page.place, actor),
        has_more=page.has_more,
    )


@router.get("/events/stream", response_class=StreamingResponse, responses=_STREAMED)
async def follow(
    actor: Reader,
    deps: DepsIn,
    request: Request,
    query: Annotated[FollowedEventsIn, Query()],
    last_event_id: LastEventId = None,
) -> StreamingResponse:
    """Events as they come, as server-sent events: without a cursor those from now on.

    `id` is the cursor after the event, `event` its type, `data` the event as in the list. Comments keep the connection
    alive. A stream that ends by an error ends with an event `problem`, whose data is the error's body.
    """
    wanted = EventQuery(actor, query.filters())
    place = await place_to_follow(wanted, last_event_id or query.cursor, events=deps.events)
    lane = Lane(actor.organization_id, STREAMS_PER_ORGANIZATION_MAX)

    async def recheck() -> None:
        await recheck_actor(request, actor, SCOPE)

    async def parts(watcher: Watcher) -> AsyncIterator[bytes]:
        try:
            async for step in follow_events(wanted, place, watcher, recheck, events=deps.events):
                yield _part(step, actor, deps.events)
        except Gone as exc:
            # A reader that comes back by itself goes on from there.
            yield problem(exc, last_id=exc.data["resumeCursor"])

    return event_stream(lambda: deps.events.streams.watch(actor.organization_id, lane), parts)


def _part(step: Item | Place, actor: Actor, events: Events) -> bytes:
    if isinstance(step, Place):
        return heartbeat(last_id=events.cursors.write(step, actor))
    body = EventView.of(step.event).wire_json()
    return event_of_json(step.event.type, body, last_id=events.cursors.write(step.place, actor))
