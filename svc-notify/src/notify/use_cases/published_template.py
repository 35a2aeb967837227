"""The organization's template for a message."""

from gateway_contracts.aggregates import Scope
from notify.domain.message import Message
from notify.domain.template import Template
from notify.ports import Stores


async def published_template(message: Message, stores: Stores) -> Template | None:
    """The published revision in the message's language; None: the default template holds."""
    where = {
        "kind": message.kind,
        "channel": message.channel,
        "language": message.language,
        "state": "published",
    }
    return await stores.templates.first(None, Scope(message.organization_id, message.livemode), where)
