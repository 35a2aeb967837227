"""Payment providers, through their connectors."""

from collections.abc import Mapping
from dataclasses import replace

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Rejected
from gateway_contracts.money import Money
from gateway_kit.crypto.config_secrets import provider_credentials, provider_settings
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.telemetry import span
from gateway_providers.border import reading
from gateway_providers.events import ProviderFact
from gateway_providers.ports import (
    Accounting,
    Capabilities,
    Capturing,
    Connector,
    Hinted,
    PaymentIntentRequest,
    ProviderAccount,
    ProviderPayment,
    ProviderRefund,
    Refunding,
    RefundRequest,
    Selective,
    Settlement,
)
from gateway_providers.registry import PROVIDERS, connect, webhooks_of

# Two calls, one after the other, fit into the patience of a customer's request.
CALL_TIMEOUT_S = 8.0


class ProviderGateway:
    """See the port `Providers`. One connector per type; credentials are decrypted for each call and forgotten."""

    def __init__(
        self, keyring: Keyring, base_urls: Mapping[str, str | None], *, hooks_origin: str | None = None
    ) -> None:
        self._keyring = keyring
        self._hooks_origin = (hooks_origin or "").rstrip("/")
        self._connectors: dict[str, Connector] = {name: connect(name, base_urls.get(name)) for name in PROVIDERS}

    def capabilities(self, provider_type: str) -> Capabilities | None:
        connector = self._connectors.get(provider_type)
        return None if connector is None else connector.capabilities

    def offers(self, provider: ProviderConfig, amount: Money) -> bool:
        connector = self._connectors.get(provider.type)
        if connector is None or not connector.capabilities.offers(amount):
            return False
        return not isinstance(connector, Selective) or connector.takes(self._account(provider), amount)

    async def create(self, provider: ProviderConfig, intent: PaymentIntentRequest, key: str) -> ProviderPayment:
        with span("provider.create_payment", provider_type=provider.type):
            return await self._connectors[provider.type].create_payment(
                self._account(provider), self._told(provider, intent), idempotency_key=key, timeout_s=CALL_TIMEOUT_S
            )

    async def fetch(self, provider: ProviderConfig, provider_payment_id: str) -> ProviderPayment | None:
        with span("provider.fetch_payment", provider_type=provider.type):
            return await self._connectors[provider.type].fetch_payment(
                self._account(provider), provider_payment_id, timeout_s=CALL_TIMEOUT_S
            )

    async def find(self, provider: ProviderConfig, transaction_id: str) -> ProviderPayment | None:
        with span("provider.find_payment", provider_type=provider.type):
            return await self._connectors[provider.type].find_payment(
                self._account(provider), transaction_id, timeout_s=CALL_TIMEOUT_S
            )

    async def cancel(self, provider: ProviderConfig, provider_payment_id: str, key: str) -> ProviderPayment:
        with span("provider.cancel_payment", provider_type=provider.type):
            return await self._connectors[provider.type].cancel_payment(
                self._account(provider), provider_payment_id, idempotency_key=key, timeout_s=CALL_TIMEOUT_S
            )

    async def capture(self, provider: ProviderConfig, provider_payment_id: str, key: str) -> ProviderPayment:
        connector = self._connectors[provider.type]
        if not isinstance(connector, Capturing):
            raise Rejected("this provider captures by itself", code="CAPTURE_NOT_SUPPORTED")
        with span("provider.capture_payment", provider_type=provider.type):
            return await connector.capture_payment(
                self._account(provider), provider_payment_id, idempotency_key=key, timeout_s=CALL_TIMEOUT_S
            )

    async def refund(self, provider: ProviderConfig, request: RefundRequest, key: str) -> ProviderRefund:
        with span("provider.refund_payment", provider_type=provider.type):
            return await self._refunding(provider).refund_payment(
                self._account(provider), request, idempotency_key=key, timeout_s=CALL_TIMEOUT_S
            )

    async def find_refund(self, provider: ProviderConfig, request: RefundRequest) -> ProviderRefund | None:
        with span("provider.find_refund", provider_type=provider.type):
            return await self._refunding(provider).find_refund(
                self._account(provider), request, timeout_s=CALL_TIMEOUT_S
            )

    async def fetch_settlement(self, provider: ProviderConfig, reference: str) -> Settlement | None:
        connector = self._connectors[provider.type]
        if not isinstance(connector, Accounting):
            return None
        with span("provider.fetch_settlement", provider_type=provider.type):
            return await connector.fetch_settlement(self._account(provider), reference, timeout_s=CALL_TIMEOUT_S)

    def _refunding(self, provider: ProviderConfig) -> Refunding:
        connector = self._connectors[provider.type]
        if not isinstance(connector, Refunding):
            raise Rejected("this provider makes no refunds by a call", code="REFUND_NOT_ENABLED")
        return connector

    def facts(self, provider_type: str, raw: bytes) -> list[ProviderFact]:
        with reading():
            return webhooks_of(provider_type).facts(raw)

    async def resolve_hint(self, provider: ProviderConfig, raw: bytes) -> list[ProviderFact]:
        connector = self._connectors[provider.type]
        if not isinstance(connector, Hinted):
            raise Rejected("this provider's webhooks are no hints", code="HINT_NOT_SUPPORTED")
        with span("provider.resolve_hint", provider_type=provider.type), reading():
            return await connector.resolve_hint(self._account(provider), raw, timeout_s=CALL_TIMEOUT_S)

    async def aclose(self) -> None:
        """Release connections."""
        for connector in self._connectors.values():
            await connector.aclose()

    def _told(self, provider: ProviderConfig, intent: PaymentIntentRequest) -> PaymentIntentRequest:
        """With the address for webhooks, for providers that are told it with each payment."""
        if not self._hooks_origin:
            return intent
        return replace(intent, webhook_url=f"{self._hooks_origin}/hooks/{provider.type}/{provider.id}")

    def _account(self, provider: ProviderConfig) -> ProviderAccount:
        return ProviderAccount(
            id=provider.id,
            organization_id=provider.organization_id,
            type=provider.type,
            livemode=provider.livemode,
            public=provider_settings(self._keyring, provider),
            secrets=provider_credentials(self._keyring, provider),
        )
