"""Mollie's webhooks. Both kinds are thin events: the payment that they name is fetched before anything is believed.

Classic: a form with ``id=tr_…``, without a signature. Next generation: a JSON event, signed with ``X-Mollie-Signature``
(hex HMAC-SHA256 over the raw body, keyed by the secret's text; ``sha256=`` may stand in front; the header may repeat).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from gateway_contracts.errors import Unreadable
from gateway_providers.errors import SignatureInvalid
from gateway_providers.events import ParsedEvent, ProviderFact, Webhooks

HEADER: Final = "x-mollie-signature"
_PREFIX: Final = "sha256="
_ID: Final = re.compile(r"[a-z]{1,20}_[A-Za-z0-9]{1,100}")
_FIELDS_MAX: Final = 20


def sign(body: bytes, secret: str) -> str:
    """The header's value for a next-generation webhook."""
    return _PREFIX + _signature(body, secret)


class MollieWebhooks(Webhooks):
    """The webhook port of Mollie."""

    secret_name = "webhookSecret"  # noqa: S105 - the name of the field, not a secret
    signature_headers = frozenset({HEADER})

    def is_thin_event(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Always: also a signed event is only a reason to ask."""
        return True

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        """See the port."""
        return HEADER in headers

    def verify(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
        """See the port. A webhook without a signature is a classic one; a wrong signature is never one."""
        header = headers.get(HEADER)
        if header is None:
            return
        given = [item.strip().removeprefix(_PREFIX).encode("utf-8", "surrogateescape") for item in header.split(",")]
        matched = False
        for secret in secrets:
            if not secret.strip():
                continue
            expected = _signature(body, secret).encode()
            for signature in given:
                matched |= hmac.compare_digest(expected, signature)
        if not matched:
            raise SignatureInvalid("no signature matches")

    def split(self, body: bytes) -> list[ParsedEvent]:
        """See the port: one thin event per request; the id is the payment's, and says nothing about what happened."""
        identifier, event_type = _read(body)
        return [ParsedEvent(identifier, event_type, body)]

    def facts(self, raw: bytes) -> list[ProviderFact]:
        """Nothing: a thin event proves nothing. Facts come from `ThinEventConnector.resolve_thin_event`."""
        _read(raw)
        return []


def payment_id_of(raw: bytes) -> str | None:
    """The payment that a thin event is about; None for one about something else.

    Raises:
        Unreadable: it is no webhook of Mollie's.
    """
    identifier, _ = _read(raw)
    return identifier if identifier.startswith("tr_") else None


def _signature(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _read(raw: bytes) -> tuple[str, str]:
    """The object's id and the type of the thin event."""
    identifier, event_type = _read_event(raw) if raw.lstrip().startswith(b"{") else _read_form(raw)
    if not isinstance(identifier, str) or not _ID.fullmatch(identifier):
        raise Unreadable("a Mollie webhook without an id")
    return identifier, event_type


def _read_form(raw: bytes) -> tuple[Any, str]:
    try:
        fields = parse_qs(raw.decode("ascii"), max_num_fields=_FIELDS_MAX)
    except ValueError as exc:
        raise Unreadable("the body is not a form") from exc
    values = fields.get("id", [])
    return values[0] if len(values) == 1 else None, "hint"


def _read_event(raw: bytes) -> tuple[Any, str]:
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise Unreadable("the body is not JSON") from exc
    # Full payloads carry the object, simple ones its id; subscriptions of the dashboard send the object itself.
    embedded = event.get("_embedded")
    entity = embedded.get("entity") if isinstance(embedded, dict) else None
    entity = entity if isinstance(entity, dict) else {}
    subject = event if event.get("resource") != "event" else {"id": event.get("entityId"), **entity}
    event_type = event.get("type")
    return subject.get("paymentId") or subject.get("id"), event_type if isinstance(event_type, str) else "hint"
