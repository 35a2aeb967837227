"""Report refused keys: a line in the log, and an entry in the audit log of the key's organization."""

from admin_api.shared.domain.audit import client_address
from admin_api.shared.domain.refusal import SIGN_IN, Refusal, Refusals
from admin_api.shared.ports import SharedPorts
from gateway_contracts.actor import Actor
from gateway_kit.context import working_on
from gateway_kit.logging import get_logger
from gateway_kit.mongo.errors import UNREACHABLE
from gateway_kit.mongo.unit_of_work import Tx

log = get_logger(__name__)


async def report_refusals(refusals: Refusals, *, tenancy: SharedPorts, is_last: bool = False) -> int:
    """Number of reported kinds: those that are due, or all at the end of a process. Failed ones are retried later."""
    due = refusals.due(tenancy.clock.now(), is_last=is_last)
    remaining = list(due)
    try:
        for refusal in due:
            if await _report(refusal, tenancy):
                remaining.remove(refusal)
    finally:
        refusals.not_reported(remaining)
    return len(due) - len(remaining)


async def _report(refusal: Refusal, tenancy: SharedPorts) -> bool:
    """Whether it was reported. A failure in one organization does not affect the others."""
    try:
        await _note(refusal, tenancy)
    except UNREACHABLE:
        raise  # the database is away, for all
    except Exception as exc:
        log.exception("security.refusal_not_noted", key_id=refusal.key_id, error=type(exc).__name__)
        return False
    log.warning(
        "security.sign_in_refused" if refusal.reason == SIGN_IN else "security.key_refused",
        reason=refusal.reason,
        key_id=refusal.key_id,
        organization_id=refusal.organization_id or "",
        count=refusal.count,
    )
    return True


async def _note(refusal: Refusal, tenancy: SharedPorts) -> None:
    organization_id = refusal.organization_id
    if organization_id is None:
        return
    actor = Actor(kind="anonymous", organization_id=organization_id, livemode=refusal.livemode)
    changes = {"reason": {"from": None, "to": refusal.reason}, "count": {"from": None, "to": refusal.count}}

    async def work(tx: Tx) -> None:
        await tenancy.audit.note(tx, actor, "api_key.refused", refusal.key_id, changes=changes)

    token = client_address.set(refusal.address)
    try:
        with working_on(request=refusal.request_id):
            await tenancy.uow.run(work)
    finally:
        client_address.reset(token)
