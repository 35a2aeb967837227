"""The check of an organization's registers for those who ask: each once at a time, few at a time, within a bound."""

import asyncio
from functools import partial
from typing import Final, get_args

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Transient
from gateway_contracts.requests.invoice_settings import (
    CHECK_S,
    PROBLEMS_MAX,
    NumberedKind,
    RegisterCheck,
    RegisterChecks,
    RegisterProblem,
)
from gateway_kit.fairness import Busy, FairSlots, Shares
from gateway_kit.mongo.unit_of_work import UnitOfWork
from gateway_kit.shared_answers import SharedAnswers
from invoice.domain.register import register_name, scope_of
from invoice.errors import RegisterTooLong
from invoice.ports import Stores
from invoice.use_cases.verify_register import Findings, Problem, verify_register

CHECKS_MAX: Final = 2
"""Organizations whose registers a process checks at the same moment; one at a time of each."""
_WAIT_S: Final = 5.0
_WAITING: Final = 64


class RegisterChecker:
    """Walks registers by request.

    Args:
        within_s: longest walk of both registers of a mode.
    """

    def __init__(self, stores: Stores, uow: UnitOfWork, *, within_s: float = CHECK_S - _WAIT_S) -> None:
        self._stores = stores
        self._uow = uow
        self._within_s = within_s
        shares = Shares(CHECKS_MAX, per_lane=1, reserve=0)
        self._places = FairSlots(shares, waiting_per_lane=2, waiting_total=_WAITING)
        self._findings: SharedAnswers[list[Findings]] = SharedAnswers()

    async def check(self, scope: Scope) -> RegisterChecks:
        """The registers of one mode of an organization, as `gateway invoices verify` checks them.

        Raises:
            RegisterTooLong: the registers have too many rows for a request.
            Transient: too many others are checked.
        """
        asked = f"{scope.organization_id}:{scope.mode}"
        found = await self._findings.ask(asked, partial(self._walk, scope))
        return RegisterChecks(registers=tuple(map(_record, found)))

    async def _walk(self, scope: Scope) -> list[Findings]:
        names = [register_name(scope.organization_id, kind, livemode=scope.mode) for kind in get_args(NumberedKind)]
        try:
            async with self._places.place(scope.organization_id, timeout_s=_WAIT_S), asyncio.timeout(self._within_s):
                return [await verify_register(name, stores=self._stores, uow=self._uow) for name in names]
        except TimeoutError:
            raise RegisterTooLong from None
        except Busy as exc:
            raise Transient("too many registers are being checked", code="OVERLOADED", retry_after_s=10) from exc


def _record(findings: Findings) -> RegisterCheck:
    _, kind = scope_of(findings.register)
    return RegisterCheck(
        kind=kind,
        rows=findings.rows,
        intact=not findings.found,
        problems=tuple(map(_problem, findings.found[:PROBLEMS_MAX])),
        problem_count=len(findings.found),
    )


def _problem(problem: Problem) -> RegisterProblem:
    row = problem.row
    return RegisterProblem(
        code=problem.code,
        position=row.position if row else None,
        number=row.number if row else None,
        document_id=row.document_id if row else problem.document_id,
        sentence=problem.sentence,
    )
