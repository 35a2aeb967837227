"""Begin to pay."""

from dataclasses import dataclass
from typing import Final

from checkout_api.domain.methods import offered
from checkout_api.domain.operations import operation_id
from checkout_api.errors import method_not_as_shown, payment_refused
from checkout_api.ports import Owners
from checkout_api.use_cases.find_session import CUSTOMER, find_session
from gateway_contracts.errors import Conflict, Invalid
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import is_object_id, new_object_id, new_operation_id
from gateway_contracts.requests.customer import CREATE_TRANSACTION, CreateTransaction, Session, TransactionStarted

# The owner tells the merchant what happened with this e-mail address before. Here anybody may have typed it.
_ABOUT_SOMEBODY: Final = ("CHECKOUT_BLOCKED_BY_", "CHECKOUT_RESTRICTED_BY_")


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


async def start_transaction(wish: StartTransaction, *, owners: Owners) -> TransactionStarted:
    """A new attempt with the chosen provider; idempotent on session and key.

    Raises:
        NotFound: no such session.
        Invalid: the provider id is malformed.
        Conflict: the session has ended or is already paid, or the page showed another payment method.
    """
    if not is_object_id(wish.provider_id):
        raise Invalid.field("providerId", "must be one of the checkout's providers")
    session = await find_session(wish.session_name, owners=owners)
    _require_as_shown(session, wish)
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
    try:
        return await owners.call(CREATE_TRANSACTION, request, actor=CUSTOMER, operation_id=operation)
    except Conflict as exc:
        if exc.code.startswith(_ABOUT_SOMEBODY):
            raise payment_refused() from exc
        raise


def _require_as_shown(session: Session, wish: StartTransaction) -> None:
    """Nobody is charged in another way than the one that they pressed the button for."""
    if wish.shown_type is None:
        return
    offer = offered(session, wish.provider_id)
    if offer is not None and offer.type != wish.shown_type:
        raise method_not_as_shown()
