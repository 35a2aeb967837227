"""Errors of this service.

Rejected
├─ ProviderUnknown    404  PROVIDER_NOT_FOUND
├─ SignatureRefused   400  WEBHOOK_SIGNATURE_INVALID (the status that the provider wants: GoCardless 498)
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
    """Not genuine, too old, too new, or not signed at all. ``reason`` is for our logs only.

    ``answer_status`` is what the provider is answered; some have a status of their own for it.
    """

    default_code: ClassVar[str] = "WEBHOOK_SIGNATURE_INVALID"

    def __init__(self, reason: str, *, answer_status: int = 400) -> None:
        super().__init__("the signature is not valid")
        self.reason = reason
        self.answer_status = answer_status


class BodyUnreadable(Unreadable):
    """Genuine, but not in the provider's format."""

    default_code: ClassVar[str] = "WEBHOOK_UNREADABLE"


class NotReady(Transient):
    """The configuration is not loaded yet, so a provider cannot be reported as unknown."""

    default_code: ClassVar[str] = "NOT_READY"
