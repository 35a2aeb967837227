"""Messages to buyers, members and the team."""

from typing import Annotated

from fastapi import Depends, Query

from admin_api.edge.dependencies import known_id
from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from admin_api.notifications.web.schemas.notifications import NotificationListIn, NotificationListView, SendIn
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from gateway_contracts.requests.notify import (
    GET_NOTIFICATION,
    LIST_NOTIFICATIONS,
    RESEND_NOTIFICATION,
    SEND_DOCUMENT,
    NotificationQuery,
    NotificationRef,
    SendDocument,
)

router = new_router(tags=["messages to people"])
NotificationId = Annotated[str, Depends(known_id("notification"))]
InvoiceId = Annotated[str, Depends(known_id("invoice"))]
CreditNoteId = Annotated[str, Depends(known_id("credit note"))]


@forwarded(
    router,
    "GET",
    "/notifications",
    LIST_NOTIFICATIONS,
    scope="organization:read",
    answer=NotificationListView,
)
def list_notifications(query: Annotated[NotificationListIn, Query()]) -> NotificationQuery:
    """Mails and other messages of this key's mode, newest first, as long as they are kept."""
    return query.to(NotificationQuery)


@forwarded(router, "GET", "/notifications/{notification_id}", GET_NOTIFICATION, scope="organization:read")
def read(notification_id: NotificationId) -> NotificationRef:
    """One message with its attempts. Its content is not shown."""
    return NotificationRef(notification_id=notification_id)


@forwarded(
    router,
    "POST",
    "/notifications/{notification_id}/resend",
    RESEND_NOTIFICATION,
    scope="organization:execute",
    effect=Effect.OWN_MODE,
    action="notification.resend",
)
def resend(notification_id: NotificationId) -> NotificationRef:
    """Send a message again, with the present template. A waiting message is sent at once, as its next attempt.

    A message with a secret, such as an invitation, is erased once it was sent: 409 `NOTIFICATION_ERASED`.
    """
    return NotificationRef(notification_id=notification_id)


@forwarded(
    router,
    "POST",
    "/invoices/{invoice_id}/send-email",
    SEND_DOCUMENT,
    scope="invoice:execute",
    effect=Effect.OWN_MODE,
    action="invoice.send_email",
    status=202,
)
def send_invoice(invoice_id: InvoiceId, attempt: Attempt, body: SendIn | None = None) -> SendDocument:
    """Mail an issued invoice with its PDF, to the buyer unless `to` is given. The answer is the message, which waits.

    Without a mail server of the organization or the installation: 409 `MAIL_NOT_CONFIGURED`.
    """
    given = body or SendIn()
    return SendDocument(notification_id=attempt.object_id, document="invoice", document_id=invoice_id, **dict(given))


@forwarded(
    router,
    "POST",
    "/credit-notes/{credit_note_id}/send-email",
    SEND_DOCUMENT,
    scope="credit_note:execute",
    effect=Effect.OWN_MODE,
    action="credit_note.send_email",
    status=202,
)
def send_credit_note(credit_note_id: CreditNoteId, attempt: Attempt, body: SendIn | None = None) -> SendDocument:
    """Mail a credit note with its PDF, to the buyer unless `to` is given. The answer is the message, which waits."""
    given = body or SendIn()
    return SendDocument(
        notification_id=attempt.object_id, document="credit_note", document_id=credit_note_id, **dict(given)
    )
