"""An organization looks at its messages."""

from typing import Any

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.notify import NotificationQuery
from gateway_kit.mongo.pages import Page, PageRequest
from notify.domain.message import Message
from notify.ports import Deps

_FAILED = ("failed", "set_aside")


async def list_messages(query: NotificationQuery, *, scope: Scope, deps: Deps) -> Page[Message]:
    """One page, newest first.

    Raises:
        Invalid: page or limit is out of range.
        Unreadable: invalid cursor.
    """
    request = PageRequest(query.page, query.limit, query.cursor, query.created_from, query.created_to)
    given: dict[str, Any] = {
        "site_id": query.site_id,
        "kind": query.event,
        "channel": query.channel,
        "object_id": query.object_id,
        "state": {"$in": list(_FAILED)} if query.state == "failed" else query.state,
    }
    if query.recipient:
        given["recipient_hash"] = deps.sealer.search_hash(scope.organization_id, query.recipient)
    where = {name: value for name, value in given.items() if value is not None}
    return await deps.stores.messages.page(scope, request, where)
