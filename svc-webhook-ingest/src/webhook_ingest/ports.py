"""Ports of accepting a webhook."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_providers.events import NO_SENDER, Sender, Webhooks


@dataclass(frozen=True, slots=True)
class Webhook:
    """One request of a provider, unverified. Header names are lower case."""

    provider_type: str
    provider_id: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    sender: Sender = NO_SENDER


@dataclass(frozen=True, slots=True)
class Account:
    """The addressed account and how its webhooks are verified.

    Attributes:
        secrets: the signing secrets in use (several while rotating), decrypted; never logged.
    """

    id: str
    organization_id: str
    type: str
    livemode: bool
    webhooks: Webhooks
    secrets: tuple[str, ...] = field(repr=False)


class Accounts(Protocol):
    """Finds accounts from memory."""

    async def find(self, provider_type: str, provider_id: str, sender: Sender = NO_SENDER) -> Account:
        """
        Args:
            sender: whose share of look-ups an unknown id counts against.

        Raises:
            ProviderUnknown: no such provider, or one of another type.
            NotReady: the configuration is not loaded yet.
            Transient: its keys are not available, or too many unknown ids are looked up.
        """
        ...


class Sealer(Protocol):
    """Encrypts payloads for their organization."""

    def encrypt_raw(
        self, organization_id: str, collection: str, document_id: str, field: str, plaintext: bytes
    ) -> tuple[int, bytes]:
        """
        Raises:
            Transient: the organization's key is not available.
        """
        ...


class EventStore(Protocol):
    """Keeps events durably."""

    async def put(self, event: ReceivedProviderEvent) -> None:
        """Return only when the event is stored.

        Raises:
            Transient, OutcomeUnknown: it is not known to be stored.
        """
        ...


class ThinEventLimits(Protocol):
    """How many unsigned thin events are stored."""

    def admit(self, account_id: str, sender: Sender) -> None:
        """Let one be stored.

        Raises:
            RateLimited: the provider must send it again later.
        """
        ...
