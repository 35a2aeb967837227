"""Write down what another service did at somebody's request."""

import contextlib

from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.ports import SharedPorts
from gateway_contracts.actor import Actor
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx


async def note_action(actor: Actor, action: str, object_id: str, *, attempt: Attempt, tenancy: SharedPorts) -> None:
    """One audit entry per operation: after the effect, so a failure here makes the caller repeat, and both are safe."""

    async def work(tx: Tx) -> None:
        await tenancy.audit.note(tx, actor, action, object_id)

    with contextlib.suppress(OperationReplayed):
        await tenancy.uow.run(work, operation=Operation(f"{attempt.operation_id}:audit", object_id))
