"""Port of payment providers."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final, Protocol

from gateway_contracts.config import ProviderConfig
from gateway_contracts.money import Money
from gateway_contracts.requests.provider import ProviderCheck, WebhookRegistered
from gateway_providers.events import ProviderFact
from gateway_providers.ports import (
    Capabilities,
    PaymentIntentRequest,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
    Settlement,
)

BACKGROUND_CALLS_PER_ACCOUNT: Final = 6
"""Calls of consumers and passes to one provider account at the same time, in one process."""

does_someone_wait: ContextVar[bool] = ContextVar("does_someone_wait", default=False)
"""Whether a customer or a merchant's server waits for what is being done: such calls have places of their own."""


@contextlib.contextmanager
def someone_waits() -> Iterator[None]:
    """Mark the enclosed work as done for a waiting request."""
    token = does_someone_wait.set(True)
    try:
        yield
    finally:
        does_someone_wait.reset(token)


class Providers(Protocol):
    """Payment providers. Errors are those of `gateway_providers.ports.Connector`."""

    def capabilities(self, provider_type: str) -> Capabilities | None:
        """None for a type that is not built in."""
        ...

    def offers(self, provider: ProviderConfig, amount: Money) -> bool:
        """Whether a customer may choose that account for that amount: its type is built in and takes it, and so does
        the account as it was set up."""
        ...

    async def create(self, provider: ProviderConfig, intent: PaymentIntentRequest, key: str) -> ProviderPayment: ...

    async def fetch(self, provider: ProviderConfig, provider_payment_id: str) -> ProviderPayment | None: ...

    async def find(self, provider: ProviderConfig, transaction_id: str) -> ProviderPayment | None: ...

    async def cancel(self, provider: ProviderConfig, provider_payment_id: str, key: str) -> ProviderPayment: ...

    async def capture(self, provider: ProviderConfig, provider_payment_id: str, key: str) -> ProviderPayment:
        """
        Raises:
            Rejected: this type captures by itself (``CAPTURE_NOT_SUPPORTED``).
        """
        ...

    async def refund(self, provider: ProviderConfig, request: RefundRequest, key: str) -> ProviderRefund:
        """
        Raises:
            Rejected: this type makes no refunds by a call (``REFUND_NOT_ENABLED``).
        """
        ...

    async def find_refund(self, provider: ProviderConfig, request: RefundRequest) -> ProviderRefund | None: ...

    async def fetch_settlement(self, provider: ProviderConfig, reference: str) -> Settlement | None:
        """Fee and exchange in the provider's books under that reference; None for a type without such a look-up."""
        ...

    async def check(self, provider: ProviderConfig) -> tuple[ProviderCheck, ...]:
        """Checks of the account's credentials and webhook by the provider; empty for a type without an API to ask."""
        ...

    async def register_webhook(self, provider: ProviderConfig) -> WebhookRegistered:
        """Let the provider report to the gateway's address for this account; the secret in the answer is encrypted.

        Raises:
            Rejected: this type takes no address by a call, or the gateway's own is not set
                (``WEBHOOK_NOT_REGISTRABLE``); or the provider refuses.
        """
        ...

    def facts(self, provider_type: str, raw: bytes) -> list[ProviderFact]: ...

    async def resolve_thin_event(self, provider: ProviderConfig, raw: bytes) -> list[ProviderFact]:
        """Facts that the provider returns for a thin event; each has its ``event_key``.

        Raises:
            Rejected: this type's webhooks are no thin events.
        """
        ...
