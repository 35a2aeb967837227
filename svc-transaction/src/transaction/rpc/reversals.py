"""Requests of svc-admin-api about refunds, disputes and decisions by hand."""

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.limits import REFUNDS_MAX
from gateway_contracts.pages import fitted
from gateway_contracts.requests.case import CaseRecord
from gateway_contracts.requests.dispute import (
    DisputeList,
    DisputeRecord,
    HoldList,
    HoldQuery,
    HoldRecord,
    HoldRef,
    UpdateDispute,
)
from gateway_contracts.requests.operation import CreateManualTransaction, MarkTransaction, ResolveCase
from gateway_contracts.requests.refund import (
    CreateRefund,
    RefundList,
    RefundRecord,
    RefundRef,
    SettleRefund,
)
from gateway_contracts.requests.transaction import TransactionRecord, TransactionRef
from gateway_contracts.rpc import Call, Empty
from transaction.errors import case_not_found, refund_not_found, transaction_not_found
from transaction.ports import Deps
from transaction.rpc.merchant import scope_of_actor
from transaction.use_cases.create_manual import create_manual
from transaction.use_cases.create_refund import create_refund
from transaction.use_cases.delete_transaction import delete_transaction
from transaction.use_cases.get_transaction import get_transaction
from transaction.use_cases.mark_transaction import mark_transaction
from transaction.use_cases.release_hold import release_hold
from transaction.use_cases.resolve_case import resolve_case
from transaction.use_cases.settle_by_hand import settle_by_hand
from transaction.use_cases.update_dispute import update_dispute
from transaction.views import dispute_record, hold_record, refund_record


class ReversalRequests:
    """One method per request of `gateway_contracts.requests.refund`, ``dispute`` and ``operation``."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def create_refund(self, request: CreateRefund, call: Call) -> RefundRecord:
        scope = await self._own(request.transaction_id, "transaction:execute", call.actor)
        return await create_refund(request, scope=scope, operation_id=call.operation_id, deps=self._deps)

    async def get_refund(self, request: RefundRef, call: Call) -> RefundRecord:
        scope = await self._own(request.transaction_id, "transaction:read", call.actor)
        refund = await self._deps.refunds.get(None, scope, request.refund_id)
        if refund is None or refund.transaction_id != request.transaction_id:
            raise refund_not_found()
        return refund_record(refund, deps=self._deps)

    async def list_refunds(self, request: TransactionRef, call: Call) -> RefundList:
        scope = await self._own(request.transaction_id, "transaction:read", call.actor)
        refunds = await self._deps.refunds.of_transaction(scope, request.transaction_id)
        latest = refunds[-REFUNDS_MAX:]
        return RefundList(refunds=fitted(refund_record(refund, deps=self._deps) for refund in latest))

    async def settle_refund(self, request: SettleRefund, call: Call) -> RefundRecord:
        scope = await self._own(request.transaction_id, "transaction:execute", call.actor)
        return await settle_by_hand(request, scope=scope, deps=self._deps)

    async def list_disputes(self, request: TransactionRef, call: Call) -> DisputeList:
        scope = await self._own(request.transaction_id, "transaction:read", call.actor)
        disputes = await self._deps.disputes.of_transaction(scope, request.transaction_id)
        return DisputeList(disputes=tuple(map(dispute_record, disputes[-REFUNDS_MAX:])))

    async def update_dispute(self, request: UpdateDispute, call: Call) -> DisputeRecord:
        scope = await self._own(request.transaction_id, "transaction:execute", call.actor)
        return await update_dispute(request, scope=scope, deps=self._deps)

    async def list_holds(self, request: HoldQuery, call: Call) -> HoldList:
        scope = scope_of_actor(call.actor, "transaction:read")
        email_hash = self._deps.cipher.email_hash(scope.organization_id, request.email)
        holds = await self._deps.holds.latest(scope, email_hash=email_hash, with_released=request.with_released)
        return HoldList(holds=tuple(map(hold_record, holds)))

    async def release_hold(self, request: HoldRef, call: Call) -> HoldRecord:
        scope = scope_of_actor(call.actor, "transaction:execute")
        return await release_hold(request.hold_id, scope=scope, deps=self._deps)

    async def resolve_case(self, request: ResolveCase, call: Call) -> CaseRecord:
        scope = scope_of_actor(call.actor, "transaction:execute")
        case = await self._deps.cases.get(None, scope, request.case_id)
        if case is None:
            raise case_not_found()
        if case.transaction_id is not None:
            await self._own(case.transaction_id, "transaction:execute", call.actor)
        return await resolve_case(request, scope=scope, operation_id=call.operation_id, deps=self._deps)

    async def create_manual(self, request: CreateManualTransaction, call: Call) -> TransactionRecord:
        return await create_manual(
            request,
            scope=scope_of_actor(call.actor, "transaction:create"),
            site_id=call.actor.site_id,
            operation_id=call.operation_id,
            deps=self._deps,
        )

    async def mark_transaction(self, request: MarkTransaction, call: Call) -> TransactionRecord:
        scope = await self._own(request.transaction_id, "transaction:execute", call.actor)
        return await mark_transaction(request, scope=scope, deps=self._deps)

    async def delete_transaction(self, request: TransactionRef, call: Call) -> Empty:
        scope = await self._own(request.transaction_id, "transaction:delete", call.actor)
        await delete_transaction(request.transaction_id, scope=scope, deps=self._deps)
        return Empty()

    async def _own(self, transaction_id: str, required: str, actor: Actor) -> Scope:
        """The actor's scope, if the transaction is one of its organization, mode and site."""
        scope = scope_of_actor(actor, required)
        record = await get_transaction(transaction_id, scope=scope, deps=self._deps)
        if actor.site_id not in (None, record.site_id):
            raise transaction_not_found()
        return scope
