"""Refunds, disputes and holds of customers."""

from collections.abc import Sequence
from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.queries import is_text
from gateway_kit.mongo.store import Store, Where
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.dispute import Dispute, Hold
from transaction.domain.refund import Refund

_HOLDS_MAX: Final = 100


class Refunds(Store[Refund]):
    """Money that goes back."""

    async def by_provider_refund(
        self, tx: Tx, scope: Scope, provider_id: str, provider_refund_id: str
    ) -> Refund | None:
        """The one with this id at its provider."""
        return await self.first(
            tx, scope, {"provider_id": provider_id, "provider_refund_id": is_text(provider_refund_id)}
        )

    async def of_transaction(self, scope: Scope, transaction_id: str) -> list[Refund]:
        """All of one transaction, oldest first."""
        return await self.find(None, scope, {"transaction_id": transaction_id})

    async def count_of(self, tx: Tx, scope: Scope, transaction_id: str, *, limit: int) -> int:
        """The number that a transaction has, counted to the limit."""
        return await self.count(tx, scope, {"transaction_id": transaction_id}, limit=limit)


class Disputes(Store[Dispute]):
    """Payments that are contested."""

    async def by_provider_dispute(
        self, tx: Tx, scope: Scope, provider_id: str, provider_dispute_id: str
    ) -> Dispute | None:
        """The one with this id at its provider."""
        return await self.first(tx, scope, {"provider_id": provider_id, "provider_dispute_id": provider_dispute_id})

    async def of_transaction(self, scope: Scope, transaction_id: str) -> list[Dispute]:
        """All of one transaction, oldest first."""
        return await self.find(None, scope, {"transaction_id": transaction_id})

    async def open_of_customer(self, scope: Scope, email_hashes: Sequence[str]) -> Dispute | None:
        """An undecided chargeback of this customer, under any of these addresses."""
        return await self.first(None, scope, _of_customer(scope, email_hashes, {"open": True}))


class Holds(Store[Hold]):
    """Restrictions of customers."""

    async def of_customer(self, scope: Scope, email_hashes: Sequence[str]) -> list[Hold]:
        """The active holds under any of these addresses."""
        return await self.find(None, scope, _of_customer(scope, email_hashes, {"active": True}))

    async def of_dispute(self, tx: Tx, scope: Scope, dispute_id: str) -> Hold | None:
        """The one of a dispute: there is one at most."""
        return await self.first(tx, scope, {"dispute_id": dispute_id})

    async def latest(self, scope: Scope, *, email_hash: str | None, with_released: bool) -> list[Hold]:
        """Newest first."""
        where: Where = {} if with_released else {"active": True}
        if email_hash is not None:
            where = _of_customer(scope, [email_hash], where)
        return await self.find(None, scope, where, sort=[("_id", -1)], limit=_HOLDS_MAX)


def _of_customer(scope: Scope, email_hashes: Sequence[str], where: Where) -> Where:
    """With the tenant in each branch: both have an index that begins with it."""
    tenant = {"organization_id": scope.organization_id, "livemode": scope.livemode}
    names = ("email_hash", "other_email_hashes")
    return {"$or": [{**tenant, **where, name: {"$in": list(email_hashes)}} for name in names]}
