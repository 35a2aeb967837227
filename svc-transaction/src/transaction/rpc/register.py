"""Every request method of this service and who answers it."""

from gateway_contracts.requests import dispute, operation, refund
from gateway_contracts.requests import transaction as requests
from gateway_kit.service import Runtime
from transaction.ports import Deps
from transaction.rpc.customer import CustomerRequests
from transaction.rpc.merchant import MerchantRequests
from transaction.rpc.reversals import ReversalRequests


def register_requests(rt: Runtime, deps: Deps) -> None:
    """Answer all methods of `gateway_contracts.requests.transaction`, ``refund``, ``dispute`` and ``operation``."""
    merchant, customer = MerchantRequests(deps), CustomerRequests(deps)
    rt.serve(requests.CREATE_CHECKOUT, merchant.create_checkout)
    rt.serve(requests.GET_CHECKOUT, merchant.get_checkout)
    rt.serve(requests.LIST_CHECKOUTS, merchant.list_checkouts)
    rt.serve(requests.UPDATE_CHECKOUT, merchant.update_checkout)
    rt.serve(requests.GET_TRANSACTION, merchant.get_transaction)
    rt.serve(requests.LIST_TRANSACTIONS, merchant.list_transactions)
    rt.serve(requests.UPDATE_TRANSACTION, merchant.update_transaction)
    rt.serve(requests.CANCEL_TRANSACTION, merchant.cancel_transaction)
    rt.serve(requests.RECORD_RECEIPT, merchant.record_receipt)
    rt.serve(requests.LIST_CASES, merchant.list_cases)
    _register_reversals(rt, ReversalRequests(deps))
    rt.serve(requests.GET_SESSION, customer.get_session)
    rt.serve(requests.CREATE_TRANSACTION, customer.create_transaction)
    rt.serve(requests.GET_STATUS, customer.get_status)
    rt.serve(requests.CANCEL_OWN, customer.cancel)
    rt.serve(requests.MARK_PENDING, customer.mark_pending)
    rt.serve(requests.SYNC_RETURN, customer.sync_return)


def _register_reversals(rt: Runtime, reversals: ReversalRequests) -> None:
    rt.serve(refund.CREATE_REFUND, reversals.create_refund)
    rt.serve(refund.GET_REFUND, reversals.get_refund)
    rt.serve(refund.LIST_REFUNDS, reversals.list_refunds)
    rt.serve(refund.SETTLE_REFUND, reversals.settle_refund)
    rt.serve(dispute.LIST_DISPUTES, reversals.list_disputes)
    rt.serve(dispute.UPDATE_DISPUTE, reversals.update_dispute)
    rt.serve(dispute.LIST_HOLDS, reversals.list_holds)
    rt.serve(dispute.RELEASE_HOLD, reversals.release_hold)
    rt.serve(operation.RESOLVE_CASE, reversals.resolve_case)
    rt.serve(operation.CREATE_MANUAL, reversals.create_manual)
    rt.serve(operation.MARK_TRANSACTION, reversals.mark_transaction)
    rt.serve(operation.DELETE_TRANSACTION, reversals.delete_transaction)
