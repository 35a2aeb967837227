"""Begin to pay."""

from dataclasses import dataclass
from typing import Final

from checkout_api.domain.methods import offered
from checkout_api.domain.operations import operation_id
from checkout_api.errors import method_not_as_shown, payment_refused
from checkout_api.use_cases.find_session import CUSTOMER, find_session
from gateway_contracts.errors import Conflict, Invalid
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import is_object_id, new_object_id, new_operation_id
from gateway_contracts.requests.customer import CREATE_TRANSACTION, CreateTransaction, Session, TransactionStarted
from gateway_contracts.rpc import Rpc

# The owner reports earlier events of this e-mail address to the merchant. Here anyone may have typed it.
_ABOUT_A_PERSON: Final = ("CHECKOUT_BLOCKED_BY_", "CHECKOUT_RESTRICTED_BY_")


@dataclass(frozen=True)
class StartTransaction:
    """The customer's choice.

    Attributes:
        session_name: public id or short code.
        pages: origin of the pages that the customer is on; a provider's redirect comes back there.
        idempotency_key: the caller's, if it sent one.
        shown_type: the type of provider that the page's button was labelled for, if the page says it.
    """

    session_name: str
    provider_id: str
    billing: Party
    pages: str
    idempotency_key: str | None = None
    shown_type: str | None = None


async def start_transaction(command: StartTransaction, *, owners: Rpc) -> TransactionStarted:
    """A new attempt with the chosen provider; idempotent on session and key.

    Raises:
        NotFound: no such session.
        Invalid: the provider id is malformed.
        Conflict: the session has ended or is already paid, or the page showed another payment method.
    """
    if not is_object_id(command.provider_id):
        raise Invalid.field("providerId", "must be one of the checkout's providers")
    session = await find_session(command.session_name, owners=owners)
    _require_as_shown(session, command)
    transaction_id = new_object_id()
    key = command.idempotency_key
    request = CreateTransaction(
        transaction_id=transaction_id,
        session_public_id=session.id,
        provider_id=command.provider_id,
        billing=command.billing,
        return_url=f"{command.pages}/checkout/{session.short_code}/return/{transaction_id}",
    )
    operation = operation_id(session.id, "create_transaction", key) if key else new_operation_id()
    try:
        return await owners.call(CREATE_TRANSACTION, request, actor=CUSTOMER, operation_id=operation)
    except Conflict as exc:
        if exc.code.startswith(_ABOUT_A_PERSON):
            raise payment_refused() from exc
        raise


def _require_as_shown(session: Session, command: StartTransaction) -> None:
    """A customer is charged by the method that the pressed button named."""
    if command.shown_type is None:
        return
    offer = offered(session, command.provider_id)
    if offer is not None and offer.type != command.shown_type:
        raise method_not_as_shown()
