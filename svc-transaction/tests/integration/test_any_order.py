"""Refunds, disputes, lost answers and jobs in random order, some at once: the books always agree in the end."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from transaction_world import Outcomes, World

from gateway_contracts.errors import Rejected, Transient
from gateway_providers.ports import MARKER_ORGANIZATION, MARKER_REFUND
from transaction.provider_operations.resolve_unknown import resolve_operations

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

STEPS = 24


class Chaos:
    """One paid transaction and everybody who does something with it."""

    def __init__(self, world: World, paid: Any, seed: int) -> None:
        self.world, self.paid = world, paid
        self.dice = random.Random(seed)  # noqa: S311 - repeatable, nothing secret
        self.actions: tuple[Callable[[], Awaitable[Any]], ...] = (
            self.refund,
            self.refund,
            self.refund_there,
            self.say_of_refund,
            self.say_of_dispute,
            self.say_of_dispute,
            self.janitor,
        )

    async def act(self) -> Any:
        return await self.dice.choice(self.actions)()

    async def refund(self) -> Any:
        providers = self.world.providers
        match self.dice.choice(("fine", "fine", "pending", "lost", "refused", "away")):
            case "lost":
                providers.lost_answers = 1
            case "refused":
                providers.fail_next("refund", Rejected("no", code="PROVIDER_REFUSED"))
            case "away":
                providers.fail_next("refund", Transient("not reached"))
            case "pending":
                providers.refund_state = "pending"
            case _:
                providers.refund_state = "succeeded"
        return await self.world.refund(self.paid.id, self.dice.randrange(1, 2500))

    async def refund_there(self) -> None:
        await self._tell("refund.updated", self._refund(f"re_x{self.dice.randrange(3)}", 150, None))

    async def say_of_refund(self) -> None:
        known = list(self.world.providers.refunds.values())
        if known:
            one = self.dice.choice(known)
            await self._tell(
                "refund.updated", self._refund(one.provider_refund_id, one.amount.amount_minor, one.refund_id)
            )

    async def say_of_dispute(self) -> None:
        event = self.dice.choice(("created", "updated", "closed", "funds_withdrawn", "funds_reinstated"))
        status = self.dice.choice(("warning_needs_response", "needs_response", "under_review", "won", "lost"))
        subject = {"object": "dispute", "payment_intent": self.paid.provider_payment_id, "amount": 700}
        await self._tell(f"charge.dispute.{event}", {**subject, "id": f"dp_{self.dice.randrange(2)}", "status": status})

    async def janitor(self) -> None:
        self.world.clock.advance(timedelta(hours=2))
        await resolve_operations(self.world.deps).round()

    def _refund(self, refund_id: str, amount: int, ours: str | None) -> dict[str, Any]:
        status = self.dice.choice(("pending", "succeeded", "succeeded", "failed"))
        markers = {MARKER_REFUND: ours, MARKER_ORGANIZATION: self.world.scope.organization_id} if ours else {}
        payment = self.paid.provider_payment_id
        subject = {"object": "refund", "payment_intent": payment, "status": status}
        return {**subject, "id": refund_id, "amount": amount, "metadata": markers}

    async def _tell(self, event_type: str, subject: dict[str, Any]) -> None:
        created = int(self.world.clock.now().timestamp()) + self.dice.randrange(-600, 600)
        payment_id = self.paid.provider_payment_id
        await self.world.deliver(self.world.event(event_type, payment_id, created=created, **subject))


@pytest.mark.parametrize("seed", range(6))
async def test_books_agree_whatever_happens_in_whatever_order(world: World, outcomes: Outcomes, seed: int) -> None:
    paid = await world.paid()
    chaos = Chaos(world, paid, seed)
    for _ in range(STEPS):
        await outcomes(*(chaos.act() for _ in range(chaos.dice.choice((1, 1, 3)))))
    await chaos.janitor()

    await world.verify()
    after = await world.transaction(paid.id)
    kept = await world.deps.refunds.of_transaction(world.scope, paid.id)
    ours = [refund.amount for refund in kept if refund.source == "api" and refund.state not in ("failed", "canceled")]
    assert sum(ours) <= 4900
    assert after.status in ("succeeded", "refunded")
