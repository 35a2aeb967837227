"""Ports of the use cases."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.requests.ipn import DeliveryQuery
from gateway_kit.mongo.pages import Page
from gateway_kit.mongo.unit_of_work import Tx
from ipn.domain.delivery import Delivery, Stuck
from ipn.domain.delivery_queue import DeliveryQueue
from ipn.domain.outcome import Outcome


@dataclass(frozen=True)
class Lost:
    """A delivery whose lease ran out; ``unrecorded`` counts this loss."""

    stuck: Stuck
    unrecorded: int


@dataclass(frozen=True)
class Sibling:
    """An open delivery of some checkout of an order."""

    id: str
    checkout_id: str
    orders: tuple[str, ...]


@dataclass(frozen=True)
class Chargeback:
    """A delivery about a dispute, sent or to be sent.

    Attributes:
        dispute_id: None where it is not known which one.
        is_tried: whether the receiver may have it.
        is_open: whether it may still get it.
    """

    delivery_id: str
    transaction_id: str
    dispute_id: str | None
    is_tried: bool
    is_open: bool


@dataclass(frozen=True)
class Claimed:
    """Result of a sweep.

    Attributes:
        deliveries: under our lease now, not more than there are places.
        unreadable: rows that are no delivery (any more), with the error.
        is_more: whether something that is due was left.
    """

    deliveries: list[Delivery]
    unreadable: list[tuple[Stuck, Exception]]
    is_more: bool


class Places(Protocol):
    """Room for attempts at this moment."""

    @property
    def free(self) -> int:
        """Attempts in all."""
        ...

    def room(self, organization_id: str) -> int:
        """Attempts of this organization."""
        ...

    def room_at(self, organization_id: str, target: str) -> int:
        """Attempts of this organization at this receiver."""
        ...

    def full_targets(self, organization_id: str) -> frozenset[str]:
        """Receivers of this organization that get none."""
        ...

    def may_look_past(self, organization_id: str) -> bool:
        """Whether the deliveries behind those of its full receivers may be looked for again."""
        ...


class Letters(Protocol):
    """The one place for what cannot be processed (`gateway_kit.set_aside.SetAside`)."""

    async def put_row(
        self, source: str, row_id: str, *, organization_id: str, error: BaseException, size: int, attempts: int
    ) -> None:
        """Write the letter of a row."""
        ...


class DeliveryStore(Protocol):
    """Queues and deliveries.

    Writes belong to a transaction, except claims and first deliveries, which guard themselves.
    """

    async def queues(self, tx: Tx, ids: Collection[str]) -> dict[str, DeliveryQueue]:
        """The queues that exist."""
        ...

    def save_queues(self, tx: Tx, before: Mapping[str, DeliveryQueue], after: Iterable[DeliveryQueue]) -> None:
        """Write queues; ``before`` has those that exist, as `queues` returned them in this transaction."""
        ...

    async def mark_paid(self, payers: Mapping[str, str], *, now: datetime) -> None:
        """Write which checkout paid which order where no delivery says so, durably, outside of any transaction."""
        ...

    async def is_paid_elsewhere(self, orders: Collection[str], *, checkout_id: str) -> bool:
        """Whether another checkout paid one of these orders; outside of any transaction."""
        ...

    async def open_of_orders(self, orders: Collection[str], *, after: str, limit: int) -> list[Sibling]:
        """Open deliveries that a payment of these orders makes pointless, in the order of their ids."""
        ...

    async def chargebacks(self, tx: Tx, transactions: Collection[tuple[str, bool, str]]) -> list[Chargeback]:
        """The deliveries about disputes of these (organization, mode, transaction)."""
        ...

    async def first_deliveries(self, tx: Tx, checkout_ids: Collection[str]) -> dict[str, Delivery]:
        """The first deliveries of these checkouts' queues, by checkout."""
        ...

    async def add_first(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Insert first deliveries durably, outside of a transaction. Return whether the queue of each was new."""
        ...

    async def load(self, tx: Tx, ids: Collection[str]) -> dict[str, Delivery]:
        """The deliveries that exist."""
        ...

    def add(self, tx: Tx, delivery: Delivery) -> None:
        """Insert a new delivery."""
        ...

    def save(self, tx: Tx, before: Delivery, after: Delivery) -> Delivery:
        """Write a change; the delivery as it is stored then, with the next version.

        The transaction fails with `ChangedMeanwhile` where the stored version is not that of ``before``.
        """
        ...

    async def waiting(self, *, limit: int) -> list[Delivery]:
        """Deliveries of all organizations that wait for an attempt, the earliest one first."""
        ...

    async def organizations_due(self, *, now: datetime, after: str, limit: int) -> list[str]:
        """Organizations with deliveries whose time has come, in the order of their ids, behind ``after``."""
        ...

    async def due_of(
        self, organization_id: str, *, now: datetime, limit: int, without: Collection[str]
    ) -> list[tuple[str, str]]:
        """Ids and targets of the organization's deliveries whose time has come, oldest first."""
        ...

    async def claim(
        self, ids: Collection[str], *, now: datetime, lease_until: datetime, claim: str
    ) -> tuple[list[Delivery], list[tuple[Stuck, Exception]]]:
        """Put those that are still due under a lease; returns what was won, and what of it is unreadable."""
        ...

    async def lost(self, *, now: datetime, limit: int) -> list[Lost]:
        """Deliveries whose lease ran out, in that order."""
        ...

    async def take_back(self, lost: Collection[tuple[Lost, datetime]]) -> None:
        """Make lost deliveries due at the given times, and count the loss; guarded by their claims."""
        ...

    async def extend(self, stuck: Collection[Stuck], *, until: datetime) -> None:
        """Keep the leases of these until then; guarded by their claims."""
        ...

    async def set_aside(self, tx: Tx, stuck: Stuck, *, reason: str) -> bool:
        """End the lease and take the delivery out of all lines; false when another process has it by now."""
        ...

    async def release(self, deliveries: Collection[Delivery], *, now: datetime) -> None:
        """Give leases back unused: due at once. A lease that another process holds by now is left alone."""
        ...

    async def find(self, delivery_id: str, scope: Scope) -> Delivery | None:
        """One delivery inside a tenant's scope."""
        ...

    async def page(self, query: DeliveryQuery, scope: Scope, *, target: str | None = None) -> Page[Delivery]:
        """Newest first. ``target``: only those to this receiver.

        Raises:
            Unreadable: the cursor is invalid, or the page is too far from the start.
        """
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


class Signer(Protocol):
    """Signs notifications with the secrets of their sites."""

    def headers(self, delivery: Delivery, body: bytes, at: datetime) -> dict[str, str]:
        """All headers of an attempt at that moment.

        Raises:
            GatewayError: the site has no secret (``NO_SIGNING_SECRET``), or it cannot be read.
        """
        ...


class Sender(Protocol):
    """Makes one attempt."""

    async def send(self, delivery: Delivery) -> Outcome:
        """Sign and POST. Whatever goes wrong is an outcome, never another exception.

        Raises:
            Unprocessable: it would fail the same way every time.
        """
        ...
