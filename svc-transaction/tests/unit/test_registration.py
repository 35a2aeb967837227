"""Registration of webhooks through the gateway: the address, and the secret that leaves it encrypted only."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Conflict
from gateway_kit.crypto.config_secrets import seal_provider_secret
from gateway_kit.crypto.keyring import Keyring
from gateway_providers.ports import ProviderAccount
from gateway_providers.registration import WebhookRegistration
from gateway_providers.stripe.client import StripeConnector
from transaction.adapters.provider_gateway import ProviderGateway

ID = "65c000000000000000000003"
HOOKS = "https://hooks.example"
SECRET = "whsec_of_the_endpoint"


def a_provider(keyring: Keyring, provider_type: Any = "stripe", **secrets: str) -> ProviderConfig:
    return ProviderConfig(
        id=ID,
        organization_id="65a500000000000000000001",
        version=1,
        type=provider_type,
        livemode=False,
        label="x",
        secrets={name: (seal_provider_secret(keyring, ID, name, secret),) for name, secret in secrets.items()},
    )


@pytest_asyncio.fixture
async def gateway(keyring: Keyring) -> AsyncIterator[ProviderGateway]:
    providers = ProviderGateway(keyring, {}, hooks_origin=HOOKS)
    yield providers
    await providers.aclose()


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that Stripe was asked to report to."""
    asked: list[str] = []

    async def register(
        _: StripeConnector, account: ProviderAccount, *, webhook_url: str, timeout_s: float
    ) -> WebhookRegistration:
        asked.append(webhook_url)
        return WebhookRegistration(is_new=True, secret=SECRET)

    monkeypatch.setattr(StripeConnector, "register_webhook", register)
    return asked


async def test_a_secret_is_encrypted_for_its_place_in_the_record(
    gateway: ProviderGateway, keyring: Keyring, addresses: list[str]
) -> None:
    made = await gateway.register_webhook(a_provider(keyring))

    assert addresses == [f"{HOOKS}/hooks/stripe/{ID}"]
    assert made.is_new
    assert made.secret is not None
    assert keyring.decrypt_system(made.secret, "providers", ID, "secrets.webhookSecret").decode() == SECRET
    assert SECRET not in made.model_dump_json()


async def test_a_secret_that_the_account_has_is_not_handed_on(
    gateway: ProviderGateway, keyring: Keyring, addresses: list[str]
) -> None:
    made = await gateway.register_webhook(a_provider(keyring, webhookSecret=SECRET))
    assert (made.is_new, made.secret, len(addresses)) == (True, None, 1)


@pytest.mark.parametrize("provider_type", ["wire", "mollie", "gocardless"])
async def test_types_without_an_interface_for_it_say_so(
    gateway: ProviderGateway, keyring: Keyring, provider_type: str
) -> None:
    with pytest.raises(Conflict) as refused:
        await gateway.register_webhook(a_provider(keyring, provider_type))
    assert refused.value.code == "WEBHOOK_NOT_REGISTRABLE"


async def test_without_an_address_of_our_own_nothing_is_registered(keyring: Keyring, addresses: list[str]) -> None:
    gateway = ProviderGateway(keyring, {})
    with pytest.raises(Conflict) as refused:
        await gateway.register_webhook(a_provider(keyring))
    await gateway.aclose()
    assert (refused.value.code, addresses) == ("WEBHOOK_NOT_REGISTRABLE", [])
