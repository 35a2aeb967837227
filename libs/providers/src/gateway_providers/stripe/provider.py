"""The declaration of Stripe."""

import re
from pathlib import Path
from typing import Final

from gateway_contracts.payment_family import PaymentFamily
from gateway_providers.card_fields import CardFields
from gateway_providers.provider import Provider
from gateway_providers.setup import Check, SetupField
from gateway_providers.stripe.amounts import to_stripe
from gateway_providers.stripe.client import StripeConnector
from gateway_providers.stripe.webhook import StripeWebhooks

_CONNECTED_ACCOUNT: Final = "accountId"
_ACCOUNT_ID: Final = re.compile(r"acct_[A-Za-z0-9]{1,60}")


def _key(*prefixes: str) -> Check:
    def problem(key: str, livemode: bool) -> str | None:
        wrong_mode = "test" if livemode else "live"
        if any(key.startswith(f"{prefix}_{wrong_mode}_") for prefix in prefixes):
            return f"is a {wrong_mode} key, but this provider is for {'live' if livemode else 'test'} payments"
        if not any(key.startswith(f"{prefix}_") for prefix in prefixes):
            return f"must begin with {' or '.join(prefix + '_' for prefix in prefixes)}"
        return None

    return problem


def _webhook_secret_problem(secret: str, _livemode: bool) -> str | None:
    return None if secret.startswith("whsec_") and len(secret) > len("whsec_") else "must begin with whsec_"


def _account_problem(account: str, _livemode: bool) -> str | None:
    return None if _ACCOUNT_ID.fullmatch(account) else "must be acct_ and letters and digits"


STRIPE: Final = Provider(
    type="stripe",
    setup={
        "publishableKey": SetupField(description="key for the browser, pk_…", problem=_key("pk")),
        "secretKey": SetupField(description="sk_… or rk_…", is_secret=True, problem=_key("sk", "rk")),
        "webhookSecret": SetupField(
            description="whsec_…, signs webhooks; may follow",
            is_secret=True,
            may_follow=True,
            problem=_webhook_secret_problem,
        ),
        _CONNECTED_ACCOUNT: SetupField(
            description="acct_…, where events name a connected account; events that name another are ignored",
            is_required=False,
            problem=_account_problem,
        ),
    },
    connect=lambda base_url: StripeConnector(base_url) if base_url else StripeConnector(),
    webhooks=StripeWebhooks(),
    registers_webhooks=True,
    family=PaymentFamily.CARD,
    card_fields=CardFields(
        script_url="https://js.stripe.com/v3/",
        adapter=Path(__file__).parent / "card_fields.js",
        amount=to_stripe,
        locales=frozenset({"en-GB"}),
        # Documented for Elements and 3-D Secure.
        script_sources=("https://*.js.stripe.com",),
        frame_sources=("https://*.js.stripe.com", "https://hooks.stripe.com"),
        connect_sources=("https://api.stripe.com",),
    ),
    account_setting=_CONNECTED_ACCOUNT,
)
