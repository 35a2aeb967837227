"""Payments: made by the API, paid on the hosted page."""

from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from gateway_simulators.ids import new_id, random_text
from gateway_simulators.mollie import money
from gateway_simulators.mollie.context import Call, moment, public
from gateway_simulators.mollie.errors import ApiError, unprocessable
from gateway_simulators.store import Json

OUTCOMES: Final = ("paid", "failed", "canceled", "expired", "pending", "authorized")
OPEN: Final = frozenset({"open", "pending"})
_MOMENTS: Final = {name: f"{name}At" for name in ("paid", "failed", "canceled", "expired", "authorized")}
_EXPIRES_S: Final = 3600.0
_DESCRIPTION_MAX: Final = 255
_METADATA_BYTES_MAX: Final = 1024


def create_payment(call: Call) -> Json:
    """A new payment that waits for its customer.

    Raises:
        ApiError: a field is missing or wrong.
    """
    params = call.params
    description = params.get("description")
    if not isinstance(description, str) or not 1 <= len(description) <= _DESCRIPTION_MAX:
        raise unprocessable("The description is required", "description")
    if len(str(params.get("metadata", ""))) > _METADATA_BYTES_MAX:
        raise unprocessable("The metadata is too long", "metadata")
    amount = money.checked(params.get("amount"))
    payment: Json = {
        "resource": "payment",
        "id": new_id("tr", 22),
        "mode": call.caller.mode,
        "createdAt": call.now,
        "amount": amount,
        "description": description,
        "method": None,
        "metadata": params.get("metadata"),
        "status": "open",
        "expiresAt": moment(call.world.now() + _EXPIRES_S),
        "profileId": call.caller.account,
        "sequenceType": "oneoff",
        "redirectUrl": _url(params, "redirectUrl", required=True),
        "cancelUrl": _url(params, "cancelUrl"),
        "webhookUrl": _url(params, "webhookUrl"),
        "_token": random_text(24),
    }
    payment = call.save("payment", payment)
    call.world.timers.add("expire", call.world.now() + _EXPIRES_S, {"payment": payment["id"]})
    return payment


def shown(call: Call, payment: Json) -> Json:
    """The payment as the API answers it, with what hangs on it and the embeds that were asked for."""
    refunds = _of(call, "refund", payment)
    chargebacks = _of(call, "chargeback", payment)
    currency = payment["amount"]["currency"]
    view = public(payment)
    view["isCancelable"] = _is_cancelable(payment)
    if payment["status"] == "paid":
        refunded = _sum([entry for entry in refunds if entry["status"] not in ("failed", "canceled")])
        charged_back = _sum([entry for entry in chargebacks if not entry["reversedAt"]])
        view["amountRefunded"] = money.amount(currency, refunded)
        view["amountRemaining"] = money.amount(currency, money.value_of(payment["amount"]) - refunded)
        if chargebacks:
            view["amountChargedBack"] = money.amount(currency, charged_back)
    base = f"{call.world.origin}/v2/payments/{payment['id']}"
    links: Json = {"self": _link(base)}
    if payment["status"] in OPEN:
        page = f"{call.world.origin}/checkout/{payment['id']}?token={payment['_token']}"
        links["checkout"] = {"href": page, "type": "text/html"}
    if refunds:
        links["refunds"] = _link(f"{base}/refunds")
    if chargebacks:
        links["chargebacks"] = _link(f"{base}/chargebacks")
    view["_links"] = links
    embeds = {"refunds": refunds, "chargebacks": chargebacks}
    wanted = [name for name in call.query.get("embed", "").split(",") if name in embeds]
    if wanted:
        view["_embedded"] = {name: [public(entry) for entry in embeds[name]] for name in wanted}
    return view


def refundable(call: Call, payment: Json) -> Decimal:
    """What can still be given back."""
    refunds = [entry for entry in _of(call, "refund", payment) if entry["status"] not in ("failed", "canceled")]
    return money.value_of(payment["amount"]) - _sum(refunds)


def finish(call: Call, payment: Json, status: str, *, method: str | None = None, reason: str | None = None) -> Json:
    """The customer or the bank decides.

    Raises:
        ApiError: the payment has ended already, or there is no such outcome.
    """
    if status not in OUTCOMES:
        raise unprocessable(f"status is one of {', '.join(OUTCOMES)}", "status")
    if payment["status"] not in (*OPEN, "authorized") or payment["status"] == status:
        raise unprocessable(f"The payment is {payment['status']} already")
    method = method or payment["method"] or ("klarna" if status == "authorized" else "creditcard")
    changes: Json = {"status": status, "method": method}
    if status in _MOMENTS:
        changes[_MOMENTS[status]] = call.now
    if status == "failed":
        code = reason or "refused_by_issuer"
        changes["details"] = {"failureReason": code}
        changes["statusReason"] = {"code": code, "message": "The payment was declined."}
    if status == "paid":
        changes |= _wrong_amount(call, payment)
        paid: Json = {**payment, **changes}
        changes["settlementAmount"] = money.settled(call.world.rules, call.caller.account, paid["amount"])
    payment = call.save("payment", {**payment, **changes})
    call.emit(f"payment.{status}", payment["id"], payment)
    return payment


def cancel_payment(call: Call, payment: Json) -> Json:
    """Ends a payment that nobody has begun to pay, or releases an authorization.

    Raises:
        ApiError: it cannot be canceled any more.
    """
    if not _is_cancelable(payment):
        raise unprocessable("The payment cannot be canceled")
    return finish(call, payment, "canceled")


def capture_payment(call: Call, payment: Json) -> Json:
    """Takes authorized money.

    Raises:
        ApiError: nothing is authorized.
    """
    if payment["status"] != "authorized":
        raise unprocessable("The payment is not authorized")
    amount = money.checked(call.params["amount"]) if "amount" in call.params else payment["amount"]
    finish(call, payment, "paid")
    capture = {
        "resource": "capture",
        "id": new_id("cpt", 22),
        "mode": payment["mode"],
        "amount": amount,
        "status": "succeeded",
        "paymentId": payment["id"],
        "createdAt": call.now,
    }
    return public(call.save("capture", capture))


def _is_cancelable(payment: Json) -> bool:
    return payment["status"] == "authorized" or (payment["status"] == "open" and payment["method"] is None)


def _of(call: Call, kind: str, payment: Json) -> list[Json]:
    return [entry for entry in call.mine(kind) if entry["paymentId"] == payment["id"]]


def _sum(entries: list[Json]) -> Decimal:
    return sum((money.value_of(entry["amount"]) for entry in entries), Decimal(0))


def _link(href: str) -> Json:
    return {"href": href, "type": "application/hal+json"}


def _url(params: Json, name: str, *, required: bool = False) -> str | None:
    url = params.get(name)
    if url is None and not required:
        return None
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ApiError(422, f"The {name} is invalid", field=name)
    return str(url)


def _wrong_amount(call: Call, payment: Json) -> Json:
    """A scripted rule may let the customer pay another amount or currency than was asked for."""
    facts = {"account": call.caller.account, "payment": payment["id"]}
    rule = call.world.rules.take(frozenset({"amount"}), facts)
    if rule is None:
        return {}
    return {"amount": money.minor(rule["currency"] or payment["amount"]["currency"], rule["amount"])}
