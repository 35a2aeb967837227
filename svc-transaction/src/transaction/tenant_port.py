"""Ports of tenants: their configuration and their encrypted fields."""

from typing import Protocol

from gateway_contracts.config import ProviderConfig, SiteConfig
from gateway_contracts.encrypted import EncryptedValue


class Tenants(Protocol):
    """Configuration of tenants, from memory."""

    def site(self, identifier: str) -> SiteConfig | None: ...

    def provider(self, identifier: str) -> ProviderConfig | None: ...

    def last_provider(self, identifier: str) -> ProviderConfig | None:
        """As it was published last, also when it is deleted since."""
        ...

    async def fetch_site(self, identifier: str) -> SiteConfig | None:
        """Also one that was made a moment ago."""
        ...

    async def fetch_provider(self, identifier: str) -> ProviderConfig | None:
        """Also one that was made a moment ago."""
        ...

    async def reread_provider(self, identifier: str) -> ProviderConfig | None:
        """As it is published now, also when the copy in memory is a moment older."""
        ...


class FieldCipher(Protocol):
    """Fields with personal data and secret names, encrypted under the organization's key and bound to their place."""

    def seal(
        self, organization_id: str, collection: str, document_id: str, field: str, text: str | None
    ) -> EncryptedValue | None: ...

    def open(
        self, organization_id: str, collection: str, document_id: str, field: str, value: EncryptedValue | None
    ) -> str | None: ...

    def open_message(self, version: int, blob: bytes, organization_id: str, event_id: str) -> bytes:
        """The raw bytes of a stored provider event."""
        ...

    def email_hash(self, organization_id: str, email: str | None) -> str | None: ...

    def session_hash(self, session_public_id: str) -> str:
        """Key of a session; the same for all organizations, because its reader does not know the organization."""
        ...

    def short_code_hash(self, short_code: str) -> str:
        """The same for the other name of a session."""
        ...
