"""Begin to pay."""

from dataclasses import dataclass

from checkout_api.domain.operations import operation_id
from checkout_api.ports import Owners
from checkout_api.use_cases.find_session import CUSTOMER, find_session
from gateway_contracts.errors import Invalid
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import is_object_id, new_object_id, new_operation_id
from gateway_contracts.requests.transaction import CREATE_TRANSACTION, CreateTransaction, TransactionStarted


@dataclass(frozen=True)
class StartTransaction:
    """The customer's choice.

    Attributes:
        session_name: public id or short code.
        pages: origin of the pages that the customer is on; a provider's redirect comes back there.
        idempotency_key: the caller's, if it sent one.
    """

    session_name: str
    provider_id: str
    billing: Party
    pages: str
    idempotency_key: str | None = None


async def start_transaction(wish: StartTransaction, *, owners: Owners) -> TransactionStarted:
    """A new attempt with the chosen provider; idempotent on session and key.

    Raises:
        NotFound: no such session.
        Invalid: the provider id is malformed.
        Conflict: the session has ended or is already paid.
    """
    if not is_object_id(wish.provider_id):
        raise Invalid.field("providerId", "must be one of the checkout's providers")
    session = await find_session(wish.session_name, owners=owners)
    transaction_id = new_object_id()
    key = wish.idempotency_key
    request = CreateTransaction(
        transaction_id=transaction_id,
        session_public_id=session.id,
        provider_id=wish.provider_id,
        billing=wish.billing,
        return_url=f"{wish.pages}/checkout/{session.short_code}/return/{transaction_id}",
    )
    operation = operation_id(session.id, "create_transaction", key) if key else new_operation_id()
    return await owners.call(CREATE_TRANSACTION, request, actor=CUSTOMER, operation_id=operation)
