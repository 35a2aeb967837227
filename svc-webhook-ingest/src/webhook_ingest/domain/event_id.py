"""The id under which a provider's event is handled once, however often it is sent."""

import hashlib
import secrets

_HEX_DIGITS = 32


def event_id_of(provider_id: str, provider_event_id: str) -> str:
    """32 hex digits from the account and the provider's own event id; the same for every redelivery."""
    return hashlib.sha256(f"{provider_id}:{provider_event_id}".encode()).hexdigest()[:_HEX_DIGITS]


def thin_event_id_of(provider_id: str, object_id: str) -> str:
    """An id for one receipt of a thin event: a later one about the same object is another event, never a duplicate."""
    return event_id_of(provider_id, f"{object_id}:{secrets.token_hex(16)}")
