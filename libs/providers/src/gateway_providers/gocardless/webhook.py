"""GoCardless' webhooks: up to 250 events in one body, ``Webhook-Signature`` = hex HMAC-SHA256 of the raw body.

Nothing signed says when: a body that comes again is told by the ids of its events.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_providers.border import moment_of
from gateway_providers.errors import SignatureInvalid
from gateway_providers.events import ParsedEvent, ProviderFact, Webhooks
from gateway_providers.gocardless.facts import fact_of

HEADER: Final = "webhook-signature"
_TEXT_MAX: Final = 255


def sign(body: bytes, secret: str) -> str:
    """The lower-case hex signature."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class GoCardlessWebhooks(Webhooks):
    """The webhook port of GoCardless."""

    secret_name = "webhookSecret"  # noqa: S105 - the name of the field, not a secret
    signature_failure_status = 498

    def is_hint(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Never: every body is signed."""
        return False

    def verify(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
        """See the port. Compares every secret, so that time tells nothing."""
        given = headers.get(HEADER, "").encode("utf-8", "surrogateescape")
        matched = False
        for secret in secrets:
            if secret.strip():
                matched |= hmac.compare_digest(sign(body, secret).encode(), given)
        if not matched:
            raise SignatureInvalid("no signature matches" if given else "no signature")

    def split(self, body: bytes) -> list[ParsedEvent]:
        """See the port: one for each event of the batch."""
        return [_parsed(event) for event in _events(_read(body))]

    def facts(self, raw: bytes) -> list[ProviderFact]:
        """See the port; takes a single event as well as a whole body."""
        body = _read(raw)
        events = _events(body) if "events" in body else [body]
        return [fact_of(event, _created(event)) for event in map(_checked, events)]


def _parsed(event: Mapping[str, Any]) -> ParsedEvent:
    checked = _checked(event)
    raw = json.dumps(checked, separators=(",", ":")).encode()
    return ParsedEvent(checked["id"], f"{checked['resource_type']}.{checked['action']}", raw)


def _read(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise Unreadable("the body is not JSON") from exc
    if not isinstance(body, dict):
        raise Unreadable("the body is not from GoCardless")
    return body


def _events(body: Mapping[str, Any]) -> list[Any]:
    events = body.get("events")
    if not isinstance(events, list):
        raise Unreadable("the body has no events")
    return events


def _checked(event: Any) -> Mapping[str, Any]:
    if not isinstance(event, Mapping):
        raise Unreadable("an event that is no object")
    for name in ("id", "resource_type", "action"):
        value = event.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= _TEXT_MAX or not value.isprintable():
            raise Unreadable(f"a GoCardless event without {name}")
    return event


def _created(event: Mapping[str, Any]) -> datetime:
    return moment_of(event.get("created_at"))
