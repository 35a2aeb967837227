"""Webhooks: classic ones to the address of each payment, signed ones to subscriptions."""

import hmac
import json
from urllib.parse import urlencode

from gateway_simulators.delivery import Request
from gateway_simulators.mollie.context import public
from gateway_simulators.store import Json, Store

_CLASSIC = "classic"
_USER_AGENT = "Mollie HTTP client/1.0"


def signature(secret: str, body: bytes) -> str:
    """The value of ``X-Mollie-Signature``."""
    return "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()


def _wants(hook: Json, event: Json) -> bool:
    return "*" in hook["eventTypes"] or event["type"] in hook["eventTypes"]


class MollieWebhooks:
    """See `WebhookFormat`."""

    subject = "payment"

    def __init__(self, store: Store) -> None:
        self._store = store

    def targets(self, event: Json) -> list[Json]:
        """See the protocol: the payment's own address first."""
        if event["_hook"]:
            hook = self._store.get("webhook", event["_hook"])
            return [hook] if hook else []
        payment = self._store.get("payment", event["_payment"])
        url = payment["webhookUrl"] if payment else None
        classic = [{"id": _CLASSIC, "url": url}] if url else []
        subscribed = [
            hook
            for hook in list(self._store.newest_first("webhook"))[::-1]
            if hook["_account"] == event["_account"] and _wants(hook, event)
        ]
        return [*classic, *subscribed]

    def subject_of(self, event: Json) -> str:
        """See the protocol."""
        return str(event["_payment"])

    def request(self, record: Json, event: Json, now: float) -> Request | None:
        """See the protocol. A classic webhook says nothing but the payment's id."""
        if record["endpoint"] == _CLASSIC:
            body = urlencode({"id": event["_payment"]}).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": _USER_AGENT}
            return Request(record["url"], body, headers)
        hook = self._store.get("webhook", record["endpoint"])
        if hook is None:
            return None
        body = json.dumps(public(event)).encode()
        headers = {"Content-Type": "application/json", "User-Agent": _USER_AGENT}
        return Request(hook["url"], body, headers | {"X-Mollie-Signature": signature(hook["_secret"], body)})
