"""The declaration of GoCardless."""

from typing import Final

from gateway_contracts.payment_family import PaymentFamily
from gateway_providers.gocardless.client import GoCardlessConnector
from gateway_providers.gocardless.webhook import GoCardlessWebhooks
from gateway_providers.provider import Provider
from gateway_providers.setup import SetupField
from gateway_providers.setup_checks import prefix_of_mode

GOCARDLESS: Final = Provider(
    type="gocardless",
    setup={
        "accessToken": SetupField(
            description="sandbox_… or live_…", is_secret=True, problem=prefix_of_mode(test="sandbox_", live="live_")
        ),
        "webhookSecret": SetupField(description="signs webhooks; may follow", is_secret=True, may_follow=True),
    },
    connect=GoCardlessConnector,
    webhooks=GoCardlessWebhooks(),
    family=PaymentFamily.DIRECT_DEBIT,
)
