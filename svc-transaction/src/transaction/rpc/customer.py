"""Requests of svc-checkout-api for customers: the session's secret name is the proof, scopes play no part."""

from gateway_contracts.requests.customer import (
    CreateTransaction,
    GetSession,
    OwnedTransaction,
    Session,
    StatusView,
    TransactionStarted,
)
from gateway_contracts.rpc import Call
from transaction.ports import Deps
from transaction.use_cases.cancel_transaction import cancel_transaction
from transaction.use_cases.create_transaction import create_transaction
from transaction.use_cases.get_session import get_session
from transaction.use_cases.get_status import find_owned, get_status, view_status
from transaction.use_cases.mark_pending import mark_pending
from transaction.use_cases.sync_return import sync_return


class CustomerRequests:
    """One method per ``public_`` request of `gateway_contracts.requests.transaction`."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def get_session(self, request: GetSession, call: Call) -> Session:
        return await get_session(request, deps=self._deps)

    async def create_transaction(self, request: CreateTransaction, call: Call) -> TransactionStarted:
        return await create_transaction(request, operation_id=call.operation_id, deps=self._deps)

    async def get_status(self, request: OwnedTransaction, call: Call) -> StatusView:
        return await get_status(request, deps=self._deps)

    async def cancel(self, request: OwnedTransaction, call: Call) -> StatusView:
        transaction = await find_owned(request, deps=self._deps)
        canceled = await cancel_transaction(transaction, source="customer", deps=self._deps)
        return await view_status(canceled, deps=self._deps)

    async def mark_pending(self, request: OwnedTransaction, call: Call) -> StatusView:
        return await mark_pending(request, deps=self._deps)

    async def sync_return(self, request: OwnedTransaction, call: Call) -> StatusView:
        return await sync_return(request, deps=self._deps)
