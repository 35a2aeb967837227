"""Fault 5: notifications of a merchant whose site is gone counted as failing for a moment, and filled the consumer."""

import pytest

from gateway_testkit.backlog import all_of, crowd, few_places, has_room, is_served
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Two
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

NOTIFICATIONS = "ipn-on-transactions"


async def test_notifications_of_a_for_a_deleted_site_do_not_hold_up_those_of_b(
    two: Two, installation: Installation
) -> None:
    await two.a.stop_invoicing()
    payment = await two.b.begin()
    async with few_places(installation, NOTIFICATIONS):
        await installation.stop("svc-ipn")
        # The service is being replaced while a merchant works through a list, and then closes the shop.
        await all_of(range(crowd(NOTIFICATIONS)), lambda _: two.a.enter_payment())
        await two.a.close_shop()
        await two.b.confirm(payment)
        await two.b.succeeded(payment)

        await installation.start("svc-ipn")

        await is_served(two.b, payment)
        await eventually(lambda: has_room(installation, NOTIFICATIONS))
