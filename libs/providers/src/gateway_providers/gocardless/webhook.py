"""GoCardless' webhooks: up to 250 events in one body, ``Webhook-Signature`` = hex HMAC-SHA256 of the raw body.

The signature covers no time: a repeated body is recognized by the ids of its events.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.topology import HOOK_BODY_BYTES_MAX
from gateway_contracts.untrusted import moment_from
from gateway_providers.errors import SignatureInvalid
from gateway_providers.events import ParsedEvent, ProviderFact, Webhooks
from gateway_providers.gocardless.facts import fact_of

HEADER: Final = "webhook-signature"
UNREADABLE: Final = "unreadable"
_TEXT_MAX: Final = 120


def sign(body: bytes, secret: str) -> str:
    """The lower-case hex signature."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether the secret made that signature; an empty one signs nothing."""
    given = signature.encode("utf-8", "surrogateescape")
    return bool(secret.strip()) and hmac.compare_digest(sign(body, secret).encode(), given)


class GoCardlessWebhooks(Webhooks):
    """The webhook port of GoCardless."""

    secret_name = "webhookSecret"  # noqa: S105 - the name of the field, not a secret
    signature_headers = frozenset({HEADER})
    signature_failure_status = 498

    def is_thin_event(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Never: every body is signed."""
        return False

    def verify(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
        """See the port. Compares every secret, so that time tells nothing."""
        given = headers.get(HEADER, "")
        matched = False
        for secret in secrets:
            matched |= is_signed(body, given, secret)
        if not matched:
            raise SignatureInvalid("no signature matches" if given else "no signature")

    def split(self, body: bytes) -> list[ParsedEvent]:
        """See the port: one for each event of the batch. One that cannot be read stands for itself as well: the
        others of its batch do not wait for it, and `facts` refuses it alone."""
        return [_parsed(event) for event in _events(_read(body))]

    def facts(self, raw: bytes) -> list[ProviderFact]:
        """See the port; takes a single event as well as a whole body."""
        body = _read(raw)
        events = _events(body) if "events" in body and "id" not in body else [body]
        return [fact_of(event, _created(event)) for event in map(_checked, events)]


def _parsed(event: Any) -> ParsedEvent:
    # Half a character stays the escape that it came as; anything else is written as short as it came.
    raw = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")
    if len(raw) > HOOK_BODY_BYTES_MAX:
        raise Unreadable("an event that is larger than its body")
    try:
        checked = _checked(event)
    except Unreadable:
        return ParsedEvent(f"unreadable:{hashlib.sha256(raw).hexdigest()}", UNREADABLE, raw)
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
    try:
        return moment_from(event.get("created_at"))
    except ValueError as exc:
        raise Unreadable("a GoCardless event without its time") from exc
