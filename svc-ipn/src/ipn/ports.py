"""What the use cases need from outside."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.requests.ipn import DeliveryQuery
from gateway_kit.mongo.unit_of_work import Tx
from ipn.domain.delivery import Delivery
from ipn.domain.lane import Lane
from ipn.domain.outcome import Outcome


class DeliveryStore(Protocol):
    """Lanes and deliveries.

    Writes belong to a transaction, except claims and first deliveries, which guard themselves.
    """

    async def lanes(self, tx: Tx, ids: Collection[str]) -> dict[str, Lane]:
        """The lanes that exist."""
        ...

    async def save_lanes(self, tx: Tx, lanes: Iterable[Lane]) -> None:
        """Write lanes that were read in this transaction (or did not exist)."""
        ...

    async def openers(self, tx: Tx, lanes: Collection[str]) -> dict[str, Delivery]:
        """The first deliveries of these lanes, by lane."""
        ...

    async def add_first(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Insert first deliveries, durably, outside of any transaction; tells of each whether its lane was new."""
        ...

    async def load(self, tx: Tx, ids: Collection[str]) -> dict[str, Delivery]:
        """The deliveries that exist."""
        ...

    async def add(self, tx: Tx, deliveries: Sequence[Delivery]) -> None:
        """Insert new deliveries."""
        ...

    async def save(self, tx: Tx, deliveries: Sequence[Delivery], attempts: dict[str, Outcome]) -> None:
        """Write where deliveries stand, each guarded by the version that was read, and add attempts to their lists.

        Raises:
            StaleDelivery: one was changed in between.
        """
        ...

    async def due(self, *, now: datetime, limit: int, without: Collection[str]) -> list[tuple[str, str]]:
        """Ids and targets of deliveries whose time has come or whose lease ran out, oldest first."""
        ...

    async def claim(self, ids: Collection[str], *, now: datetime, lease_until: datetime, claim: str) -> list[Delivery]:
        """Put those of the deliveries that are still due under a lease; returns what was won."""
        ...

    async def release(self, deliveries: Collection[Delivery], *, now: datetime) -> None:
        """Give leases back unused: due at once. A lease that somebody else holds by now is left alone."""
        ...

    async def find(self, delivery_id: str, scope: dict[str, Any]) -> Delivery | None:
        """One delivery inside a tenant's scope."""
        ...

    async def page(self, query: DeliveryQuery, scope: dict[str, Any]) -> tuple[list[Delivery], int]:
        """Newest first, and how many there are in all."""
        ...


class Sealer(Protocol):
    """Keeps the merchant's URL and what is sent there unreadable at rest."""

    def seal_url(self, organization_id: str, delivery_id: str, url: str) -> EncryptedValue: ...

    def open_url(self, delivery: Delivery) -> str: ...

    def seal_body(self, organization_id: str, delivery_id: str, body: str) -> EncryptedValue: ...

    def open_body(self, delivery: Delivery) -> bytes:
        """The bytes that are signed and sent, the same at every attempt."""
        ...

    def target_of(self, url: str) -> str:
        """A keyed hash of the URL's host and port."""
        ...


class Sender(Protocol):
    """Makes one attempt."""

    async def send(self, delivery: Delivery) -> Outcome:
        """Sign and POST. Whatever goes wrong is an outcome, never an exception."""
        ...
