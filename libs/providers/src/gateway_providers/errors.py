"""Failures of providers and of what they send.

GatewayError
├─ Rejected
│   ├─ ProviderRefused      402  PROVIDER_REFUSED         the provider said no
│   ├─ NotCancelable        409  PAYMENT_NOT_CANCELABLE   the provider is already working on it
│   ├─ RefundNotEnabled     409  REFUND_NOT_ENABLED       refunds are switched off for the account
│   ├─ AmountNotSupported   422  AMOUNT_NOT_SUPPORTED     the provider cannot express the amount
│   ├─ PartlyUnreadable     400  BAD_REQUEST              some facts of an answer; it holds the others
│   ├─ OutOfRange           400  VALUE_OUT_OF_RANGE       an amount, date or text that cannot be kept
│   └─ SignatureInvalid     400  SIGNATURE_INVALID        a webhook that is not genuine
├─ Transient                503  PROVIDER_UNAVAILABLE     nothing happened at the provider
│   └─ ProviderBusy         503  PROVIDER_UNAVAILABLE     nothing was sent: its circuit is open, or no place was free
└─ OutcomeUnknown           503  OUTCOME_UNKNOWN          the provider may have acted
"""

from collections.abc import Sequence
from typing import Any

from gateway_contracts.errors import Conflict, Invalid, OutcomeUnknown, Rejected, Transient, Unreadable
from gateway_providers.words import SENTENCE_MAX, code, word

PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
INVALID_CREDENTIALS = "invalid_credentials"
MISSING_PERMISSION = "missing_permission"
"""The provider's codes in our words, where its own answer is not shown because it may repeat a part of the key."""


class ProviderRefused(Rejected):
    """The provider understood and refused; the same request will be refused again."""

    status = 402
    default_code = "PROVIDER_REFUSED"

    def __init__(self, message: str, *, provider_code: object = None) -> None:
        said, self.provider_code = word(message, longest=SENTENCE_MAX), code(provider_code)
        super().__init__(said, providerCode=self.provider_code, providerMessage=said)


class NotCancelable(Conflict):
    """The payment is past the point where it can be given up."""

    default_code = "PAYMENT_NOT_CANCELABLE"


class RefundNotEnabled(Conflict):
    """The provider gives nothing back by a call until refunds are activated for the account."""

    default_code = "REFUND_NOT_ENABLED"


class AmountNotSupported(Invalid):
    """The amount cannot be written in the provider's unit."""

    default_code = "AMOUNT_NOT_SUPPORTED"


class OutOfRange(Unreadable):
    """A number, date or text of a provider that is outside of what can be kept; it never becomes readable."""

    default_code = "VALUE_OUT_OF_RANGE"


class PartlyUnreadable(Unreadable):
    """An answer of a provider of which a part cannot be read, or not be kept.

    Attributes:
        facts: what the other parts say.
    """

    def __init__(self, message: str, facts: Sequence[Any]) -> None:
        super().__init__(message)
        self.facts = tuple(facts)


class SignatureInvalid(Rejected):
    """The webhook is not genuine, or too old or too new to be trusted. ``reason`` is for our logs only."""

    default_code = "SIGNATURE_INVALID"

    def __init__(self, reason: str) -> None:
        super().__init__("the signature is not valid")
        self.reason = reason


class UnknownProviderType(Rejected):
    """No provider of that type is built in."""

    status = 404
    default_code = "UNKNOWN_PROVIDER_TYPE"


class ProviderBusy(Transient):
    """Nothing was sent: the account's circuit is open, or all places of the account or its tenant are taken."""

    default_code = PROVIDER_UNAVAILABLE


def unavailable(message: str, *, retry_after_s: int = 2) -> Transient:
    """The provider was not reached, or asked us to wait; nothing happened there."""
    return Transient(message, code=PROVIDER_UNAVAILABLE, retry_after_s=retry_after_s)


def outcome_unknown(message: str) -> OutcomeUnknown:
    """The request may have reached the provider."""
    return OutcomeUnknown(message)
