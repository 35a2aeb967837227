"""Answers requests about numbers to come, readiness for electronic invoices, and registers."""

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.clock import Clock
from gateway_contracts.errors import Forbidden
from gateway_contracts.requests.invoice_settings import (
    CHECK_REGISTERS,
    GET_NEXT_NUMBER,
    GET_READINESS,
    EInvoiceReadiness,
    NextNumber,
    NextNumberQuery,
    RegisterChecks,
)
from gateway_contracts.rpc import Call, Empty
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.service import Runtime
from invoice.ports import Organizations, Stores
from invoice.rpc.handlers import tenant_scope
from invoice.use_cases.check_readiness import check_readiness
from invoice.use_cases.check_registers import RegisterChecker
from invoice.use_cases.get_next_number import get_next_number

READS = "organization:read"


class SettingsHandlers:
    """One method per request method."""

    def __init__(self, *, stores: Stores, uow: UnitOfWork, organizations: Organizations, clock: Clock) -> None:
        self._stores = stores
        self._organizations = organizations
        self._clock = clock
        self._registers = RegisterChecker(stores, uow)

    def serve(self, runtime: Runtime) -> None:
        """Answer all of them."""
        runtime.serve(GET_NEXT_NUMBER, self.next_number)
        runtime.serve(GET_READINESS, self.readiness)
        runtime.serve(CHECK_REGISTERS, self.check_registers)

    async def next_number(self, request: NextNumberQuery, call: Call) -> NextNumber:
        """``organization:read``."""
        scope = _whole(call.actor, READS)
        return await get_next_number(
            request, scope=scope, organizations=self._organizations, stores=self._stores, clock=self._clock
        )

    async def readiness(self, _request: Empty, call: Call) -> EInvoiceReadiness:
        """``organization:read``."""
        return check_readiness(scope=_whole(call.actor, READS), organizations=self._organizations)

    async def check_registers(self, _request: Empty, call: Call) -> RegisterChecks:
        """``invoice:read`` and ``credit_note:read``; problems name documents of all sites."""
        call.actor.require("credit_note:read")
        scope = _whole(call.actor, "invoice:read")
        if call.actor.site_id is not None:
            raise Forbidden("a register has documents of all sites", code="ORGANIZATION_KEY_REQUIRED")
        return await self._registers.check(scope)


def _whole(actor: Actor, right: str) -> Scope:
    """The mode of the organization, whose settings and series all sites share."""
    scope = tenant_scope(actor, right)
    return Scope(scope.organization_id, scope.mode)
