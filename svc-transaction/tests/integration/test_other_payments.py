"""Payments that carry our marker and are not the transaction's own."""

from typing import Any

import pytest

from gateway_contracts.errors import Transient

pytestmark = pytest.mark.integration

OWN, OTHER = "acct_own1", "acct_other2"


def configure(world: Any, account: str | None) -> None:
    provider = world.tenants.providers[world.stripe_id]
    public = {**provider.public, **({"accountId": account} if account else {})}
    world.tenants.providers[world.stripe_id] = provider.model_copy(update={"public": public})


@pytest.mark.parametrize(
    ("configured", "about", "is_ours"),
    [
        (None, {}, True),
        (None, {"account": None, "context": None}, True),
        (None, {"account": OTHER}, False),
        (None, {"context": OTHER}, False),
        (None, {"account": {"id": OTHER}}, False),
        (OWN, {}, True),
        (OWN, {"account": OWN}, True),
        (OWN, {"context": OWN}, True),
        (OWN, {"account": OTHER}, False),
        (OWN, {"account": OTHER, "context": OWN}, False),
        (OWN, {"account": OWN, "context": OTHER}, False),
        (OWN, {"account": OWN, "context": OWN}, True),
        (OWN, {"account": OWN * 40}, False),
    ],
)
async def test_an_event_of_another_account_is_foreign_whatever_its_metadata_say(
    world: Any, configured: str | None, about: dict[str, Any], is_ours: bool
) -> None:
    configure(world, configured)
    started = await world.pay(await world.checkout())
    marked = world.event("payment_intent.succeeded", "pi_1", transaction_id=started.transaction_id, about=about)

    await world.deliver(marked)

    after = await world.transaction(started.transaction_id)
    assert after.status == ("succeeded" if is_ours else "initiated")
    assert len(after.timeline) == (3 if is_ours else 2)
    assert (await world.cases(), await world.db.parked_events.count_documents({})) == ([], 0)
    await world.verify()


async def test_an_event_of_another_account_waits_for_the_configuration(world: Any) -> None:
    started = await world.pay(await world.checkout())
    marked = world.event(
        "payment_intent.succeeded", "pi_1", transaction_id=started.transaction_id, about={"account": OTHER}
    )
    provider = world.tenants.providers.pop(world.stripe_id)

    with pytest.raises(Transient) as caught:
        await world.deliver(marked)

    assert caught.value.code == "PROVIDER_UNAVAILABLE"
    world.tenants.deleted[world.stripe_id] = provider
    await world.deliver(marked)
    assert (await world.transaction(started.transaction_id)).status == "initiated"
