"""The declaration of bank transfer."""

from typing import Final

from gateway_contracts.payment_family import PaymentFamily
from gateway_providers.provider import Provider
from gateway_providers.setup import SetupField
from gateway_providers.setup_checks import bic_problem, iban_problem, without_spaces
from gateway_providers.wire.connector import WireConnector

WIRE: Final = Provider(
    type="wire",
    setup={
        "accountHolder": SetupField(description="owner of the account", is_personal=True),
        "iban": SetupField(description="the account", is_personal=True, normalize=without_spaces, problem=iban_problem),
        "bic": SetupField(
            description="BIC of the bank", is_required=False, normalize=without_spaces, problem=bic_problem
        ),
        "bankName": SetupField(description="name of the bank", is_required=False),
        "instructions": SetupField(description="shown with the bank details", is_required=False),
    },
    connect=lambda base_url: WireConnector(),
    family=PaymentFamily.TRANSFER,
)
