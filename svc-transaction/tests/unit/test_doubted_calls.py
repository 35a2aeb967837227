"""Calls to providers that a backup holds without their outcome."""

from datetime import timedelta

import pytest
from transaction_world import World

from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_providers.ports import ProviderRefund
from transaction.provider_operations.resolve_unknown import resolve_operations
from transaction.use_cases.doubt_calls import doubt_calls


async def test_a_refund_that_was_made_after_the_backup_is_found_and_not_made_again(memory_world: World) -> None:
    world, refund_id = memory_world, new_object_id()
    paid = await world.paid()
    # The database as it was before the call; the provider made the refund, and forgot the key of the call since.
    world.providers.fail_next("refund", ConnectionResetError())
    with pytest.raises(ConnectionResetError):
        await world.refund(paid.id, 1900, refund_id=refund_id)
    made = ProviderRefund(
        provider_refund_id="re_1",
        state="succeeded",
        amount=Money(1900, "EUR"),
        provider_status="succeeded",
        refund_id=refund_id,
    )
    world.providers.refunds["re_1"] = made
    world.clock.advance(timedelta(days=3))

    assert await doubt_calls(deps=world.deps) == 1
    await resolve_operations(world.deps).round()

    refund = await world.deps.refunds.get(None, world.scope, refund_id)
    assert refund is not None
    assert (refund.state, refund.provider_refund_id) == ("succeeded", "re_1")
    assert list(world.providers.refunds) == ["re_1"]
    assert await doubt_calls(deps=world.deps) == 0
    await world.verify()
