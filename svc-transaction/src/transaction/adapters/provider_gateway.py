"""Payment providers, through their connectors."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Rejected
from gateway_contracts.money import Money
from gateway_contracts.requests.provider import ProviderCheck, WebhookRegistered
from gateway_kit.crypto.config_secrets import provider_credentials, provider_settings, seal_provider_secret
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.shared_answers import SharedAnswers
from gateway_kit.telemetry import span
from gateway_providers.events import ProviderFact
from gateway_providers.ports import (
    Accounting,
    Capabilities,
    Capturing,
    Checkable,
    Connector,
    PaymentIntentRequest,
    ProviderAccount,
    ProviderPayment,
    ProviderRefund,
    Refunding,
    RefundRequest,
    Selective,
    Settlement,
    ThinEventConnector,
)
from gateway_providers.registration import Registering
from gateway_providers.registry import PROVIDERS, connect, personal_settings, webhooks_of
from transaction.adapters.provider_places import ProviderPlaces
from transaction.errors import webhook_not_registrable


class ProviderGateway:
    """See the port `Providers`. One connector per type; credentials are decrypted for each call and forgotten.

    Every call needs a place of its account and tenant. Thin events of the same payment at the same moment share an
    answer.
    """

    def __init__(
        self, keyring: Keyring, base_urls: Mapping[str, str | None], *, hooks_origin: str | None = None
    ) -> None:
        self._keyring = keyring
        self._hooks_origin = (hooks_origin or "").rstrip("/")
        self._places = ProviderPlaces()
        self._thin_events: SharedAnswers[list[ProviderFact]] = SharedAnswers()
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
        async with self._calling("create_payment", provider) as (account, timeout_s):
            return await self._connectors[provider.type].create_payment(
                account, self._addressed(provider, intent), idempotency_key=key, timeout_s=timeout_s
            )

    async def fetch(self, provider: ProviderConfig, provider_payment_id: str) -> ProviderPayment | None:
        async with self._calling("fetch_payment", provider) as (account, timeout_s):
            return await self._connectors[provider.type].fetch_payment(
                account, provider_payment_id, timeout_s=timeout_s
            )

    async def find(self, provider: ProviderConfig, transaction_id: str) -> ProviderPayment | None:
        async with self._calling("find_payment", provider) as (account, timeout_s):
            return await self._connectors[provider.type].find_payment(account, transaction_id, timeout_s=timeout_s)

    async def cancel(self, provider: ProviderConfig, provider_payment_id: str, key: str) -> ProviderPayment:
        async with self._calling("cancel_payment", provider) as (account, timeout_s):
            return await self._connectors[provider.type].cancel_payment(
                account, provider_payment_id, idempotency_key=key, timeout_s=timeout_s
            )

    async def capture(self, provider: ProviderConfig, provider_payment_id: str, key: str) -> ProviderPayment:
        connector = self._connectors[provider.type]
        if not isinstance(connector, Capturing):
            raise Rejected("this provider captures by itself", code="CAPTURE_NOT_SUPPORTED")
        async with self._calling("capture_payment", provider) as (account, timeout_s):
            return await connector.capture_payment(
                account, provider_payment_id, idempotency_key=key, timeout_s=timeout_s
            )

    async def refund(self, provider: ProviderConfig, request: RefundRequest, key: str) -> ProviderRefund:
        refunding = self._refunding(provider)
        async with self._calling("refund_payment", provider) as (account, timeout_s):
            return await refunding.refund_payment(account, request, idempotency_key=key, timeout_s=timeout_s)

    async def find_refund(self, provider: ProviderConfig, request: RefundRequest) -> ProviderRefund | None:
        refunding = self._refunding(provider)
        async with self._calling("find_refund", provider) as (account, timeout_s):
            return await refunding.find_refund(account, request, timeout_s=timeout_s)

    async def fetch_settlement(self, provider: ProviderConfig, reference: str) -> Settlement | None:
        connector = self._connectors[provider.type]
        if not isinstance(connector, Accounting):
            return None
        async with self._calling("fetch_settlement", provider) as (account, timeout_s):
            return await connector.fetch_settlement(account, reference, timeout_s=timeout_s)

    async def check(self, provider: ProviderConfig) -> tuple[ProviderCheck, ...]:
        connector = self._connectors[provider.type]
        if not isinstance(connector, Checkable):
            return ()
        async with self._calling("check_account", provider) as (account, timeout_s):
            return await connector.check_account(account, webhook_url=self._hook_of(provider), timeout_s=timeout_s)

    async def register_webhook(self, provider: ProviderConfig) -> WebhookRegistered:
        connector, url = self._connectors[provider.type], self._hook_of(provider)
        if not isinstance(connector, Registering):
            raise webhook_not_registrable("this provider takes no address by a call: enter it at the provider")
        if not url:
            raise webhook_not_registrable("MAIN_BACKEND_DOMAIN is not set, so there is no public address to register")
        async with self._calling("register_webhook", provider) as (account, timeout_s):
            made = await connector.register_webhook(account, webhook_url=url, timeout_s=timeout_s)
        name = PROVIDERS[provider.type].signing_secret
        if name is None or made.secret is None or made.secret == account.secrets.get(name):
            return WebhookRegistered(is_new=made.is_new)
        return WebhookRegistered(
            is_new=made.is_new, secret=seal_provider_secret(self._keyring, provider.id, name, made.secret)
        )

    def _refunding(self, provider: ProviderConfig) -> Refunding:
        connector = self._connectors[provider.type]
        if not isinstance(connector, Refunding):
            raise Rejected("this provider makes no refunds by a call", code="REFUND_NOT_ENABLED")
        return connector

    def facts(self, provider_type: str, raw: bytes) -> list[ProviderFact]:
        return webhooks_of(provider_type).facts(raw)

    async def resolve_thin_event(self, provider: ProviderConfig, raw: bytes) -> list[ProviderFact]:
        connector = self._connectors[provider.type]
        if not isinstance(connector, ThinEventConnector):
            raise Rejected("this provider's webhooks are no thin events", code="HINT_NOT_SUPPORTED")

        async def call() -> list[ProviderFact]:
            async with self._calling("resolve_hint", provider) as (account, timeout_s):
                return await connector.resolve_thin_event(account, raw, timeout_s=timeout_s)

        return await self._thin_events.ask((provider.id, connector.thin_event_subject(raw)), call)

    async def aclose(self) -> None:
        """Release connections."""
        for connector in self._connectors.values():
            await connector.aclose()

    @contextlib.asynccontextmanager
    async def _calling(self, what: str, provider: ProviderConfig) -> AsyncIterator[tuple[ProviderAccount, float]]:
        """A place for the call, its span, and the account with its credentials."""
        async with self._places.place(provider) as timeout_s:
            with span(f"provider.{what}", provider_type=provider.type):
                yield self._account(provider), timeout_s

    def _addressed(self, provider: ProviderConfig, intent: PaymentIntentRequest) -> PaymentIntentRequest:
        """With the address for webhooks, for providers that take it with each payment."""
        return replace(intent, webhook_url=self._hook_of(provider) or None)

    def _hook_of(self, provider: ProviderConfig) -> str:
        """Where the account's webhooks come; empty while the gateway's own address is not set."""
        return f"{self._hooks_origin}/hooks/{provider.type}/{provider.id}" if self._hooks_origin else ""

    def _account(self, provider: ProviderConfig) -> ProviderAccount:
        personal = personal_settings(provider.type)
        return ProviderAccount(
            id=provider.id,
            organization_id=provider.organization_id,
            type=provider.type,
            livemode=provider.livemode,
            public=provider_settings(self._keyring, provider, personal=personal),
            secrets=provider_credentials(self._keyring, provider, personal=personal),
        )
