"""A message is sent again by hand."""

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx
from notify.domain.message import Message
from notify.errors import ContentErased
from notify.ports import Deps
from notify.use_cases.find_message import find_message


async def resend_message(message_id: str, *, scope: Scope, operation_id: str, deps: Deps) -> Message:
    """The message, due now. What waits is sent as its next attempt. Idempotent on the operation id.

    Raises:
        NotificationNotFound: the scope has no such message.
        ContentErased: there is nothing left to send.
    """
    store = deps.stores.messages

    async def work(tx: Tx) -> Message:
        message = await find_message(message_id, scope=scope, store=store, tx=tx)
        if message.content is None:
            raise ContentErased
        return store.replace(tx, message, message.again(tx.now))

    try:
        return await deps.uow.run(work, operation=Operation(operation_id, message_id))
    except OperationReplayed:
        return await find_message(message_id, scope=scope, store=store)
