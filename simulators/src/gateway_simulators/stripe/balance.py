"""Balance transactions: what a charge, a refund or a dispute does to the account, with its fee."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
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
    entry = post(call, charge, charge["id"], "charge", amount, fee=_fee_of)
    charge = call.save("charge", {**charge, "balance_transaction": entry["id"]})
    call.emit("charge.updated", charge)
    return charge


def _fee_of(amount: int) -> int:
    return min(amount, amount * _FEE_PER_MILLE // 1000 + _FEE_FIXED)


def post(
    call: Call,
    charge: Json,
    source: str,
    kind: str,
    amount: int,
    *,
    fee: Callable[[int], int] = lambda amount: 0,
    category: str | None = None,
    description: str | None = None,
) -> Json:
    """A new balance transaction, in the currency of the account; ``amount`` is negative for money that leaves and in
    the charge's currency, ``fee`` follows from what it became."""
    currency, rate = charge["currency"], None
    settlement = call.world.rules.settlement(call.caller.account, currency)
    if settlement is not None:
        code, rate = settlement
        currency, amount = code.lower(), int((amount * rate).quantize(Decimal(1), ROUND_HALF_UP))
    taken = fee(amount)
    fee_detail = {"amount": taken, "application": None, "currency": currency, "type": "stripe_fee"}
    details = [{**fee_detail, "description": "Stripe processing fees"}]
    return call.save(
        "balance_transaction",
        {
            "id": "txn_3" + new_id("")[2:],
            "object": "balance_transaction",
            "amount": amount,
            "available_on": call.now,
            "balance_type": "payments",
            "created": call.now,
            "currency": currency,
            "description": description,
            "exchange_rate": float(rate) if rate is not None else None,
            "fee": taken,
            "fee_details": details if taken else [],
            "_livemode": charge["livemode"],
            "net": amount - taken,
            "reporting_category": category or kind,
            "source": source,
            "status": "available",
            "type": kind,
        },
    )


def balance_of(call: Call) -> Json:
    """``GET /v1/balance``: what was settled in each currency; nothing is paid out."""
    totals: dict[str, int] = {}
    for entry in call.mine("balance_transaction"):
        totals[entry["currency"]] = totals.get(entry["currency"], 0) + entry["net"]
    amounts = [{"amount": net, "currency": code, "source_types": {"card": net}} for code, net in sorted(totals.items())]
    nothing = {"amount": 0, "currency": "eur", "source_types": {"card": 0}}
    return {
        "object": "balance",
        "available": amounts or [nothing],
        "livemode": call.caller.livemode,
        "pending": [nothing],
    }
