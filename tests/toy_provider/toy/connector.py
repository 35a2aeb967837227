"""The toy's connector: payments are kept in memory, customers pay on its own page."""

from gateway_contracts.money import Money
from gateway_contracts.requests.customer import NextAction
from gateway_providers.ports import (
    DEFAULT_TIMEOUT_S,
    MARKER_ORGANIZATION,
    MARKER_TRANSACTION,
    Capabilities,
    PaymentIntentRequest,
    PaymentState,
    ProviderAccount,
    ProviderPayment,
)

PAGE = "https://pay.toy.example"


class ToyConnector:
    """The connector port of the toy."""

    capabilities = Capabilities(methods=("toy_coins",), currencies=frozenset({"EUR"}))

    def __init__(self, base_url: str | None = None) -> None:
        self._payments: dict[str, tuple[PaymentIntentRequest, PaymentState]] = {}

    async def create_payment(
        self,
        account: ProviderAccount,
        intent: PaymentIntentRequest,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port."""
        assert account.public["shopNumber"].isdigit()
        payment_id = f"toy-{intent.transaction_id}"
        self._payments.setdefault(payment_id, (intent, "requires_action"))
        return self._shown(account, payment_id)

    async def fetch_payment(
        self, account: ProviderAccount, provider_payment_id: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """See the port."""
        return self._shown(account, provider_payment_id) if provider_payment_id in self._payments else None

    async def find_payment(
        self, account: ProviderAccount, our_reference: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """See the port."""
        return await self.fetch_payment(account, f"toy-{our_reference}")

    async def cancel_payment(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port."""
        intent, _ = self._payments[provider_payment_id]
        self._payments[provider_payment_id] = (intent, "canceled")
        return self._shown(account, provider_payment_id)

    async def aclose(self) -> None:
        """Nothing is held."""

    def _shown(self, account: ProviderAccount, payment_id: str) -> ProviderPayment:
        intent, state = self._payments[payment_id]
        amount: Money = intent.amount
        return ProviderPayment(
            provider_payment_id=payment_id,
            state=state,
            amount=amount,
            provider_status=state,
            next_action=NextAction(type="redirect", url=f"{PAGE}/{account.public['shopNumber']}/{payment_id}"),
            metadata={MARKER_TRANSACTION: intent.transaction_id, MARKER_ORGANIZATION: account.organization_id},
        )
