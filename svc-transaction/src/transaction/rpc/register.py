"""Every request method of this service and who answers it."""

from gateway_contracts.requests import transaction as requests
from gateway_kit.service import Runtime
from transaction.ports import Deps
from transaction.rpc.customer import CustomerRequests
from transaction.rpc.merchant import MerchantRequests


def register_requests(rt: Runtime, deps: Deps) -> None:
    """Answer all methods of `gateway_contracts.requests.transaction`."""
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
    rt.serve(requests.GET_SESSION, customer.get_session)
    rt.serve(requests.CREATE_TRANSACTION, customer.create_transaction)
    rt.serve(requests.GET_STATUS, customer.get_status)
    rt.serve(requests.CANCEL_OWN, customer.cancel)
    rt.serve(requests.MARK_PENDING, customer.mark_pending)
    rt.serve(requests.SYNC_RETURN, customer.sync_return)
