"""Balance transactions: what a charge, a refund or a dispute does to the account, with its fee."""

from typing import Final

from gateway_simulators.ids import new_id
from gateway_simulators.store import Json
from gateway_simulators.stripe.context import Call

# 1.5 % and 0.25 of the currency's minor hundred, near what a European card costs.
_FEE_PER_MILLE: Final = 15
_FEE_FIXED: Final = 25


def settle_charge(call: Call, charge: Json) -> Json:
    """The captured charge reaches the balance; its fee is known from now on."""
    amount = charge["amount_captured"]
    fee = min(amount, amount * _FEE_PER_MILLE // 1000 + _FEE_FIXED)
    entry = post(call, charge, charge["id"], "charge", amount, fee)
    charge = call.save("charge", {**charge, "balance_transaction": entry["id"]})
    call.emit("charge.updated", charge)
    return charge


def post(call: Call, charge: Json, source: str, kind: str, amount: int, fee: int = 0) -> Json:
    """A new balance transaction in the charge's currency; ``amount`` is negative for money that leaves."""
    details = [{"amount": fee, "currency": charge["currency"], "description": "Processing fee", "type": "stripe_fee"}]
    return call.save(
        "balance_transaction",
        {
            "id": "txn_3" + new_id("")[2:],
            "object": "balance_transaction",
            "amount": amount,
            "available_on": call.now,
            "created": call.now,
            "currency": charge["currency"],
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": details if fee else [],
            "livemode": charge["livemode"],
            "net": amount - fee,
            "reporting_category": kind,
            "source": source,
            "status": "available",
            "type": kind,
        },
    )
