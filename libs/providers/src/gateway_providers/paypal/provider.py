"""The declaration of PayPal."""

from typing import Final

from gateway_contracts.payment_family import PaymentFamily
from gateway_providers.paypal.client import PayPalConnector
from gateway_providers.paypal.webhook import PayPalWebhooks
from gateway_providers.provider import Provider
from gateway_providers.setup import SetupField

PAYPAL: Final = Provider(
    type="paypal",
    setup={
        "clientId": SetupField(description="id of the REST application"),
        "clientSecret": SetupField(description="secret of the REST application", is_secret=True),
        "webhookId": SetupField(
            description="id of the registered webhook; may follow", is_secret=True, may_follow=True
        ),
    },
    connect=PayPalConnector,
    webhooks=PayPalWebhooks(),
    registers_webhooks=True,
    family=PaymentFamily.REDIRECT,
)
