"""Requests to svc-ipn."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import Field

from gateway_contracts.base import Contract
from gateway_contracts.list_filters import IdFilter, PeriodFields, one_of
from gateway_contracts.pages import PageRow
from gateway_contracts.requests.pages import PageReply
from gateway_contracts.requests.transaction import NUMERIC_STATUS
from gateway_contracts.rpc import Empty, Method

DeliveryState = Literal["waiting", "delivered", "superseded", "exhausted"]
Reason = Literal["newer_status", "checkout_paid", "reference_paid"]
"""Why a notification is superseded: a newer status of its transaction, another transaction of the checkout that
succeeded, or another checkout with the same reference (or invoice number) that is paid."""


class Attempt(Contract):
    """One POST to the merchant."""

    at: datetime
    http_status: int | None = None
    error: str | None = None
    body_fault: str | None = None
    """Why the answer's body did not come whole (``timeout``, ``broken_answer``). The status decides."""
    duration_ms: int


class DeliveryRecord(PageRow):
    """One notification and its attempts."""

    LONG: ClassVar = {"attempts": ()}

    id: str
    """The delivery id, the same on every attempt."""
    transaction_id: str
    checkout_id: str
    site_id: str | None = None
    ipn_status: int
    event_version: int
    dialect: Literal[1, 2]
    state: DeliveryState
    reason: Reason | None = None
    """Why it is superseded; null in every other state, and for what was superseded before reasons were kept."""
    url: str
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: datetime | None = None
    correlation_id: str | None = None
    """Id of the request or webhook that led to it."""
    created_at: datetime


class DeliveryFilters(PeriodFields):
    transaction_id: IdFilter | None = None
    state: Annotated[DeliveryState | None, one_of(get_args(DeliveryState))] = Field(
        None,
        description="`exhausted`: all attempts failed. `waiting`: an attempt is still to come.",
        examples=["exhausted"],
    )
    receiver: str | None = Field(
        None,
        max_length=300,
        description="Host of the URLs that it was sent to, with the port if it is not that of https; or a URL with it.",
        examples=["shop.example.com"],
    )


class DeliveryQuery(DeliveryFilters, Contract):
    pass


class DeliveryPage(PageReply):
    deliveries: tuple[DeliveryRecord, ...]


class DeliveryRef(Contract):
    delivery_id: str


class SignedDelivery(Contract):
    """A notification as it would be sent at this moment."""

    delivery_id: str = Field(description="Id of the notification, the same on every attempt.")
    body: str = Field(description="The exact text, of which the signatures are made: send it as UTF-8, byte for byte.")
    headers: dict[str, str] = Field(description="Content type, signatures and their time, by the names of the headers.")


NOTIFIED: Final = {
    "transaction.submitted.v1": NUMERIC_STATUS["pending_provider"],
    "transaction.succeeded.v1": NUMERIC_STATUS["succeeded"],
    "transaction.failed.v1": NUMERIC_STATUS["failed"],
    "transaction.canceled.v1": NUMERIC_STATUS["canceled"],
    "transaction.refunded.v1": NUMERIC_STATUS["refunded"],
    "transaction.restored.v1": NUMERIC_STATUS["succeeded"],
}
"""The numeric status that the merchant gets, by type of event. What disputes notify depends on more than their type."""
DISPUTES_NOTIFIED: Final = frozenset({"dispute.opened.v1", "dispute.closed.v1"})


def delivery_id_of(event_id: str) -> str:
    """The notification of an event: the same for the same event, however often it is published."""
    return "dlv_" + event_id.replace("-", "")


class FailingTarget(Contract):
    """One receiver of an organization's notifications that did not take those that it was sent.

    Attributes:
        host: of the URL; empty where it does not decrypt.
        waiting: notifications with a failed attempt that wait for the next one.
        oldest_at: creation of the oldest of them.
        http_status: of the last attempt; None where there was no answer, which ``error`` then describes.
    """

    organization_id: str
    host: str
    waiting: int
    oldest_at: datetime
    next_attempt_at: datetime | None = None
    http_status: int | None = None
    error: str | None = None


class FailingTargets(Contract):
    """The receivers with most waiting notifications first. ``is_complete``: all notifications that wait were read."""

    targets: tuple[FailingTarget, ...]
    is_complete: bool


LIST_DELIVERIES = Method("rpc.ipn.list_deliveries", DeliveryQuery, DeliveryPage)
GET_DELIVERY = Method("rpc.ipn.get_delivery", DeliveryRef, DeliveryRecord)
RESEND = Method("rpc.ipn.resend", DeliveryRef, DeliveryRecord)
SIGN = Method("rpc.ipn.sign", DeliveryRef, SignedDelivery)
LIST_FAILING_TARGETS = Method("rpc.ipn.list_failing_targets", Empty, FailingTargets)
"""Of all organizations: for operators."""
