"""A customer's page asks how its payment goes."""

from gateway_contracts.errors import Rejected, Transient
from gateway_contracts.requests.customer import BankDetails, OwnedTransaction, StatusView
from transaction.domain.checkout import Checkout
from transaction.domain.records import Case
from transaction.domain.states import PAID
from transaction.domain.transaction import Transaction
from transaction.errors import transaction_not_found
from transaction.ports import Deps
from transaction.provider_operations.payment_request import resume_payment
from transaction.views import open_field, open_name, public_status

_PLACEHOLDER = "{transactionId}"


async def get_status(request: OwnedTransaction, *, deps: Deps) -> StatusView:
    """
    Raises:
        NotFound: none of the caller's session names owns such a transaction.
    """
    return await view_status(await find_owned(request, deps=deps), deps=deps)


async def find_owned(request: OwnedTransaction, *, deps: Deps) -> Transaction:
    """The transaction, for a caller that knows the secret name of its session.

    Raises:
        NotFound: none of the caller's session names owns such a transaction.
    """
    hashes = [deps.cipher.session_hash(name) for name in request.session_public_ids if name]
    transaction = await deps.transactions.owned(request.transaction_id, hashes)
    if transaction is None:
        raise transaction_not_found()
    return transaction


async def view_status(transaction: Transaction, *, deps: Deps) -> StatusView:
    """Content of the customer's page."""
    checkout = await deps.checkouts.get(None, transaction.scope, transaction.checkout_id)
    assert checkout is not None, "a transaction is stored together with its session"
    case = await _case(transaction, deps=deps)
    is_transfer = _is_transfer(transaction, deps=deps)
    return StatusView(
        id=transaction.id,
        status=public_status(transaction),
        amount=transaction.amount,
        currency=transaction.currency,
        amount_format=transaction.amount_format,
        session_public_id=open_name(transaction, "session_public_id", cipher=deps.cipher),
        checkout_status=checkout.status_at(deps.clock.now()),
        provider_type=transaction.provider_type,
        payment_method=transaction.payment_method.type if transaction.payment_method else None,
        under_way=transaction.is_under_way,
        committed=transaction.committed,
        transfer_sent=transaction.sent_at is not None and transaction.is_open,
        captured=transaction.captured,
        received=transaction.received,
        outstanding=transaction.outstanding if is_transfer else 0,
        held=transaction.unapplied,
        in_review=case is not None and case.status == "open",
        sent_back=case is not None and case.status == "refunded",
        refunded=transaction.refunded,
        refund_pending=transaction.refunds_accepted - transaction.refunded,
        disputed=transaction.disputed,
        dispute_open=transaction.open_disputes > 0,
        failure=transaction.failure,
        bank_details=await _bank_details(transaction, deps=deps) if is_transfer else None,
        return_url=_url(checkout, "return_url", transaction, deps=deps),
        cancel_url=_url(checkout, "cancel_url", transaction, deps=deps),
    )


async def _case(transaction: Transaction, *, deps: Deps) -> Case | None:
    """The case about its money; only what has postings and is no plain sale can have one."""
    if transaction.entry_count == 0 or (transaction.status in PAID and transaction.unapplied <= 0):
        return None
    return await deps.cases.about_money(transaction.scope, transaction.id)


def _is_transfer(transaction: Transaction, *, deps: Deps) -> bool:
    capabilities = deps.providers.capabilities(transaction.provider_type)
    return capabilities is not None and "bank_transfer" in capabilities.methods


async def _bank_details(transaction: Transaction, *, deps: Deps) -> BankDetails | None:
    if not transaction.is_open:
        return None
    try:
        payment = await resume_payment(transaction, deps=deps)
    except (Rejected, Transient):
        return None  # the account's configuration is gone; the status is still worth showing
    return payment.next_action.bank_details if payment else None


def _url(checkout: Checkout, field: str, transaction: Transaction, *, deps: Deps) -> str | None:
    url = open_field(checkout, field, cipher=deps.cipher)
    return url.replace(_PLACEHOLDER, transaction.id) if url else None
