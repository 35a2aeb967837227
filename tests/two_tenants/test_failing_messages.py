"""Fault 5: webhooks of one merchant that could not be stored filled the consumer that all merchants share."""

import secrets

import pytest

from gateway_contracts.ids import new_object_id
from gateway_testkit.backlog import all_of, crowd, few_places, has_room, is_served
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Two
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

PROVIDER_EVENTS = "transaction-on-provider-events"
# No database holds such an integer.
ABSURD = 10**30


async def test_webhooks_of_a_that_cannot_be_stored_do_not_hold_up_a_payment_of_b(
    two: Two, installation: Installation
) -> None:
    async def absurd(_: int) -> int:
        intent = {
            "id": f"pi_{secrets.token_hex(8)}",
            "object": "payment_intent",
            "status": "succeeded",
            "amount": ABSURD,
            "amount_received": ABSURD,
            "currency": "eur",
            "metadata": two.a.markers(new_object_id()),
        }
        return (await two.a.webhook("payment_intent.succeeded", intent)).status_code

    payment = await two.b.begin()
    async with few_places(installation, PROVIDER_EVENTS):
        statuses = await all_of(range(crowd(PROVIDER_EVENTS)), absurd)
        assert set(statuses) <= {200, 400, 422, 429, 503}, "each has a clear answer"

        await two.b.confirm(payment)

        await is_served(two.b, payment)
        await eventually(lambda: has_room(installation, PROVIDER_EVENTS))
