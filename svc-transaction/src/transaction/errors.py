"""The service's own errors, on top of the tree of `gateway_contracts.errors`.

GatewayError
├─ NotFound   CHECKOUT_NOT_FOUND · TRANSACTION_NOT_FOUND · SITE_NOT_FOUND
├─ Conflict   CHECKOUT_COMPLETED · CHECKOUT_EXPIRED · CHECKOUT_CANCELED · CHECKOUT_ALREADY_PENDING ·
│             TOO_MANY_ATTEMPTS · TRANSACTION_ENDED · OPERATION_CONFLICT ·
│             TRANSACTION_NOT_CANCELABLE · MARK_PENDING_NOT_ALLOWED · BANK_REFERENCE_USED
├─ Invalid    PROVIDER_NOT_OFFERED · ITEMS_SUM_MISMATCH · REFERENCE_REQUIRED · RECEIPT_NOT_ALLOWED
└─ Transient  STALE
"""

from gateway_contracts.errors import Conflict, NotFound, Transient


def checkout_not_found() -> NotFound:
    """It does not exist, or belongs to somebody else: the caller cannot tell which."""
    return NotFound("there is no such checkout", code="CHECKOUT_NOT_FOUND")


def transaction_not_found() -> NotFound:
    """It does not exist, or belongs to somebody else: the caller cannot tell which."""
    return NotFound("there is no such transaction", code="TRANSACTION_NOT_FOUND")


def site_not_found() -> NotFound:
    """It does not exist, or belongs to somebody else: the caller cannot tell which."""
    return NotFound("there is no such site", code="SITE_NOT_FOUND")


def not_cancelable(reason: str) -> Conflict:
    """Money moved, or is moving, or the attempt ended."""
    return Conflict(f"this transaction cannot be canceled: {reason}", code="TRANSACTION_NOT_CANCELABLE")


def already_pending() -> Conflict:
    """An attempt to which the customer is committed is under way."""
    return Conflict("another payment of this checkout is under way", code="CHECKOUT_ALREADY_PENDING")


def stale(what: str) -> Transient:
    """Somebody else changed it between reading and writing; the next attempt sees that change."""
    return Transient(f"the {what} was changed by somebody else", code="STALE")
