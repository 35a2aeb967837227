"""A customer pays: a new attempt with one provider."""

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Conflict, Invalid, OutcomeUnknown, Rejected, Transient
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import new_operation_id
from gateway_contracts.requests.customer import CreateTransaction, NextAction, TransactionStarted
from gateway_contracts.requests.transaction import NUMERIC_STATUS, TimelineEntry
from gateway_contracts.sale_facts import SaleFacts, facts_of
from gateway_kit import context
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx
from gateway_kit.telemetry import current_trace_id, current_traceparent
from gateway_providers.ports import ProviderPayment
from transaction.domain.checkout import Checkout
from transaction.domain.records import ProviderOperation
from transaction.domain.states import Status
from transaction.domain.transaction import Transaction
from transaction.errors import checkout_not_found
from transaction.policies.customer_restrictions import check_customer_restrictions
from transaction.policies.offer_providers import offer_providers
from transaction.ports import Deps
from transaction.provider_operations.apply_parked import apply_parked
from transaction.provider_operations.cancel_attempts import cancel_open_attempts
from transaction.provider_operations.execute import execute_operations
from transaction.provider_operations.payment_request import resume_payment
from transaction.provider_operations.schedule import jittered
from transaction.provider_operations.start_payment import start_payment
from transaction.transitions.events import emit_transaction_event
from transaction.transitions.intent import new_operation
from transaction.views import open_field, open_metadata, open_party


async def create_transaction(request: CreateTransaction, *, operation_id: str | None, deps: Deps) -> TransactionStarted:
    """Three steps: store the attempt and the intent, call the provider, store the outcome.

    Idempotent on operation id and on the transaction id that the caller allocated: a repeat is answered from what is
    stored, completed by the provider (client secrets are never kept).

    Raises:
        NotFound: no session has that name.
        Invalid: the provider is not offered.
        Conflict: the session is over (``CHECKOUT_…``), or an attempt cannot be replaced (``CHECKOUT_ALREADY_PENDING``).
    """
    session_hash = deps.cipher.session_hash(request.session_public_id)
    checkout = await deps.checkouts.by_secret_name(session_hash=session_hash)
    if checkout is None:
        raise checkout_not_found()
    known = await deps.transactions.get(None, checkout.scope, request.transaction_id)
    if known is not None:
        return await _answer_again(known, checkout, deps=deps)
    checkout.require_payable(deps.clock.now())
    provider = await _chosen(request, checkout, deps=deps)
    await _check_restrictions(request, checkout, provider, deps=deps)
    await cancel_open_attempts(checkout, deps=deps)
    operation = Operation(operation_id or new_operation_id(), request.transaction_id)
    try:
        intent = await _store_intent(request, checkout, provider, operation, deps=deps)
    except OperationReplayed as replay:
        known = await deps.transactions.get(None, checkout.scope, replay.entity_id)
        if known is None:
            raise Conflict("this operation id belongs to another request", code="OPERATION_CONFLICT") from replay
        return await _answer_again(known, checkout, deps=deps)
    outcome, payment = await start_payment(intent, source="customer", patient=False, deps=deps)
    await execute_operations(outcome.operations, deps=deps)
    # A provider's word may have arrived before ours.
    transaction = await apply_parked(outcome.transaction, deps=deps) or outcome.transaction
    return _started(transaction, payment)


async def _chosen(request: CreateTransaction, checkout: Checkout, *, deps: Deps) -> ProviderConfig:
    site = await deps.tenants.fetch_site(checkout.site_id)
    for provider in await offer_providers(checkout, site, deps=deps):
        if provider.id == request.provider_id:
            return provider
    raise Invalid.field("providerId", "is not offered for this checkout", code="PROVIDER_NOT_OFFERED")


async def _check_restrictions(
    request: CreateTransaction, checkout: Checkout, provider: ProviderConfig, *, deps: Deps
) -> None:
    """The customer may have typed an address that the merchant did not know."""
    typed = deps.cipher.email_hash(checkout.organization_id, request.billing.email)
    hashes = (*checkout.customer_hashes, *((typed,) if typed else ()))
    await check_customer_restrictions(checkout, hashes, [provider], deps=deps)


async def _store_intent(
    request: CreateTransaction, seen: Checkout, provider: ProviderConfig, operation: Operation, *, deps: Deps
) -> ProviderOperation:
    async def work(tx: Tx) -> ProviderOperation:
        checkout = await deps.checkouts.get(tx, seen.scope, seen.id)
        if checkout is None:
            raise checkout_not_found()
        checkout.require_payable(tx.now)
        transaction = _new_transaction(tx, request, checkout, provider, deps=deps)
        deps.transactions.insert(tx, transaction)
        intent = new_operation(tx, transaction, "create", deps)
        deps.operations.insert(tx, intent)
        deps.checkouts.replace(tx, checkout, checkout.with_attempt(transaction.id, tx.now))
        emit_transaction_event(tx, transaction, cipher=deps.cipher)
        return intent

    return await deps.uow.run(work, operation=operation)


def _new_transaction(
    tx: Tx, request: CreateTransaction, checkout: Checkout, provider: ProviderConfig, *, deps: Deps
) -> Transaction:
    cipher, organization_id = deps.cipher, checkout.organization_id
    party = _merged(open_party(checkout, cipher=cipher), request.billing)
    metadata = open_field(checkout, "metadata", cipher=cipher)
    ipn_url = open_field(checkout, "ipn_url", cipher=cipher)

    def seal(field: str, text: str | None) -> object:
        return cipher.seal(organization_id, "transactions", request.transaction_id, field, text)

    sealed = {
        "session_public_id": request.session_public_id,
        "party": party.wire_json().decode() if party != Party() else None,
        "shipping": open_field(checkout, "shipping", cipher=cipher),
        "ipn_url": ipn_url,
        "return_page": request.return_url,
        "metadata": metadata if open_metadata(checkout, cipher=cipher) else None,
    }
    created = TimelineEntry(
        at=tx.now,
        type="created",
        effect="applied",
        to_status=Status.INITIATED.public,
        source="customer",
        correlation_id=context.correlation_id.get() or None,
        trace_id=current_trace_id(),
    )
    return Transaction(
        id=request.transaction_id,
        organization_id=organization_id,
        livemode=checkout.livemode,
        site_id=checkout.site_id,
        checkout_id=checkout.id,
        session_hash=checkout.session_hash,
        provider_id=provider.id,
        provider_type=provider.type,
        status=Status.INITIATED,
        version=1,
        amount=checkout.amount,
        currency=checkout.currency,
        amount_format=checkout.amount_format,
        created_at=tx.now,
        updated_at=tx.now,
        lines=checkout.items,
        email_hash=cipher.email_hash(organization_id, party.email),
        country=party.country,
        **facts_of(checkout, SaleFacts),
        timeline=(created,),
        trace_id=current_trace_id(),
        traceparent=current_traceparent(),
        resolve_at=tx.now + jittered(deps.timing.first) if _reports(provider, deps=deps) else None,
        **{field: seal(field, text) for field, text in sealed.items()},  # type: ignore[arg-type]  # all encrypted values
    )


def _reports(provider: ProviderConfig, *, deps: Deps) -> bool:
    """Whether the provider reports payments by webhook; money on a bank account is reported by its owner."""
    capabilities = deps.providers.capabilities(provider.type)
    return capabilities is not None and capabilities.webhooks


def _merged(known: Party, given: Party) -> Party:
    """The customer's input takes precedence over the merchant's data."""
    typed = {name: value for name, value in given.model_dump().items() if value}
    return Party(**{**known.model_dump(), **typed})


async def _answer_again(transaction: Transaction, checkout: Checkout, *, deps: Deps) -> TransactionStarted:
    """The same answer; what was never stored comes from the provider once more."""
    if transaction.checkout_id != checkout.id:
        raise Conflict("this transaction id belongs to another checkout", code="OPERATION_CONFLICT")
    if not transaction.is_open:
        return _started(transaction, None)
    try:
        if transaction.provider_payment_id is None:
            return await _start_again(transaction, deps=deps)
        return _started(transaction, await resume_payment(transaction, deps=deps))
    except (Transient, OutcomeUnknown, Rejected):
        return _started(transaction, None)  # the status alone is an answer too; the page asks again


async def _start_again(transaction: Transaction, *, deps: Deps) -> TransactionStarted:
    """The first request ended before it stored an outcome: the same call with the same key."""
    intent = await deps.operations.creation_of(transaction.scope, transaction.id)
    if intent is None or intent.state not in ("intent", "unknown"):
        return _started(transaction, None)
    outcome, payment = await start_payment(intent, source="customer", patient=True, deps=deps)
    await execute_operations(outcome.operations, deps=deps)
    return _started(outcome.transaction, payment)


def _started(transaction: Transaction, payment: ProviderPayment | None) -> TransactionStarted:
    goes_on = payment is not None and transaction.is_open
    return TransactionStarted(
        transaction_id=transaction.id,
        status=NUMERIC_STATUS[transaction.status.public],
        next_action=payment.next_action if payment is not None and goes_on else NextAction(type="none"),
        failure=transaction.failure,
        amount_format=transaction.amount_format,
    )
