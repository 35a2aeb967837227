"""Stripe's webhooks: ``Stripe-Signature: t=<unix>,v1=<hex>[,v1=…]`` over ``t.body``, keyed by the whole secret text."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.untrusted import moment_from
from gateway_providers.errors import SignatureInvalid
from gateway_providers.events import ParsedEvent, ProviderFact, Webhooks
from gateway_providers.stripe.facts import facts_of

HEADER: Final = "stripe-signature"
TOLERANCE_S: Final = 300
_EVENT_OBJECTS: Final = ("event", "v2.core.event")
_TEXT_MAX: Final = 255


def sign(body: bytes, secret: str, timestamp: int) -> str:
    """The lower-case hex signature of scheme v1."""
    return _signature(body, secret, str(timestamp))


class StripeWebhooks(Webhooks):
    """The webhook port of Stripe."""

    secret_name = "webhookSecret"  # noqa: S105 - the name of the field, not a secret
    signature_headers = frozenset({HEADER})

    def is_thin_event(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Never: every event of Stripe is signed."""
        return False

    def verify(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
        """See the port. Compares every secret with every v1 signature, so that time tells nothing."""
        timestamp, signatures = _parse_header(headers.get(HEADER, ""))
        matched = False
        for secret in secrets:
            if not secret.strip():
                continue
            expected = _signature(body, secret, timestamp).encode()
            for signature in signatures:
                matched |= hmac.compare_digest(expected, signature)
        if not matched:
            raise SignatureInvalid("no signature matches")
        age_s = now.timestamp() - int(timestamp)
        # Stripe's own libraries accept any future time; a clock that far off would make replays last without end.
        if not -TOLERANCE_S <= age_s <= TOLERANCE_S:
            raise SignatureInvalid(f"signed {age_s:.0f} s ago")

    def split(self, body: bytes) -> list[ParsedEvent]:
        """See the port: Stripe sends one event per request."""
        event = _read(body)
        return [ParsedEvent(event["id"], event["type"], body)]

    def facts(self, raw: bytes) -> list[ProviderFact]:
        """See the port."""
        event = _read(raw)
        return facts_of(event, _created(event))


def _parse_header(header: str) -> tuple[str, list[bytes]]:
    """The timestamp's text and all v1 signatures; other schemes are ignored, or v0 would be a downgrade."""
    timestamps: list[str] = []
    signatures: list[bytes] = []
    for item in header.split(","):
        scheme, _, value = item.strip().partition("=")
        if scheme == "t":
            timestamps.append(value)
        elif scheme == "v1":
            signatures.append(value.encode("utf-8", "surrogateescape"))
    if len(timestamps) != 1 or not (timestamps[0].isascii() and timestamps[0].isdigit()) or len(timestamps[0]) > 12:
        raise SignatureInvalid("no single timestamp")
    if not signatures:
        raise SignatureInvalid("no v1 signature")
    return timestamps[0], signatures


def _signature(body: bytes, secret: str, timestamp: str) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _read(raw: bytes) -> dict[str, Any]:
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise Unreadable("the body is not JSON") from exc
    if not isinstance(event, dict) or event.get("object") not in _EVENT_OBJECTS:
        raise Unreadable("the body is not a Stripe event")
    for name in ("id", "type"):
        value = event.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= _TEXT_MAX or not value.isprintable():
            raise Unreadable(f"a Stripe event without {name}")
    return event


def _created(event: Mapping[str, Any]) -> datetime:
    """Unix seconds; thin events carry RFC 3339 text."""
    try:
        return moment_from(event.get("created"))
    except ValueError as exc:
        raise Unreadable("a Stripe event without its time") from exc
