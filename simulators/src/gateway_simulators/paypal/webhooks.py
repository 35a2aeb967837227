"""PayPal's webhooks: one event in each request, signed by certificate anew in each attempt."""

import json
import uuid
from datetime import UTC, datetime

from gateway_simulators.delivery import Request
from gateway_simulators.paypal.context import public
from gateway_simulators.paypal.keys import SigningKey
from gateway_simulators.store import Json, Store


class PayPalWebhooks:
    """See `WebhookFormat`: endpoints are made in the dashboard, by the API, or by the control API."""

    subject = "order"

    def __init__(self, store: Store, key: SigningKey, origin: str) -> None:
        self._store = store
        self._key = key
        self._certificate = f"{origin}/v1/notifications/certs/{key.identifier}"

    def targets(self, event: Json) -> list[Json]:
        """See the protocol."""
        return [entry for entry in list(self._store.newest_first("webhook"))[::-1] if _wants(entry, event)]

    def subject_of(self, event: Json) -> str:
        """See the protocol."""
        return str(event["_order"])

    def request(self, record: Json, event: Json, now: float) -> Request | None:
        """See the protocol."""
        endpoint = self._store.get("webhook", record["endpoint"])
        if endpoint is None:
            return None
        body = json.dumps(body_of(event)).encode()
        transmission = str(uuid.uuid5(uuid.NAMESPACE_URL, record["id"]))
        time = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "PayPal/AUHD-1.0-1",
            "PAYPAL-TRANSMISSION-ID": transmission,
            "PAYPAL-TRANSMISSION-TIME": time,
            "PAYPAL-TRANSMISSION-SIG": self._key.signature(transmission, time, endpoint["id"], body),
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "PAYPAL-CERT-URL": self._certificate,
        }
        return Request(endpoint["url"], body, headers)


def body_of(event: Json) -> Json:
    """The public view of an event."""
    return {name: value for name, value in public(event).items() if name != "type"}


def _wants(endpoint: Json, event: Json) -> bool:
    names = [str(item["name"]) for item in endpoint["event_types"]]
    return endpoint["_account"] == event["_account"] and ("*" in names or event["event_type"] in names)
