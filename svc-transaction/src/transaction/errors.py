"""The service's own errors, on top of the tree of `gateway_contracts.errors`.

GatewayError
├─ NotFound   CHECKOUT_NOT_FOUND · TRANSACTION_NOT_FOUND · SITE_NOT_FOUND · REFUND_NOT_FOUND ·
│             DISPUTE_NOT_FOUND · CASE_NOT_FOUND · HOLD_NOT_FOUND
├─ Conflict   CHECKOUT_COMPLETED · CHECKOUT_EXPIRED · CHECKOUT_CANCELED · CHECKOUT_ALREADY_PENDING ·
│             TOO_MANY_ATTEMPTS · TRANSACTION_ENDED · OPERATION_CONFLICT ·
│             REFUND_EXCEEDS_CAPTURED · REFUND_NOT_ENABLED · TRANSACTION_DISPUTED · TRANSACTION_NOT_REFUNDABLE ·
│             REFUND_NOT_MANUAL · TOO_MANY_REFUNDS · TRANSACTION_HAS_MONEY · CASE_CLOSED · CASE_NOT_APPLICABLE ·
│             CHECKOUT_BLOCKED_BY_DISPUTE · CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD ·
│             CHECKOUT_RESTRICTED_BY_CUSTOMER_HOLD ·
│             TRANSACTION_NOT_CANCELABLE · MARK_PENDING_NOT_ALLOWED · BANK_REFERENCE_USED ·
│             TOO_MANY_PARKED · TOO_MANY_CASES · WEBHOOK_NOT_REGISTRABLE · CHANGED_MEANWHILE (gateway_contracts.errors)
└─ Invalid    PROVIDER_NOT_OFFERED · ITEMS_SUM_MISMATCH · REFERENCE_REQUIRED · RECEIPT_NOT_ALLOWED ·
              LINES_SUM_MISMATCH · MARK_NOT_ALLOWED
"""

from gateway_contracts.errors import Conflict, NotFound
from gateway_contracts.limits import REFUNDS_MAX


def checkout_not_found() -> NotFound:
    """It does not exist, or belongs to another tenant: the caller cannot tell which."""
    return NotFound("there is no such checkout", code="CHECKOUT_NOT_FOUND")


def transaction_not_found() -> NotFound:
    """It does not exist, or belongs to another tenant: the caller cannot tell which."""
    return NotFound("there is no such transaction", code="TRANSACTION_NOT_FOUND")


def webhook_not_registrable(message: str) -> Conflict:
    """The address for webhooks is to be entered at the provider by hand."""
    return Conflict(message, code="WEBHOOK_NOT_REGISTRABLE")


def refund_not_found() -> NotFound:
    """It does not exist, or belongs to another tenant: the caller cannot tell which."""
    return NotFound("there is no such refund", code="REFUND_NOT_FOUND")


def dispute_not_found() -> NotFound:
    """It does not exist, or belongs to another tenant: the caller cannot tell which."""
    return NotFound("there is no such dispute", code="DISPUTE_NOT_FOUND")


def case_not_found() -> NotFound:
    """It does not exist, or belongs to another tenant: the caller cannot tell which."""
    return NotFound("there is no such case", code="CASE_NOT_FOUND")


def transaction_has_money() -> Conflict:
    """It has postings, or may still get some."""
    return Conflict("money is, or may still be, connected with this transaction", code="TRANSACTION_HAS_MONEY")


def refund_not_enabled() -> Conflict:
    """The provider, or this account of it, gives no money back by a call."""
    return Conflict("refunds are not enabled for this provider account", code="REFUND_NOT_ENABLED")


def too_many_refunds() -> Conflict:
    """All refunds of a transaction are shown in one answer."""
    return Conflict(f"a transaction has at most {REFUNDS_MAX} refunds", code="TOO_MANY_REFUNDS")


def site_not_found() -> NotFound:
    """It does not exist, or belongs to another tenant: the caller cannot tell which."""
    return NotFound("there is no such site", code="SITE_NOT_FOUND")


def provider_not_found() -> NotFound:
    """It does not exist, or is another organization's or of the other mode: the caller cannot tell which."""
    return NotFound("there is no such provider", code="PROVIDER_NOT_FOUND")


def not_cancelable(reason: str) -> Conflict:
    """Money moved, or is moving, or the attempt ended."""
    return Conflict(f"this transaction cannot be canceled: {reason}", code="TRANSACTION_NOT_CANCELABLE")


def already_pending() -> Conflict:
    """An attempt to which the customer is committed is under way."""
    return Conflict("another payment of this checkout is under way", code="CHECKOUT_ALREADY_PENDING")


def too_many_parked() -> Conflict:
    """An organization has as many facts without their payment as are kept; the event is set aside."""
    return Conflict("too many events wait for their payments", code="TOO_MANY_PARKED")


def too_many_cases() -> Conflict:
    """An organization has as many open cases as are kept; what would open another one is set aside."""
    return Conflict("too many cases are open", code="TOO_MANY_CASES")
