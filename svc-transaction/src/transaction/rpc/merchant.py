"""Requests of svc-admin-api for merchants: the actor's scopes, organization, mode and site decide."""

from typing import TypeVar

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Forbidden
from gateway_contracts.requests.books import LedgerRecord, OperationList
from gateway_contracts.requests.case import CasePage, CaseQuery
from gateway_contracts.requests.provider import CheckProvider, ProviderChecks, RegisterWebhook, WebhookRegistered
from gateway_contracts.requests.trail import OrderTrail, TrailRequest
from gateway_contracts.requests.transaction import (
    CheckoutCreated,
    CheckoutPage,
    CheckoutQuery,
    CheckoutRecord,
    CheckoutRef,
    CreateCheckout,
    PaymentFilters,
    RecordReceipt,
    TransactionPage,
    TransactionQuery,
    TransactionRecord,
    TransactionRef,
    UpdateCheckout,
    UpdateTransaction,
)
from gateway_contracts.requests.webhooks import WebhookList
from gateway_contracts.rpc import Call
from transaction.errors import checkout_not_found, transaction_not_found
from transaction.ports import Deps
from transaction.use_cases.cancel_transaction import cancel_transaction
from transaction.use_cases.check_provider import check_provider
from transaction.use_cases.create_checkout import create_checkout
from transaction.use_cases.get_checkout import get_checkout
from transaction.use_cases.get_ledger import get_ledger
from transaction.use_cases.get_trail import get_trail
from transaction.use_cases.get_transaction import get_transaction
from transaction.use_cases.list_cases import list_cases
from transaction.use_cases.list_checkouts import list_checkouts
from transaction.use_cases.list_operations import list_operations
from transaction.use_cases.list_transactions import list_transactions
from transaction.use_cases.list_webhooks import list_webhooks
from transaction.use_cases.record_receipt import record_receipt
from transaction.use_cases.register_webhook import register_webhook
from transaction.use_cases.update_checkout import update_checkout
from transaction.use_cases.update_transaction import update_transaction
from transaction.views import transaction_record

Filters = TypeVar("Filters", bound=PaymentFilters)


class MerchantRequests:
    """One method per request of `gateway_contracts.requests.transaction` and ``books``."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def create_checkout(self, request: CreateCheckout, call: Call) -> CheckoutCreated:
        return await create_checkout(
            request,
            scope=scope_of_actor(call.actor, "checkout:create"),
            site_id=call.actor.site_id,
            operation_id=call.operation_id,
            deps=self._deps,
        )

    async def get_checkout(self, request: CheckoutRef, call: Call) -> CheckoutRecord:
        record = await get_checkout(
            request.checkout_id, scope=scope_of_actor(call.actor, "checkout:read"), deps=self._deps
        )
        return _own_checkout(record, call.actor)

    async def list_checkouts(self, request: CheckoutQuery, call: Call) -> CheckoutPage:
        scope = scope_of_actor(call.actor, "checkout:read")
        return await list_checkouts(_own_site(request, call.actor), scope=scope, deps=self._deps)

    async def update_checkout(self, request: UpdateCheckout, call: Call) -> CheckoutRecord:
        scope = scope_of_actor(call.actor, "checkout:update")
        _own_checkout(await get_checkout(request.checkout_id, scope=scope, deps=self._deps), call.actor)
        return await update_checkout(request, scope=scope, deps=self._deps)

    async def get_transaction(self, request: TransactionRef, call: Call) -> TransactionRecord:
        scope = scope_of_actor(call.actor, "transaction:read")
        return await self._own_transaction(request.transaction_id, scope, call.actor)

    async def get_trail(self, request: TrailRequest, call: Call) -> OrderTrail:
        scope = scope_of_actor(call.actor, "transaction:read")
        return await get_trail(request.id, scope=scope, site_id=call.actor.site_id, deps=self._deps)

    async def list_transactions(self, request: TransactionQuery, call: Call) -> TransactionPage:
        scope = scope_of_actor(call.actor, "transaction:read")
        return await list_transactions(_own_site(request, call.actor), scope=scope, deps=self._deps)

    async def update_transaction(self, request: UpdateTransaction, call: Call) -> TransactionRecord:
        scope = scope_of_actor(call.actor, "transaction:update")
        await self._own_transaction(request.transaction_id, scope, call.actor)
        return await update_transaction(request, scope=scope, deps=self._deps)

    async def cancel_transaction(self, request: TransactionRef, call: Call) -> TransactionRecord:
        scope = scope_of_actor(call.actor, "transaction:execute")
        await self._own_transaction(request.transaction_id, scope, call.actor)
        transaction = await self._deps.transactions.get(None, scope, request.transaction_id)
        if transaction is None:
            raise transaction_not_found()
        canceled = await cancel_transaction(transaction, source="api", deps=self._deps)
        return transaction_record(canceled, deps=self._deps)

    async def record_receipt(self, request: RecordReceipt, call: Call) -> TransactionRecord:
        scope = scope_of_actor(call.actor, "transaction:execute")
        await self._own_transaction(request.transaction_id, scope, call.actor)
        return await record_receipt(request, scope=scope, deps=self._deps)

    async def get_ledger(self, request: TransactionRef, call: Call) -> LedgerRecord:
        scope = scope_of_actor(call.actor, "transaction:read")
        await self._own_transaction(request.transaction_id, scope, call.actor)
        return await get_ledger(request.transaction_id, scope=scope, deps=self._deps)

    async def list_operations(self, request: TransactionRef, call: Call) -> OperationList:
        scope = scope_of_actor(call.actor, "transaction:read")
        await self._own_transaction(request.transaction_id, scope, call.actor)
        return await list_operations(request.transaction_id, scope=scope, deps=self._deps)

    async def list_webhooks(self, request: TransactionRef, call: Call) -> WebhookList:
        scope = scope_of_actor(call.actor, "transaction:read")
        await self._own_transaction(request.transaction_id, scope, call.actor)
        return await list_webhooks(request.transaction_id, scope=scope, deps=self._deps)

    async def list_cases(self, request: CaseQuery, call: Call) -> CasePage:
        return await list_cases(request, scope=scope_of_actor(call.actor, "transaction:execute"), deps=self._deps)

    async def check_provider(self, request: CheckProvider, call: Call) -> ProviderChecks:
        return await check_provider(request, scope=scope_of_actor(call.actor, "provider:update"), deps=self._deps)

    async def register_webhook(self, request: RegisterWebhook, call: Call) -> WebhookRegistered:
        return await register_webhook(request, scope=scope_of_actor(call.actor, "provider:update"), deps=self._deps)

    async def _own_transaction(self, transaction_id: str, scope: Scope, actor: Actor) -> TransactionRecord:
        record = await get_transaction(transaction_id, scope=scope, deps=self._deps)
        if actor.site_id not in (None, record.site_id):
            raise transaction_not_found()
        return record


def scope_of_actor(actor: Actor, required: str) -> Scope:
    """The tenant and mode that the actor acts in.

    Raises:
        Forbidden: the scope is missing, or the actor belongs to no organization.
    """
    actor.require(required)
    if not actor.organization_id:
        raise Forbidden("this credential belongs to no organization", code="ORGANIZATION_REQUIRED")
    return Scope(actor.organization_id, actor.livemode)


def _own_site(query: Filters, actor: Actor) -> Filters:
    """A credential of one site sees that site alone."""
    return query if actor.site_id is None else query.model_copy(update={"site_id": actor.site_id})


def _own_checkout(record: CheckoutRecord, actor: Actor) -> CheckoutRecord:
    if actor.site_id not in (None, record.site_id):
        raise checkout_not_found()
    return record
