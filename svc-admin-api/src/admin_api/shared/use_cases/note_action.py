"""Write an audit entry for a change that another service made for the actor."""

from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.ports import SharedPorts
from admin_api.shared.use_cases.run_once import nothing_left, run_once
from gateway_contracts.actor import Actor
from gateway_kit.mongo.unit_of_work import Operation, Tx


async def note_action(actor: Actor, action: str, object_id: str, *, attempt: Attempt, tenancy: SharedPorts) -> None:
    """One audit entry per operation: after the effect, so a failure here makes the caller repeat, and both are safe."""

    async def work(tx: Tx) -> None:
        await tenancy.audit.note(tx, actor, action, object_id)

    operation = Operation(f"{attempt.operation_id}:audit", object_id)
    await run_once(tenancy.uow, work, operation=operation, again=nothing_left)
