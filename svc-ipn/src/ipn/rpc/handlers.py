"""Requests that svc-ipn answers over NATS."""

from collections.abc import Callable

from gateway_contracts.clock import Clock
from gateway_contracts.errors import Forbidden
from gateway_contracts.requests.ipn import (
    DeliveryPage,
    DeliveryQuery,
    DeliveryRecord,
    DeliveryRef,
    FailingTargets,
    SignedDelivery,
)
from gateway_contracts.rpc import Call, Empty
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.set_aside import OPERATOR
from ipn.domain.delivery import Delivery
from ipn.ports import DeliveryStore, Sealer, Signer
from ipn.use_cases.get_delivery import get_delivery
from ipn.use_cases.list_deliveries import list_deliveries, record_of
from ipn.use_cases.list_failing_targets import list_failing_targets
from ipn.use_cases.resend_delivery import resend_delivery
from ipn.use_cases.sign_delivery import sign_delivery


class IpnRequests:
    """Handlers of ``rpc.ipn.*``."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        store: DeliveryStore,
        sealer: Sealer,
        signer: Signer,
        clock: Clock,
        dispatch: Callable[[list[Delivery]], None],
    ) -> None:
        self._uow = uow
        self._store = store
        self._sealer = sealer
        self._signer = signer
        self._clock = clock
        self._dispatch = dispatch

    async def list_deliveries(self, request: DeliveryQuery, call: Call) -> DeliveryPage:
        """Scope ``transaction:read``."""
        call.actor.require("transaction:read")
        return await list_deliveries(request, actor=call.actor, store=self._store, sealer=self._sealer)

    async def get_delivery(self, request: DeliveryRef, call: Call) -> DeliveryRecord:
        """Scope ``transaction:read``."""
        call.actor.require("transaction:read")
        return await get_delivery(request.delivery_id, actor=call.actor, store=self._store, sealer=self._sealer)

    async def list_failing_targets(self, _request: Empty, call: Call) -> FailingTargets:
        """For operators, over all organizations.

        Raises:
            Forbidden: the caller is no operator.
        """
        if call.actor != OPERATOR:
            raise Forbidden("only operators see the receivers of all organizations")
        return await list_failing_targets(store=self._store, sealer=self._sealer)

    async def resend(self, request: DeliveryRef, call: Call) -> DeliveryRecord:
        """Scope ``transaction:execute``."""
        call.actor.require("transaction:execute")
        delivery, is_ours = await resend_delivery(
            request.delivery_id,
            actor=call.actor,
            operation_id=call.operation_id,
            uow=self._uow,
            store=self._store,
            clock=self._clock,
        )
        if is_ours:
            self._dispatch([delivery])
        return record_of(delivery, self._sealer)

    async def sign(self, request: DeliveryRef, call: Call) -> SignedDelivery:
        """Scope ``transaction:execute``, as for sending: the receiver cannot tell one from the other."""
        call.actor.require("transaction:execute")
        return await sign_delivery(
            request.delivery_id,
            actor=call.actor,
            store=self._store,
            sealer=self._sealer,
            signer=self._signer,
            clock=self._clock,
        )
