"""PayPal's webhooks, verified here: RSA-SHA256 over ``transmissionId|time|webhookId|crc32(body)``.

The webhook's id is the secret's place holder: it is no secret, but it binds the signature to one endpoint.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from gateway_contracts.errors import Unreadable
from gateway_contracts.untrusted import moment_from
from gateway_providers.errors import SignatureInvalid
from gateway_providers.events import NO_SENDER, ParsedEvent, ProviderFact, Sender, WebhookHost, Webhooks
from gateway_providers.paypal.certificates import Certificates
from gateway_providers.paypal.facts import facts_of

ID: Final = "paypal-transmission-id"
TIME: Final = "paypal-transmission-time"
SIGNATURE: Final = "paypal-transmission-sig"
CERTIFICATE: Final = "paypal-cert-url"
ALGORITHM: Final = "paypal-auth-algo"

FUTURE_S: Final = 300
# PayPal sends for three days what is not answered, and does not say whether each attempt is signed anew. What comes
# twice is recognized by the event's id.
PAST_S: Final = 3 * 86_400 + 3600
_TEXT_MAX: Final = 255


def signed_text(transmission_id: str, time: str, webhook_id: str, body: bytes) -> str:
    """The text that PayPal signs."""
    return f"{transmission_id}|{time}|{webhook_id}|{zlib.crc32(body)}"


class PayPalWebhooks(Webhooks):
    """The webhook port of PayPal."""

    secret_name = "webhookId"  # noqa: S105 - the name of the field, not a secret
    signature_headers = frozenset({ID, TIME, SIGNATURE, CERTIFICATE, ALGORITHM})

    def __init__(self, certificates: Certificates | None = None) -> None:
        self._certificates = certificates or Certificates()

    def hosted(self, host: WebhookHost) -> Webhooks:
        """See the port."""
        return PayPalWebhooks(Certificates(host.certificate_origins, places=host.places))

    async def prepare(self, headers: Mapping[str, str], sender: Sender = NO_SENDER) -> None:
        """See the port: fetches the certificate that the headers name, if it may and if it is not here yet."""
        await self._certificates.have_ready(headers.get(CERTIFICATE, ""), sender)

    def is_thin_event(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Never: every event is signed."""
        return False

    def verify(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
        """See the port. ``secrets`` are the webhook ids in use; `prepare` comes first."""
        if headers.get(ALGORITHM, "") != "SHA256withRSA":
            raise SignatureInvalid("not signed by SHA256withRSA")
        transmission_id, time = headers.get(ID, ""), headers.get(TIME, "")
        if not transmission_id or "|" in transmission_id or "|" in time:
            raise SignatureInvalid("no transmission id")
        age_s = (now - _time_of(time)).total_seconds()
        signature = _signature_of(headers.get(SIGNATURE, ""))
        key = self._certificates.key_of(headers.get(CERTIFICATE, ""), now)
        for webhook_id in secrets:
            if not webhook_id.strip():
                continue
            text = signed_text(transmission_id, time, webhook_id, body)
            try:
                key.verify(signature, text.encode("utf-8", "surrogateescape"), PKCS1v15(), SHA256())
            except InvalidSignature:
                continue
            if not -FUTURE_S <= age_s <= PAST_S:
                raise SignatureInvalid(f"signed {age_s:.0f} s ago")
            self._certificates.proved(headers.get(CERTIFICATE, ""))
            return
        raise SignatureInvalid("no signature matches")

    def split(self, body: bytes) -> list[ParsedEvent]:
        """See the port: PayPal sends one event per request."""
        event = _read(body)
        return [ParsedEvent(event["id"], event["event_type"], body)]

    def facts(self, raw: bytes) -> list[ProviderFact]:
        """See the port."""
        event = _read(raw)
        return facts_of(event, _created(event))


def _time_of(text: str) -> datetime:
    try:
        return moment_from(text, needs_offset=True)
    except ValueError as exc:
        raise SignatureInvalid("no transmission time") from exc


def _signature_of(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("utf-8", "surrogateescape"), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise SignatureInvalid("no readable signature") from exc


def _read(raw: bytes) -> dict[str, Any]:
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise Unreadable("the body is not JSON") from exc
    if not isinstance(event, dict):
        raise Unreadable("the body is not a PayPal event")
    for name in ("id", "event_type"):
        value = event.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= _TEXT_MAX or not value.isprintable():
            raise Unreadable(f"a PayPal event without {name}")
    return event


def _created(event: Mapping[str, Any]) -> datetime:
    try:
        return moment_from(event.get("create_time"))
    except ValueError as exc:
        raise Unreadable("a PayPal event without its time") from exc
