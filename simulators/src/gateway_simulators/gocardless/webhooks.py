"""GoCardless' webhooks: batches, signed over the raw body."""

import hashlib
import hmac
import json

from gateway_simulators.delivery import Request
from gateway_simulators.store import Json, Store


def signature(secret: str, body: bytes) -> str:
    """``Webhook-Signature``."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class GoCardlessWebhooks:
    """See `WebhookFormat`: endpoints are made in the dashboard, here by the control API."""

    subject = "resource"

    def __init__(self, store: Store) -> None:
        self._store = store

    def targets(self, event: Json) -> list[Json]:
        """See the protocol."""
        entries = list(self._store.newest_first("webhook_endpoint"))[::-1]
        return [entry for entry in entries if entry["_account"] == event["_account"]]

    def subject_of(self, event: Json) -> str:
        """See the protocol."""
        return str(event["_subject"])

    def request(self, record: Json, event: Json, now: float) -> Request | None:
        """See the protocol. The body stays the same over all attempts."""
        endpoint = self._store.get("webhook_endpoint", record["endpoint"])
        if endpoint is None:
            return None
        body = json.dumps({"events": event["events"], "meta": {"webhook_id": event["id"]}}).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "gocardless-webhook-service/1.1",
            "Origin": "https://api.gocardless.com",
            "Webhook-Signature": signature(endpoint["secret"], body),
        }
        return Request(endpoint["url"], body, headers)
