"""The declaration of Mollie."""

from typing import Final

from gateway_contracts.payment_family import PaymentFamily
from gateway_providers.mollie.client import MollieConnector
from gateway_providers.mollie.webhook import MollieWebhooks
from gateway_providers.provider import Provider
from gateway_providers.setup import SetupField
from gateway_providers.setup_checks import prefix_of_mode

MOLLIE: Final = Provider(
    type="mollie",
    setup={
        "apiKey": SetupField(
            description="test_… or live_…", is_secret=True, problem=prefix_of_mode(test="test_", live="live_")
        ),
        "profileId": SetupField(description="pfl_…", is_required=False),
        "webhookSecret": SetupField(
            description="signs next-generation webhooks only", is_secret=True, is_required=False
        ),
    },
    connect=lambda base_url: MollieConnector(base_url) if base_url else MollieConnector(),
    webhooks=MollieWebhooks(),
    family=PaymentFamily.REDIRECT,
)
