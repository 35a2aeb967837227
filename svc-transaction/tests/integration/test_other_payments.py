"""Payments that carry our marker and are not the transaction's own."""

from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.errors import Conflict, Transient
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.operation import ResolveCase
from gateway_providers.ports import MARKER_ORGANIZATION, MARKER_REFUND, MARKER_TRANSACTION
from transaction.use_cases.resolve_case import resolve_case

pytestmark = pytest.mark.integration

OWN, OTHER = "acct_own1", "acct_other2"


def configure(world: World, account: str | None) -> None:
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
    world: World, configured: str | None, about: dict[str, Any], is_ours: bool
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


async def test_an_event_of_another_account_waits_for_the_configuration(world: World) -> None:
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


STATES = ["requires_action", "processing", "payment_failed", "canceled", "amount_capturable_updated"]


async def begun(world: World, status: str) -> Any:
    """A transaction in that state whose own payment is ``pi_1``."""
    if status in ("succeeded", "refunded"):
        transaction = await world.paid()
        if status == "refunded":
            await world.refund(transaction.id)
        return await world.transaction(transaction.id)
    started = await world.pay(await world.checkout())
    state = {"failed": "payment_failed", "canceled": "canceled", "pending_provider": "processing"}.get(status)
    if state is not None:
        await world.deliver(world.event(f"payment_intent.{state}", "pi_1"))
    return await world.transaction(started.transaction_id)


@pytest.mark.parametrize("status", ["initiated", "pending_provider", "failed", "canceled", "succeeded", "refunded"])
async def test_money_of_another_payment_is_held_and_pays_nothing(world: World, status: str) -> None:
    """The known payment id is never replaced, whatever the other payment's metadata say."""
    world.tenants.change_site(duplicatePayment="review")
    before = await begun(world, status)
    assert (before.status, before.provider_payment_id) == (status, "pi_1")
    event = world.event("payment_intent.succeeded", "pi_copy", transaction_id=before.id)
    for _ in range(2):
        await world.deliver(event)
        event = world.event("payment_intent.succeeded", "pi_copy", transaction_id=before.id)

    after = await world.transaction(before.id)
    assert (after.status, after.provider_payment_id, after.captured) == (status, "pi_1", before.captured)
    assert (after.provider_status, after.committed) == (before.provider_status, before.committed)
    assert after.unapplied == 4900
    [case] = await world.cases()
    assert (case["kind"], case["provider_payment_id"], case["amount"]) == ("duplicate_payment", "pi_copy", 4900)
    await world.verify()


@pytest.mark.parametrize("said", STATES)
@pytest.mark.parametrize("status", ["initiated", "pending_provider", "succeeded"])
async def test_what_happens_to_another_payment_moves_nothing(world: World, status: str, said: str) -> None:
    before = await begun(world, status)
    later = int(world.clock.now().timestamp()) + 3600
    await world.deliver(
        world.event(
            f"payment_intent.{said}",
            "pi_copy",
            transaction_id=before.id,
            created=later,
            amount_capturable=4900,
            latest_charge={"payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "1111"}}},
        )
    )

    after = await world.transaction(before.id)
    assert (after.status, after.provider_payment_id, after.failure) == (status, "pi_1", None)
    assert (after.provider_status, after.payment_method) == (before.provider_status, before.payment_method)
    assert (after.committed, after.disputed, after.last_fact_at) == (before.committed, 0, before.last_fact_at)
    assert [operation for operation, _ in world.providers.calls if operation in ("capture", "cancel")] == []
    assert await world.cases() == []
    await world.verify()


async def test_another_payments_money_goes_back_and_the_own_one_still_pays(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session)
    await world.deliver(world.event("payment_intent.succeeded", "pi_copy", transaction_id=started.transaction_id))
    [case] = await world.cases()

    with pytest.raises(Conflict) as caught:
        await resolve(world, case["_id"], "accept")
    assert caught.value.code == "CASE_NOT_APPLICABLE"
    record = await resolve(world, case["_id"], "refund")

    assert record.status == "refunded"
    after = await world.transaction(started.transaction_id)
    assert (after.status, after.unapplied) == ("initiated", 0)
    [refund] = await world.deps.refunds.of_transaction(world.scope, after.id)
    assert (refund.provider_payment_id, refund.funds, refund.state) == ("pi_copy", "held", "succeeded")
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))
    paid = await world.transaction(after.id)
    assert (paid.status, paid.captured, paid.provider_payment_id) == ("succeeded", 4900, "pi_1")
    await world.verify()


async def test_another_payments_money_is_not_sent_back_without_a_person(world: World) -> None:
    """It may be a payment of another system with copied metadata."""
    started = await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.succeeded", "pi_copy", transaction_id=started.transaction_id))

    assert [case["status"] for case in await world.cases()] == ["open"]
    assert await world.deps.refunds.of_transaction(world.scope, started.transaction_id) == []


async def test_a_refund_of_another_payment_at_the_provider_is_of_held_money(world: World) -> None:
    started = await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.succeeded", "pi_copy", transaction_id=started.transaction_id))
    subject: dict[str, Any] = {"object": "refund", "payment_intent": "pi_copy", "status": "succeeded", "amount": 4900}
    markers = {MARKER_TRANSACTION: started.transaction_id, MARKER_ORGANIZATION: world.scope.organization_id}

    await world.deliver(world.event("refund.updated", "re_copy", metadata=markers, **subject))

    after = await world.transaction(started.transaction_id)
    assert (after.status, after.unapplied) == ("initiated", 0)
    assert [case["status"] for case in await world.cases()] == ["refunded"]
    await world.verify()


async def test_a_refund_keeps_its_id_at_the_provider(world: World) -> None:
    """Another refund with a copied marker is one that was made there."""
    paid = await world.paid()
    made = await world.refund(paid.id, 700)
    subject: dict[str, Any] = {"object": "refund", "payment_intent": "pi_1", "status": "failed", "amount": 700}
    markers = {MARKER_REFUND: made.id, MARKER_ORGANIZATION: world.scope.organization_id}

    await world.deliver(world.event("refund.updated", "re_copy", metadata=markers, **subject))
    await world.deliver(
        world.event("refund.updated", "re_copy2", metadata=markers, **{**subject, "status": "succeeded"})
    )

    refunds = await world.deps.refunds.of_transaction(world.scope, paid.id)
    assert [(one.provider_refund_id, one.state, one.source) for one in refunds] == [
        ("re_1", "succeeded", "api"),
        ("re_copy2", "succeeded", "provider"),
    ]
    assert (await world.transaction(paid.id)).refunded == 1400
    await world.verify()


async def resolve(world: World, case_id: str, resolution: Any) -> Any:
    request = ResolveCase(case_id=case_id, resolution=resolution, refund_id=new_object_id())
    return await resolve_case(request, scope=world.scope, operation_id=None, deps=world.deps)
