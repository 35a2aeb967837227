"""A message by its id."""

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx
from notify.domain.message import Message
from notify.errors import NotificationNotFound


async def find_message(message_id: str, *, scope: Scope, store: Store[Message], tx: Tx | None = None) -> Message:
    """The message.

    Raises:
        NotificationNotFound: the scope has no such message.
    """
    message = await store.get(tx, scope, message_id)
    if message is None:
        raise NotificationNotFound
    return message
