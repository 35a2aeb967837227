"""A case without a transaction: it is opened by what a provider sends, so that their number has a bound."""

from typing import Final

from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import Case
from transaction.errors import too_many_cases
from transaction.ports import Deps
from transaction.use_cases.announce_reversal import announce_case

OPEN_CASES_MAX: Final = 5_000
"""Open cases of one organization and mode, beyond which no case without a transaction is opened. Those that are opened
at the same moment count without each other: a bound against a flood, not exact."""


async def open_case(tx: Tx, case: Case, *, deps: Deps) -> None:
    """Store it and announce it.

    Raises:
        Conflict: ``TOO_MANY_CASES``; what would have opened it is set aside.
    """
    if await deps.cases.count_open(tx, case.scope, limit=OPEN_CASES_MAX) >= OPEN_CASES_MAX:
        raise too_many_cases()
    await deps.cases.insert(tx, case)
    announce_case(tx, case)
