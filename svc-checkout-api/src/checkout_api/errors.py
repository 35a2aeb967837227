"""Errors of this service's own.

    Rejected
    ├─ NotFound     TRANSACTION_NOT_FOUND, CHECKOUT_NOT_FOUND, DOCUMENT_NOT_FOUND
    ├─ Forbidden    ORIGIN_NOT_ALLOWED, DOCUMENT_NOT_YOURS, PAGE_NOT_PROVEN
    ├─ Conflict     PAYMENT_METHOD_MISMATCH, PAYMENT_REFUSED
    └─ Unreadable   IDEMPOTENCY_KEY_INVALID
    Transient       DOCUMENT_NOT_READY

Everything else comes from the owner of the data and is passed on.
"""

from gateway_contracts.errors import Conflict, Forbidden, NotFound, Transient, Unreadable

DOCUMENT_NOT_YOURS = "DOCUMENT_NOT_YOURS"


def transaction_not_found() -> NotFound:
    """It does not exist, or the caller did not prove that it is theirs: the answer is the same."""
    return NotFound("no such transaction", code="TRANSACTION_NOT_FOUND")


def checkout_not_found() -> NotFound:
    """No session of that name."""
    return NotFound("no such checkout", code="CHECKOUT_NOT_FOUND")


def document_not_found() -> NotFound:
    """Not a document of that checkout."""
    return NotFound("no such document", code="DOCUMENT_NOT_FOUND")


def document_not_yours() -> Forbidden:
    """The payment was not begun in this browser; the payment link alone opens no document."""
    return Forbidden("the document can be opened only in the browser that made the payment", code=DOCUMENT_NOT_YOURS)


def page_not_proven() -> Forbidden:
    """A form was sent by another site's page, or by a browser that keeps no cookies."""
    return Forbidden("the form is not from the checkout's own page", code="PAGE_NOT_PROVEN")


def method_not_as_shown() -> Conflict:
    """The request names another provider than the one that the page's button was labelled for."""
    return Conflict("the page showed another payment method", code="PAYMENT_METHOD_MISMATCH")


def payment_refused() -> Conflict:
    """The merchant does not take this payment from this e-mail address; why is between the two of them."""
    return Conflict("this payment is not accepted", code="PAYMENT_REFUSED")


def document_not_ready() -> Transient:
    """The document exists and is still being rendered."""
    return Transient("the document is still being prepared", code="DOCUMENT_NOT_READY", retry_after_s=2)


def origin_not_allowed() -> Forbidden:
    """The calling page is none of the checkout's own."""
    return Forbidden("this origin may not read the checkout", code="ORIGIN_NOT_ALLOWED")


def idempotency_key_invalid() -> Unreadable:
    """Not 1 to 255 printable characters."""
    return Unreadable("Idempotency-Key must have 1 to 255 printable characters", code="IDEMPOTENCY_KEY_INVALID")
