"""Payouts: what was collected reaches the creditor's own account, less the fees."""

from typing import Final

from gateway_simulators.gocardless import money
from gateway_simulators.gocardless.context import Call, new_id, public
from gateway_simulators.gocardless.errors import invalid
from gateway_simulators.store import Json

# 1 % and 20 minor units, near what a European payment costs.
_FEE_PERCENT: Final = 1
_FEE_FIXED: Final = 20


def pay_out(call: Call, payment: Json) -> Json:
    """A payout of this payment alone; the payment with the link to it."""
    fee = min(payment["amount"], payment["amount"] * _FEE_PERCENT // 100 + _FEE_FIXED)
    currency = payment["currency"]
    payout = call.save(
        "payouts",
        {
            "id": new_id("PO"),
            "created_at": call.world.text_now(),
            "amount": payment["amount"] - fee,
            "arrival_date": call.world.text_now()[:10],
            "currency": currency,
            "deducted_fees": fee,
            "fx": money.no_conversion(currency),
            "payout_type": "merchant",
            "reference": new_id("REF")[:12],
            "status": "paid",
            "tax_currency": None,
            "metadata": {},
            "links": {"creditor": call.account, "creditor_bank_account": f"BA{call.account[2:10]}"},
            "_payment": payment["id"],
        },
    )
    call.emit("payouts", "paid", payout)
    return call.save("payments", payment, links={**payment["links"], "payout": payout["id"]})


def items(call: Call) -> list[Json]:
    """``GET /payout_items?payout=``: what a payout is made of.

    Raises:
        ApiError: no payout is named, or none of this account.
    """
    identifier = call.query.get("payout")
    if not identifier:
        raise invalid("payout", "is required")
    payout = call.find("payouts", identifier)
    links = {"payment": payout["_payment"]}
    paid = payout["amount"] + payout["deducted_fees"]
    found = [
        {"type": "payment_paid_out", "amount": f"{paid}.0", "taxes": [], "links": links},
        {"type": "gocardless_fee", "amount": f"-{payout['deducted_fees']}.0", "taxes": [], "links": links},
    ]
    return [public(item) for item in found]
