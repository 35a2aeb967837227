"""The toy's webhooks: ``Toy-Signature`` is the hex HMAC-SHA256 of the body."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway_contracts.money import Money
from gateway_providers.errors import SignatureInvalid
from gateway_providers.events import FactKind, ParsedEvent, ProviderFact, Webhooks

HEADER = "toy-signature"


def sign(body: bytes, key: str) -> str:
    """The header's value."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


class ToyWebhooks(Webhooks):
    """The webhook port of the toy."""

    secret_name = "signingKey"
    signature_headers = frozenset({HEADER})

    def is_thin_event(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Never: every event is signed."""
        return False

    def verify(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
        """See the port."""
        if not any(hmac.compare_digest(sign(body, key), headers.get(HEADER, "")) for key in secrets):
            raise SignatureInvalid("no signature matches")

    def split(self, body: bytes) -> list[ParsedEvent]:
        """See the port: one event per request."""
        event = json.loads(body)
        return [ParsedEvent(event["id"], event["type"], body)]

    def facts(self, raw: bytes) -> list[ProviderFact]:
        """See the port."""
        event = json.loads(raw)
        return [
            ProviderFact(
                kind=FactKind.CAPTURE_CONFIRMED,
                event_type=event["type"],
                provider_status="paid",
                occurred_at=datetime.fromisoformat(event["at"]),
                livemode=None,
                provider_payment_id=event["payment"],
                amount=Money(event["cents"], "EUR"),
            )
        ]
