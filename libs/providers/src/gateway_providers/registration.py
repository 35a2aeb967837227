"""Registration of webhooks by a call, at providers that have an interface for it."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from gateway_providers.ports import DEFAULT_TIMEOUT_S, ProviderAccount


@dataclass(frozen=True)
class WebhookRegistration:
    """The webhook at the provider that reports to our address.

    Attributes:
        is_new: whether it was made now. False: there was one, which reports all events now.
        secret: the value that verifies its webhooks, to be kept as `Provider.signing_secret`; None where the provider
            shows it only once, or where the account needs none.
    """

    is_new: bool
    secret: str | None = field(default=None, repr=False)


@runtime_checkable
class Registering(Protocol):
    """A connector of a provider that takes the address for webhooks by a call.

    Its `Provider` says so too (``registers_webhooks``), for services that make no calls.
    """

    async def register_webhook(
        self, account: ProviderAccount, *, webhook_url: str, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> WebhookRegistration:
        """Let the provider report to our address. Repeated, also after an answer that was lost, it leaves one webhook
        of that address, whose secret the caller has. Webhooks of other addresses stay as they are.

        Args:
            webhook_url: our address for this account's webhooks.

        Raises:
            Rejected, Transient, OutcomeUnknown: as every call of a `Connector`.
        """
        ...
