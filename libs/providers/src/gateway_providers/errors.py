"""Failures of providers and of what they send.

GatewayError
├─ Rejected
│   ├─ ProviderRefused      402  PROVIDER_REFUSED         the provider said no
│   ├─ NotCancelable        409  PAYMENT_NOT_CANCELABLE   the provider is already working on it
│   ├─ RefundNotEnabled     409  REFUND_NOT_ENABLED       refunds are switched off for the account
│   ├─ AmountNotSupported   422  AMOUNT_NOT_SUPPORTED     the provider cannot express the amount
│   └─ SignatureInvalid     400  SIGNATURE_INVALID        a webhook that is not genuine
├─ Transient                503  PROVIDER_UNAVAILABLE     nothing happened at the provider
└─ OutcomeUnknown           503  OUTCOME_UNKNOWN          the provider may have acted
"""

from gateway_contracts.errors import Conflict, Invalid, OutcomeUnknown, Rejected, Transient

PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"


class ProviderRefused(Rejected):
    """The provider understood and refused; the same request will be refused again."""

    status = 402
    default_code = "PROVIDER_REFUSED"

    def __init__(self, message: str, *, provider_code: str | None = None) -> None:
        super().__init__(message, providerCode=provider_code, providerMessage=message)
        self.provider_code = provider_code


class NotCancelable(Conflict):
    """The payment is past the point where it can be given up."""

    default_code = "PAYMENT_NOT_CANCELABLE"


class RefundNotEnabled(Conflict):
    """The provider gives nothing back by a call until refunds are activated for the account."""

    default_code = "REFUND_NOT_ENABLED"


class AmountNotSupported(Invalid):
    """The amount cannot be written in the provider's unit."""

    default_code = "AMOUNT_NOT_SUPPORTED"


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


def unavailable(message: str, *, retry_after_s: int = 2) -> Transient:
    """The provider was not reached, or asked us to wait; nothing happened there."""
    return Transient(message, code=PROVIDER_UNAVAILABLE, retry_after_s=retry_after_s)


def outcome_unknown(message: str) -> OutcomeUnknown:
    """The request may have reached the provider."""
    return OutcomeUnknown(message)
