"""Errors of this service.

Rejected
├─ ProviderUnknown    404  PROVIDER_NOT_FOUND
├─ SignatureRefused   400  WEBHOOK_SIGNATURE_INVALID
└─ BodyUnreadable     400  WEBHOOK_UNREADABLE
Transient
└─ NotReady           503  NOT_READY
"""

from typing import ClassVar

from gateway_contracts.errors import NotFound, Transient, Unreadable


class ProviderUnknown(NotFound):
    """No provider of that id and type; also the answer for one that belongs to another type."""

    default_code: ClassVar[str] = "PROVIDER_NOT_FOUND"


class SignatureRefused(Unreadable):
    """Not genuine, too old, too new, or not signed at all. ``reason`` is for our logs only."""

    default_code: ClassVar[str] = "WEBHOOK_SIGNATURE_INVALID"

    def __init__(self, reason: str) -> None:
        super().__init__("the signature is not valid")
        self.reason = reason


class BodyUnreadable(Unreadable):
    """Genuine, but not in the provider's format."""

    default_code: ClassVar[str] = "WEBHOOK_UNREADABLE"


class NotReady(Transient):
    """The configuration is not loaded yet, so nobody can be told that a provider does not exist."""

    default_code: ClassVar[str] = "NOT_READY"
