"""Events: one immutable record per fact, rendered for each endpoint in its API version."""

import copy
import json
from typing import Protocol

from gateway_simulators.delivery import Request
from gateway_simulators.ids import new_id
from gateway_simulators.store import Json, Store
from gateway_simulators.stripe.accounts import Caller
from gateway_simulators.stripe.settings import DEFAULT_API_VERSION
from gateway_simulators.stripe.signing import signature_header


class Outgoing(Protocol):
    """Where events go when they have happened."""

    def accept(self, event: Json) -> None: ...


def new_event(kind: str, subject: Json, *, caller: Caller, now: int, request_id: str | None, key: str | None) -> Json:
    """The event object with a frozen copy of what it is about. The account is kept for ourselves."""
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": DEFAULT_API_VERSION,
        "created": now,
        "data": {"object": copy.deepcopy(public(subject))},
        "livemode": caller.livemode,
        "pending_webhooks": 0,
        "request": {"id": request_id, "idempotency_key": key},
        "type": kind,
        "_account": caller.account,
    }


def public(stored: Json) -> Json:
    """The public view of a stored object: internal notes begin with an underscore."""
    return {name: value for name, value in stored.items() if not name.startswith("_")}


def render(event: Json, api_version: str | None, pending: int) -> bytes:
    """The body of a webhook, indented as Stripe sends it."""
    body = {**public(event), "api_version": api_version or event["api_version"], "pending_webhooks": pending}
    return json.dumps(body, indent=2, ensure_ascii=False).encode()


def intent_of(event: Json) -> str:
    """The payment intent that the event concerns, empty if none."""
    subject = event["data"]["object"]
    if subject.get("object") == "payment_intent":
        return str(subject.get("id", ""))
    return str(subject.get("payment_intent") or "")


def wants(endpoint: Json, event: Json) -> bool:
    """Whether the endpoint is enabled for this event."""
    enabled = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in enabled or event["type"] in enabled)


class StripeWebhooks:
    """See `WebhookFormat`: endpoints are registered by API, each with its secret."""

    subject = "payment_intent"

    def __init__(self, store: Store) -> None:
        self._store = store

    def targets(self, event: Json) -> list[Json]:
        """See the protocol."""
        entries = list(self._store.newest_first("webhook_endpoint"))[::-1]
        return [entry for entry in entries if entry["_account"] == event["_account"] and wants(entry, event)]

    def subject_of(self, event: Json) -> str:
        """See the protocol."""
        return intent_of(event)

    def request(self, record: Json, event: Json, now: float) -> Request | None:
        """See the protocol."""
        endpoint = self._store.get("webhook_endpoint", record["endpoint"])
        if endpoint is None:
            return None
        body = render(event, endpoint["api_version"], record["pending_webhooks"])
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature_header(endpoint["_secret"], int(now), body),
        }
        return Request(endpoint["url"], body, headers)
