"""Wise's webhooks: one event per request, signed over the raw body."""

import json
import uuid

from gateway_simulators.delivery import Request
from gateway_simulators.store import Json, Store
from gateway_simulators.wise.keys import SigningKey


class WiseWebhooks:
    """See `WebhookFormat`."""

    subject = "transfer"

    def __init__(self, store: Store, key: SigningKey) -> None:
        self._store = store
        self._key = key

    def targets(self, event: Json) -> list[Json]:
        """See the protocol."""
        entries = [
            entry
            for entry in reversed(list(self._store.newest_first("subscription")))
            if entry["_account"] == event["_account"] and entry["trigger_on"] == event["type"]
        ]
        wanted = [entry for entry in entries if event["_only"] in (None, entry["id"])]
        return [{"id": entry["id"], "url": entry["delivery"]["url"]} for entry in wanted]

    def subject_of(self, event: Json) -> str:
        """See the protocol."""
        return str(event["_subject"])

    def request(self, record: Json, event: Json, now: float) -> Request | None:
        """See the protocol. Every attempt has a delivery id of its own; the body stays the same."""
        subscription = self._store.get("subscription", record["endpoint"])
        if subscription is None:
            return None
        body = json.dumps(
            {
                "data": event["data"],
                "subscription_id": subscription["id"],
                "event_type": event["type"],
                "schema_version": subscription["delivery"]["version"],
                "sent_at": event["sent_at"],
            }
        ).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Signature-SHA256": self._key.signature(body),
            "X-Delivery-Id": str(uuid.uuid4()),
        }
        if event["_only"] is not None:
            headers["X-Test-Notification"] = "true"
        return Request(subscription["delivery"]["url"], body, headers)
