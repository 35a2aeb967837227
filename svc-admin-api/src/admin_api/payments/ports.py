"""What the use cases around payments need from the outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from admin_api.payments.domain.client import Client
from admin_api.shared.domain.paging import Page, PageWish
from admin_api.tenancy.ports import Tenancy
from gateway_kit.mongo.unit_of_work import Tx


@dataclass(frozen=True)
class Payer:
    """How a client may be known: by the id that the merchant named, or by the keyed hash of the e-mail address."""

    organization_id: str
    livemode: bool
    named_client_id: str | None
    email_hash: str | None


class ClientStore(Protocol):
    """A merchant's customers."""

    async def find(
        self, organization_id: str, identifier: str, *, livemode: bool, tx: Tx | None = None
    ) -> Client | None: ...

    async def find_by_email(
        self, organization_id: str, email_hash: str, *, livemode: bool, tx: Tx
    ) -> Client | None: ...

    async def payers(self, tx: Tx, payers: Sequence[Payer]) -> list[Client]:
        """All clients that one of these may be."""
        ...

    async def insert(self, tx: Tx, client: Client) -> None:
        """
        Raises:
            Transient: another event made a client of the same address at this moment.
        """
        ...

    async def replace(self, tx: Tx, before: Client, after: Client) -> None:
        """
        Raises:
            Conflict: the stored version is not that of ``before`` any more.
        """
        ...

    async def delete(self, tx: Tx, client: Client) -> None:
        """
        Raises:
            Conflict: the stored version is not that of ``client`` any more.
        """
        ...

    async def page(
        self,
        organization_id: str,
        wish: PageWish,
        *,
        livemode: bool,
        email_hash: str | None = None,
        country: str | None = None,
    ) -> Page[Client]: ...


@dataclass(frozen=True)
class Payments(Tenancy):
    """The ports around clients; sites and providers are read."""

    clients: ClientStore
