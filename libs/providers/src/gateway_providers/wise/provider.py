"""The declaration of Wise."""

from typing import Final

from gateway_contracts.payment_family import PaymentFamily
from gateway_providers.provider import Provider
from gateway_providers.setup import LONG_CHARACTERS_MAX, SetupField
from gateway_providers.setup_checks import digits_problem
from gateway_providers.wise.client import WiseConnector
from gateway_providers.wise.setup import accounts_problem
from gateway_providers.wise.webhook import WiseWebhooks

WISE: Final = Provider(
    type="wise",
    setup={
        "apiToken": SetupField(description="a token that may read", is_secret=True),
        "profileId": SetupField(description="number of the profile", problem=digits_problem),
        "accountHolder": SetupField(description="owner of the accounts", is_personal=True),
        "accounts": SetupField(
            description="account details per currency: iban, or accountNumber and routingCode; bic, bankName",
            is_personal=True,
            shape="accounts",
            problem=accounts_problem,
            characters_max=LONG_CHARACTERS_MAX,
        ),
        "webhookPublicKey": SetupField(
            description="PEM, where another key than the published one signs webhooks (a simulator)",
            is_secret=True,
            is_required=False,
            characters_max=LONG_CHARACTERS_MAX,
        ),
    },
    connect=WiseConnector,
    webhooks=WiseWebhooks(),
    registers_webhooks=True,
    family=PaymentFamily.TRANSFER,
)
