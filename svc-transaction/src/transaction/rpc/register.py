"""Every request method of this service and who answers it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway_contracts.base import Contract
from gateway_contracts.requests import books, case, dispute, operation, provider, refund, trail, webhooks
from gateway_contracts.requests import customer as customers
from gateway_contracts.requests import transaction as requests
from gateway_contracts.rpc import Call, Method
from gateway_kit.service import Runtime
from transaction.ports import Deps
from transaction.provider_port import someone_waits
from transaction.rpc.customer import CustomerRequests
from transaction.rpc.merchant import MerchantRequests
from transaction.rpc.reversals import ReversalRequests

Request = TypeVar("Request", bound=Contract)
Reply = TypeVar("Reply", bound=Contract)


def register_requests(rt: Runtime, deps: Deps) -> None:
    """Answer all methods of `gateway_contracts.requests.transaction`, ``customer``, ``provider``, ``books``, ``case``,
    ``refund``, ``dispute``, ``trail``, ``webhooks`` and ``operation``."""
    merchant, customer = MerchantRequests(deps), CustomerRequests(deps)
    _serve(rt, requests.CREATE_CHECKOUT, merchant.create_checkout)
    _serve(rt, requests.GET_CHECKOUT, merchant.get_checkout)
    _serve(rt, requests.LIST_CHECKOUTS, merchant.list_checkouts)
    _serve(rt, requests.UPDATE_CHECKOUT, merchant.update_checkout)
    _serve(rt, requests.GET_TRANSACTION, merchant.get_transaction)
    _serve(rt, requests.LIST_TRANSACTIONS, merchant.list_transactions)
    _serve(rt, trail.GET_TRAIL, merchant.get_trail)
    _serve(rt, requests.UPDATE_TRANSACTION, merchant.update_transaction)
    _serve(rt, requests.CANCEL_TRANSACTION, merchant.cancel_transaction)
    _serve(rt, requests.RECORD_RECEIPT, merchant.record_receipt)
    _serve(rt, books.GET_LEDGER, merchant.get_ledger)
    _serve(rt, books.LIST_OPERATIONS, merchant.list_operations)
    _serve(rt, webhooks.LIST_WEBHOOKS, merchant.list_webhooks)
    _serve(rt, provider.CHECK_PROVIDER, merchant.check_provider)
    _serve(rt, provider.REGISTER_WEBHOOK, merchant.register_webhook)
    _serve(rt, case.LIST_CASES, merchant.list_cases)
    _register_reversals(rt, ReversalRequests(deps))
    _serve(rt, customers.GET_SESSION, customer.get_session)
    _serve(rt, customers.CREATE_TRANSACTION, customer.create_transaction)
    _serve(rt, customers.GET_STATUS, customer.get_status)
    _serve(rt, customers.CANCEL_OWN, customer.cancel)
    _serve(rt, customers.MARK_PENDING, customer.mark_pending)
    _serve(rt, customers.SYNC_RETURN, customer.sync_return)


def _register_reversals(rt: Runtime, reversals: ReversalRequests) -> None:
    _serve(rt, refund.CREATE_REFUND, reversals.create_refund)
    _serve(rt, refund.GET_REFUND, reversals.get_refund)
    _serve(rt, refund.LIST_REFUNDS, reversals.list_refunds)
    _serve(rt, refund.SETTLE_REFUND, reversals.settle_refund)
    _serve(rt, dispute.LIST_DISPUTES, reversals.list_disputes)
    _serve(rt, dispute.UPDATE_DISPUTE, reversals.update_dispute)
    _serve(rt, dispute.LIST_HOLDS, reversals.list_holds)
    _serve(rt, dispute.RELEASE_HOLD, reversals.release_hold)
    _serve(rt, operation.RESOLVE_CASE, reversals.resolve_case)
    _serve(rt, operation.CREATE_MANUAL, reversals.create_manual)
    _serve(rt, operation.MARK_TRANSACTION, reversals.mark_transaction)
    _serve(rt, operation.DELETE_TRANSACTION, reversals.delete_transaction)


def _serve(rt: Runtime, method: Method[Request, Reply], handler: Callable[[Request, Call], Awaitable[Reply]]) -> None:
    async def handle(request: Request, call: Call) -> Reply:
        with someone_waits():
            return await handler(request, call)

    rt.serve(method, handle)
