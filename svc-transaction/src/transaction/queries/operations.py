"""Operations at providers, and reports that wait for their payments."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.encrypted import EncryptedValue
from gateway_kit.mongo.rows import Rows
from gateway_kit.mongo.store import Reader, Store
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.passes import DueRows
from transaction.domain.records import (
    OperationKind,
    OperationState,
    ParkedReport,
    ParkedState,
    ProviderOperation,
    ReportHead,
)
from transaction.queries.notes import ids_of_event

_UNANSWERED: Final = ("intent", "unknown")
UNDONE: Final = (*_UNANSWERED, "waiting")


class ProviderOperations(Store[ProviderOperation]):
    """Intents and outcomes of calls to providers."""

    @property
    def unanswered(self) -> DueRows[ProviderOperation]:
        """Those without a known outcome."""
        where = {"state": {"$in": list(_UNANSWERED)}}
        return self.claim_due("resolve-calls", due="due_at", where=where, state="state")

    @property
    def waiting(self) -> DueRows[ProviderOperation]:
        """Those of no urgency."""
        return self.claim_due("fetch-fees", due="due_at", where={"state": "waiting"}, state="state")

    async def creation_of(self, scope: Scope, transaction_id: str) -> ProviderOperation | None:
        """The one that registers the payment."""
        return await self.first(None, scope, {"transaction_id": transaction_id, "kind": "create"})

    async def latest(self, tx: Tx, scope: Scope, transaction_id: str, kind: OperationKind) -> ProviderOperation | None:
        """The last one of its kind."""
        where = {"transaction_id": transaction_id, "kind": kind}
        return await self.first(tx, scope, where, sort=[("created_at", -1)])

    async def of_transaction(self, scope: Scope, transaction_id: str, *, limit: int) -> list[ProviderOperation]:
        """Those of one transaction, oldest first; of more than the limit the latest."""
        where = {"transaction_id": transaction_id}
        found = await self.find(None, scope, where, sort=[("created_at", -1), ("_id", -1)], limit=limit)
        return found[::-1]

    async def untried(self, *, limit: int) -> list[ProviderOperation]:
        """Those of all tenants without a known outcome that were not counted as tried."""
        where = {"state": {"$in": list(_UNANSWERED)}, "attempts": {"$in": [0, None]}}
        return await self.across_tenants.find(None, where, limit=limit)

    async def close(
        self,
        tx: Tx,
        operation: ProviderOperation,
        state: OperationState,
        *,
        requests: EncryptedValue | None = None,
    ) -> None:
        """Store its outcome; one that has an outcome keeps it. Without ``requests`` those that it has stay."""
        if (present := await self._undone(tx, operation)) is not None:
            kept = requests or present.requests
            self.replace(tx, present, present.changed(state=state, closed_at=tx.now, requests=kept))

    async def postpone(
        self,
        tx: Tx,
        operation: ProviderOperation,
        due_at: datetime,
        *,
        state: OperationState | None = None,
        is_attempt: bool = True,
        missed: int = 0,
        requests: EncryptedValue | None = None,
    ) -> None:
        """Look at it again then. Without ``is_attempt`` nothing was sent, and nothing is counted."""
        if (present := await self._undone(tx, operation)) is not None:
            attempts = present.attempts + int(is_attempt)
            self.replace(
                tx,
                present,
                present.changed(
                    due_at=due_at,
                    state=state or present.state,
                    attempts=attempts,
                    missed=missed,
                    requests=requests or present.requests,
                ),
            )

    async def _undone(self, tx: Tx, operation: ProviderOperation) -> ProviderOperation | None:
        present = await self.get(tx, operation.scope, operation.id)
        return present if present is not None and present.state in UNDONE else None


class ParkedReports(Store[ParkedReport]):
    """Reports about payments that are not known yet."""

    def __init__(self, document: type[ParkedReport], rows: Rows) -> None:
        super().__init__(document, rows)
        self._heads = Reader[ReportHead](ReportHead, rows)

    @property
    def waiting(self) -> DueRows[ParkedReport]:
        """Those that are to be looked at."""
        return self.claim_due("release-parked", due="due_at", where={"state": "parked"}, state="state")

    async def of_transaction(self, scope: Scope, provider_id: str, transaction_id: str) -> list[ParkedReport]:
        """Those of one transaction, in the order in which they happened."""
        where = {"transaction_id": transaction_id, "provider_id": provider_id, "state": "parked"}
        return await self.find(None, scope, where, sort=[("fact.occurred_at", 1), ("_id", 1)])

    async def heads(
        self, scope: Scope, transaction_id: str, *, limit: int, states: Collection[ParkedState] | None = None
    ) -> list[ReportHead]:
        """Those that named this payment, in one of the states or in any, the latest first."""
        chosen = {} if states is None else {"state": {"$in": list(states)}}
        where = self._within(scope, {"transaction_id": transaction_id} | chosen)
        return await self._heads.find(None, where, sort=[("created_at", -1), ("_id", -1)], limit=limit)

    async def of_event(self, scope: Scope, event_id: str) -> ReportHead | None:
        """The first one that this event brought."""
        return await self._heads.first(None, self._within(scope, ids_of_event(event_id)))

    async def count_parked(self, tx: Tx, organization_id: str, *, limit: int) -> int:
        """The number of one organization in both modes, counted to the limit."""
        where = {"organization_id": organization_id, "state": "parked"}
        return await self.across_tenants.count(tx, where, limit=limit)

    async def close(self, tx: Tx, parked: ParkedReport, state: ParkedState) -> bool:
        """Whether this transaction closes it, and not another process before."""
        present = await self.get(tx, parked.scope, parked.id)
        if present is None or present.state != "parked":
            return False
        self.replace(tx, present, present.changed(state=state, closed_at=tx.now))
        return True

    async def adopt(self, now: datetime) -> bool:
        """Make a row due that an earlier version stored without a moment, readable or not; False: none is left."""
        return await self.now.fill("due_at", now, where={"state": "parked"})
