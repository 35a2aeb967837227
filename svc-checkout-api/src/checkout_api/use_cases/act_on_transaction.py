"""Read or change a transaction whose session the caller can name."""

from collections.abc import Sequence

from checkout_api.errors import transaction_not_found
from checkout_api.use_cases.find_session import CUSTOMER
from gateway_contracts.ids import is_object_id, new_operation_id
from gateway_contracts.requests.customer import GET_STATUS, OwnedTransaction, StatusView
from gateway_contracts.rpc import Method, Rpc


async def act_on_transaction(
    method: Method[OwnedTransaction, StatusView], transaction_id: str, sessions: Sequence[str], *, owners: Rpc
) -> StatusView:
    """Ask the owner to read, cancel, mark or synchronise; all of these may be repeated without harm.

    Args:
        method: one of the customer's methods of svc-transaction.
        transaction_id: the transaction.
        sessions: public ids that the caller proved to know; without any there is nothing to ask.

    Raises:
        NotFound: no such transaction in any of these sessions.
    """
    if not sessions or not is_object_id(transaction_id):
        raise transaction_not_found()
    request = OwnedTransaction(transaction_id=transaction_id, session_public_ids=tuple(sessions))
    operation = None if method is GET_STATUS else new_operation_id()
    return await owners.call(method, request, actor=CUSTOMER, operation_id=operation)
