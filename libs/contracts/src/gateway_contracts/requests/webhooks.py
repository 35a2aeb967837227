"""Requests to svc-transaction about the webhooks that named one payment, and what came of each."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from gateway_contracts.base import Contract
from gateway_contracts.requests.transaction import TransactionRef
from gateway_contracts.rpc import Method

WebhookFate = Literal[
    "applied", "recorded", "conflict", "case", "waiting", "ignored", "unmatched", "set_aside", "repeated"
]


class WebhookRecord(Contract):
    """One event of the provider that named this payment. Bodies are not part of it."""

    event_id: str = Field(description="Id of the event at the gateway: of the account and the provider's own id.")
    fate: WebhookFate = Field(
        description="applied: it changed the payment. recorded: it was noted in the timeline. conflict: it was noted, "
        "and does not fit the state. case: it opened a case. waiting: it waits for an earlier event. ignored: see the "
        "reason. unmatched: it waited too long, and became a case. set_aside: an operator has to look at it. repeated: "
        "it came again, and only the repetition is known."
    )
    reason: str = Field(
        "",
        description="Of an ignored one: no_news (it says what is known) or no_fit (it does not fit the state). Of one "
        "that was set aside: the code of the error.",
    )
    event_type: str | None = Field(None, description="The provider's word for it; null in the timeline.")
    said: tuple[str, ...] = Field((), description="What it said, in the words of the timeline; else empty.")
    at: datetime = Field(description="When it was processed, or came, in UTC.")
    repeated: int = Field(0, description="How often it came again; it was applied once.")
    repeated_at: datetime | None = Field(None, description="When it came again last; null if it did not.")


class WebhookList(Contract):
    """Events of the provider that named one payment."""

    webhooks: tuple[WebhookRecord, ...] = Field(description="Oldest first; of more than 200 the latest.")


LIST_WEBHOOKS = Method("rpc.transaction.list_webhooks", TransactionRef, WebhookList)
