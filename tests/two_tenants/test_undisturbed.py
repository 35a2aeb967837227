"""Without any fault both merchants are served: what every other file of this suite compares with."""

import pytest

from gateway_testkit.seller import Two

pytestmark = pytest.mark.integration


async def test_both_are_paid_notified_and_invoiced(two: Two) -> None:
    for seller in (two.a, two.b):
        payment = await seller.pay()
        found = await seller.succeeded(payment)
        await seller.notified(payment)
        pdf = await seller.pdf(payment)

        assert found["captured"] == payment.amount
        assert pdf.startswith(b"%PDF")
        assert [len(each["attempts"]) for each in await seller.deliveries(payment)] == [1]
    assert {each.json["id"] for each in two.a.server.received}.isdisjoint(
        each.json["id"] for each in two.b.server.received
    )
