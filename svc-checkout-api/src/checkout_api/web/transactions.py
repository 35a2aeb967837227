"""``/api/v1/transactions``: begin, follow and give up a payment."""

from fastapi import Request, Response

from checkout_api.domain.operations import idempotency_key
from checkout_api.errors import checkout_not_found, idempotency_key_invalid
from checkout_api.use_cases.act_on_transaction import act_on_transaction
from checkout_api.use_cases.start_transaction import StartTransaction, start_transaction
from checkout_api.web.dependencies import PAY_POLICY, CurrentDeps, Deps
from checkout_api.web.schemas import CreateTransactionBody, StatusBody, TransactionStartedBody
from gateway_contracts.errors import Invalid
from gateway_contracts.requests.customer import CANCEL_OWN, GET_STATUS, MARK_PENDING, OwnedTransaction, StatusView
from gateway_contracts.rpc import Method
from gateway_kit.http.rate_limit import admit
from gateway_kit.http.routing import Router, WarningsIn

router = Router(prefix="/api/v1/transactions")


@router.post("/create", response_model_exclude_none=True)
async def create_transaction(
    body: CreateTransactionBody, request: Request, response: Response, deps: CurrentDeps, warnings: WarningsIn
) -> TransactionStartedBody:
    """Start a payment of a checkout with one of its offered providers."""
    if not body.session_public_id and not body.short_code:
        raise Invalid.field("sessionPublicId", "is required")
    of_page = None if body.session_public_id else deps.proofs.session_of_page(request, body.short_code or "")
    session_name = body.session_public_id or of_page
    if session_name is None:
        raise checkout_not_found()
    admit(deps.limits, PAY_POLICY, session_name, request.scope)
    try:
        key = idempotency_key(request.headers.get("idempotency-key"))
    except ValueError as exc:
        raise idempotency_key_invalid() from exc
    command = StartTransaction(
        session_name=session_name,
        provider_id=body.provider_id,
        billing=body.billing_address.party(),
        pages=deps.pages_for(request),
        idempotency_key=key,
        shown_type=body.provider_type,
    )
    started = await start_transaction(command, owners=deps.owners)
    if of_page is not None:
        deps.proofs.remember_payer(response, of_page, started.transaction_id)
    return TransactionStartedBody.of(started, warnings=warnings)


@router.get("/{transaction_id}/status", response_model_exclude_none=True)
async def get_status(transaction_id: str, request: Request, deps: CurrentDeps) -> StatusBody:
    """Read the status of a transaction."""
    return await _act(GET_STATUS, transaction_id, request, deps)


@router.post("/{transaction_id}/cancel", response_model_exclude_none=True)
async def cancel(transaction_id: str, request: Request, deps: CurrentDeps) -> StatusBody:
    """Cancel a payment that is not captured yet."""
    return await _act(CANCEL_OWN, transaction_id, request, deps)


@router.post("/{transaction_id}/mark-pending", response_model_exclude_none=True)
async def mark_pending(transaction_id: str, request: Request, deps: CurrentDeps) -> StatusBody:
    """Record that the customer has ordered a bank transfer."""
    return await _act(MARK_PENDING, transaction_id, request, deps)


async def _act(
    method: Method[OwnedTransaction, StatusView], transaction_id: str, request: Request, deps: Deps
) -> StatusBody:
    view = await act_on_transaction(method, transaction_id, deps.proofs.claimed_sessions(request), owners=deps.owners)
    return StatusBody.of(view)
