"""Wise's webhooks: signed with Wise's own key, and thin events all the same. The transfer that they name is fetched."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.untrusted import moment_from
from gateway_providers.bounds import check_text
from gateway_providers.errors import SignatureInvalid
from gateway_providers.events import ParsedEvent, ProviderFact, Webhooks
from gateway_providers.wise.keys import LIVE_KEY, SANDBOX_KEY, is_signed
from gateway_providers.words import word

SIGNATURE_HEADER: Final = "x-signature-sha256"
TEST_HEADER: Final = "x-test-notification"
CREDITED: Final = "incoming-transfer#credited"
PAYMENT_CHANGED: Final = "account-details-payment#state-change"
COMPLETED: Final = "COMPLETED"
_ID_MAX: Final = 64


@dataclass(frozen=True)
class ThinEvent:
    """Subject of a webhook.

    Attributes:
        resource_id: of the incoming transfer or of the transfer; empty for an event about something else.
        state: Wise's word; an incoming transfer is reported only when it was credited.
        profile_id: whose it is, where the event says so.
    """

    event_type: str
    resource_id: str
    state: str
    occurred_at: datetime
    profile_id: str | None = None

    @property
    def key(self) -> str:
        """Identity of what happened: the delivery's own id is another one with every attempt."""
        return "|".join((self.event_type, self.resource_id, self.state, self.occurred_at.isoformat()))

    @property
    def tells_of_money(self) -> bool:
        """Whether a transfer may have been credited."""
        if not self.resource_id:
            return False
        return self.event_type == CREDITED or (self.event_type == PAYMENT_CHANGED and self.state == COMPLETED)


class WiseWebhooks(Webhooks):
    """The webhook port of Wise. The "secret" is a public key, and only where another one than Wise's signs."""

    secret_name = "webhookPublicKey"  # noqa: S105 - the name of the field, not a secret
    signature_headers = frozenset({SIGNATURE_HEADER, TEST_HEADER})

    def published_keys(self, *, livemode: bool) -> tuple[str, ...]:
        """See the port."""
        return (LIVE_KEY if livemode else SANDBOX_KEY,)

    def is_test(self, headers: Mapping[str, str]) -> bool:
        """See the port: what Wise sends when a subscription is made, to see whether the address answers."""
        return headers.get(TEST_HEADER, "").strip().lower() == "true"

    def is_thin_event(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Always: the reference of the money is not in the event."""
        return True

    def verify(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
        """See the port. Signatures carry no time; what is old is known by what it says."""
        signature = headers.get(SIGNATURE_HEADER, "").strip()
        if not signature:
            raise SignatureInvalid("no signature")
        if not any(is_signed(body, signature, key) for key in secrets):
            raise SignatureInvalid("no key signed these bytes")

    def split(self, body: bytes) -> list[ParsedEvent]:
        """See the port: one event per request."""
        thin_event = read_thin_event(body)
        return [ParsedEvent(thin_event.key, thin_event.event_type, body)]

    def facts(self, raw: bytes) -> list[ProviderFact]:
        """Nothing: facts come from `ThinEventConnector.resolve_thin_event`."""
        read_thin_event(raw)
        return []


def read_thin_event(raw: bytes) -> ThinEvent:
    """Subject of the event.

    Raises:
        Unreadable: it is no event of Wise's.
    """
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise Unreadable("the body is not JSON") from exc
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(data, dict) or not isinstance(event.get("event_type"), str):
        raise Unreadable("not an event of Wise")
    check_text(event["event_type"], "the event's type", longest=_ID_MAX)
    resource = _object(data, "resource")
    profile = resource.get("profile_id", data.get("profile_id"))
    return ThinEvent(
        event_type=event["event_type"],
        resource_id=_resource_id(event["event_type"], data, resource),
        state=word(data.get("current_state")).upper(),
        occurred_at=_time(data.get("occurred_at") or event.get("sent_at")),
        profile_id=str(profile) if isinstance(profile, int | str) and not isinstance(profile, bool) else None,
    )


def _resource_id(event_type: str, data: Mapping[str, Any], resource: Mapping[str, Any]) -> str:
    if event_type == CREDITED:
        return _identifier(data.get("incoming_transfer_id", resource.get("id")))
    if event_type == PAYMENT_CHANGED:
        return _identifier(_object(data, "transfer").get("id", resource.get("id")))
    return ""


def _identifier(value: Any) -> str:
    """Letters, digits and hyphens: it becomes a part of an address.

    Raises:
        Unreadable: something else.
    """
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not text.isascii() or not text.replace("-", "").isalnum() or len(text) > _ID_MAX:
        raise Unreadable("an event of Wise without the id of its transfer")
    return text


def _time(value: Any) -> datetime:
    try:
        return moment_from(value)
    except ValueError as exc:
        raise Unreadable("an event of Wise without its time") from exc


def _object(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}
