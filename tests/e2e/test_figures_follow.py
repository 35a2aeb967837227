"""Figures of the whole installation follow a payment and its refund; other tests pay meanwhile."""

from gateway_testkit.shop import confirm_card, create_checkout, start_payment, transaction_in
from gateway_testkit.stack import Stack
from gateway_testkit.waiting import eventually

PAID, REFUNDED = 4900, 1900


async def amounts(stack: Stack) -> tuple[int, int, int]:
    """Volume, refunds and succeeded attempts of the last days."""
    async with stack.admin() as api:
        answer = await api.get("/api/v1/reports/summary?currency=EUR")
    assert answer.status_code == 200, answer.text
    summary = answer.json()
    money = [row["current"] for row in summary["money"]]
    succeeded = sum(row["current"]["succeeded"] for row in summary["providers"])
    return sum(row["volume"] for row in money), sum(row["refunded"] for row in money), succeeded


async def test_figures_follow_a_payment_and_its_refund(stack: Stack) -> None:
    before = await amounts(stack)
    started = await start_payment(stack, await create_checkout(stack))
    await confirm_card(stack, started)
    await transaction_in(stack, started.transaction_id, "succeeded")
    async with stack.admin() as api:
        refunded = await api.post(
            f"/api/v1/transactions/{started.transaction_id}/refunds",
            json={"amount": REFUNDED, "reason": "requested_by_customer"},
            headers={"Idempotency-Key": started.transaction_id},
        )
    assert refunded.is_success, refunded.text

    async def have_followed() -> bool:
        volume, refunds, succeeded = await amounts(stack)
        return volume >= before[0] + PAID and refunds >= before[1] + REFUNDED and succeeded > before[2]

    await eventually(have_followed)
