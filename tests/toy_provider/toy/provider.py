"""The declaration of the toy."""

from gateway_contracts.payment_family import PaymentFamily
from gateway_providers.provider import Provider
from gateway_providers.setup import SetupField
from gateway_providers.setup_checks import digits_problem
from toy.connector import ToyConnector
from toy.webhook import ToyWebhooks

TOY = Provider(
    type="toy",
    setup={
        "shopNumber": SetupField(description="number of the shop", problem=digits_problem),
        "signingKey": SetupField(description="signs webhooks; may follow", is_secret=True, may_follow=True),
    },
    connect=ToyConnector,
    webhooks=ToyWebhooks(),
    family=PaymentFamily.REDIRECT,
)
