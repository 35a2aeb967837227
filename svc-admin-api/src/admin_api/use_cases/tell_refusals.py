"""Tell of refused keys: a line in the log, and an entry in the audit log of the organization whose key it is."""

from admin_api.domain.audit import client_address
from admin_api.domain.refusal import SIGN_IN, Refusal, Refusals
from admin_api.ports import Tenancy
from gateway_contracts.actor import Actor
from gateway_kit.context import working_on
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx

log = get_logger(__name__)


async def tell_refusals(refusals: Refusals, *, tenancy: Tenancy, is_last: bool = False) -> int:
    """How many kinds were told, at the end of a process all. What could not be written is told the next time."""
    due, told = refusals.due(tenancy.clock.now(), is_last=is_last), 0
    try:
        for refusal in due:
            await _note(refusal, tenancy)
            log.warning(
                "security.sign_in_refused" if refusal.reason == SIGN_IN else "security.key_refused",
                reason=refusal.reason,
                key_id=refusal.key_id,
                organization_id=refusal.organization_id or "",
                count=refusal.count,
            )
            told += 1
    finally:
        refusals.not_told(due[told:])
    return told


async def _note(refusal: Refusal, tenancy: Tenancy) -> None:
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
