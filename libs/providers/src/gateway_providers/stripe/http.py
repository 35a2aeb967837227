"""Stripe's dialect: forms in, JSON out, errors as ``{"error": {...}}``, advice on repeating in a header."""

from typing import Any, ClassVar, Final

from gateway_providers.errors import ProviderRefused
from gateway_providers.http import Answer, ProviderHttp
from gateway_providers.ports import ProviderAccount
from gateway_providers.redaction import Shown
from gateway_providers.stripe.mapping import failure_of

# The version that the official library of this release is built for; events must be registered with the same family.
API_VERSION: Final = "2026-10-28.endive"

# These errors leave open what an earlier request under the same key did.
_KEY_CONFLICTS: Final = frozenset({"idempotency_error", "idempotency_key_in_use"})
_ADVICE: Final = {"true": True, "false": False}


class StripeHttp(ProviderHttp):
    """Requests to Stripe."""

    name: ClassVar[str] = "Stripe"
    # 409: another request under the same key is still being worked on.
    repeatable_statuses: ClassVar[frozenset[int]] = frozenset({409, 429})
    shown: ClassVar[Shown] = Shown.of(
        values=(
            "id object status type code decline_code param amount amount_received amount_capturable "
            "amount_captured amount_refunded currency fee net exchange_rate created canceled_at "
            "cancellation_reason capture_method confirmation_method livemode captured paid refunded disputed "
            "enabled payment_intent charge latest_charge balance_transaction source failure_code "
            "failure_balance_transaction reason network_status reporting_category available_on has_more limit "
            "starting_after expand"
        ),
        objects=(
            "error data payment_intent charge latest_charge last_payment_error balance_transaction source "
            "automatic_payment_methods outcome expand"
        ),
    )

    async def authorize(self, account: ProviderAccount, *, timeout_s: float) -> dict[str, str]:
        """See the base class."""
        key = account.secrets.get("secretKey")
        if not key:
            raise ProviderRefused("the provider configuration has no secret key", provider_code="missing_secret_key")
        return {"Authorization": f"Bearer {key}", "Stripe-Version": API_VERSION}

    def is_repeatable(self, answer: Answer) -> bool:
        """Stripe knows better: its advice wins, except that no advice makes a fault of the server an answer."""
        advice = _ADVICE.get(answer.headers.get("stripe-should-retry", ""))
        if advice is None or (advice and answer.status >= 500):
            return super().is_repeatable(answer)
        return advice

    def leaves_open(self, answer: Answer) -> bool:
        """See the base class."""
        error = error_of(answer)
        return bool(_KEY_CONFLICTS & {error.get("type"), error.get("code")})


def error_of(answer: Answer) -> dict[str, Any]:
    """Stripe's error object, empty when the answer has none."""
    error = answer.body.get("error")
    return error if isinstance(error, dict) else {}


def accepted(answer: Answer) -> dict[str, Any]:
    """The object of a good answer.

    Raises:
        ProviderRefused: Stripe said no.
    """
    if answer.status < 400:
        return answer.body
    error = error_of(answer)
    failure = failure_of(error)
    code = error.get("decline_code") or error.get("code") or error.get("type")
    message = error.get("message") if isinstance(error.get("message"), str) else None
    raise ProviderRefused(
        message or (failure.message if failure else f"Stripe answered {answer.status}"),
        provider_code=code or f"http_{answer.status}",
    )
