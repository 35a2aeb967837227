"""Which amounts an account is offered for."""

import json
from typing import Any

import pytest
import pytest_asyncio

from gateway_contracts.config import ProviderConfig
from gateway_contracts.money import Money
from gateway_kit.crypto.keyring import Keyring
from transaction.adapters.provider_gateway import ProviderGateway

ACCOUNTS = json.dumps({"EUR": {"iban": "BE68539007547034", "bic": "TRWIBEB1XXX"}})


def a_provider(provider_type: Any, **public: str) -> ProviderConfig:
    return ProviderConfig(
        id="65c000000000000000000003",
        organization_id="65a500000000000000000001",
        version=1,
        type=provider_type,
        livemode=False,
        label="x",
        public={"accountHolder": "Demo GmbH", **public},
    )


@pytest_asyncio.fixture
async def gateway(keyring: Keyring) -> Any:
    providers = ProviderGateway(keyring, {})
    yield providers
    await providers.aclose()


@pytest.mark.parametrize(
    ("provider", "amount", "is_offered"),
    [
        (a_provider("wise", accounts=ACCOUNTS), Money(4900, "EUR"), True),
        (a_provider("wise", accounts=ACCOUNTS), Money(4900, "JPY"), False),
        (a_provider("wise", accounts="not JSON"), Money(4900, "EUR"), False),
        (a_provider("gocardless"), Money(4900, "EUR"), True),
        (a_provider("gocardless"), Money(4900, "JPY"), False),
        (a_provider("wire", iban="BE68539007547034"), Money(4900, "JPY"), True),
    ],
)
async def test_an_account_is_offered_for_what_it_can_take(
    gateway: ProviderGateway, provider: ProviderConfig, amount: Money, *, is_offered: bool
) -> None:
    assert gateway.offers(provider, amount) is is_offered
