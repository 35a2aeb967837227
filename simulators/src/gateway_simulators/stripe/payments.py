"""How an intent is paid: confirmation, the 3-D Secure challenge, capture and cancellation."""

from typing import Final
from urllib.parse import quote

from gateway_simulators.ids import random_text
from gateway_simulators.store import Json
from gateway_simulators.stripe import forms, intent_params
from gateway_simulators.stripe.balance import settle_charge
from gateway_simulators.stripe.cards import Decline
from gateway_simulators.stripe.charges import new_charge
from gateway_simulators.stripe.context import Call
from gateway_simulators.stripe.errors import ApiError, unexpected_state
from gateway_simulators.stripe.events import public
from gateway_simulators.stripe.intents import shown
from gateway_simulators.stripe.methods import card_of, named_method, resolve_method

CONFIRMABLE: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE: Final = (*CONFIRMABLE, "requires_capture", "processing")
REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")

_AUTHENTICATION_FAILED: Final = Decline(
    "payment_intent_authentication_failure",
    "",
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
)


_AUTHENTICATION_REQUIRED: Final = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)


def confirm_intent(call: Call, intent: Json) -> Json:
    """Attempts the payment with the method that the call brings (or the intent has).

    Raises:
        ApiError: wrong state, no method, bad card details, or the bank declines (402, after everything is recorded).
    """
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            shown(call, intent),
        )
    method = resolve_method(call)
    if method is None and intent["payment_method"]:
        method = named_method(call, intent["payment_method"])
    if method is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method.", shown(call, intent)
        )
    intent = {**intent, "status": "requires_confirmation", "payment_method": method["id"], "last_payment_error": None}
    if card_of(method).challenge and _wants_no_challenge(call):
        raise _declined(call, intent, method, _AUTHENTICATION_REQUIRED)
    if card_of(method).challenge:
        return _challenge(call, intent)
    return settle(call, intent, method)


def _wants_no_challenge(call: Call) -> bool:
    """The customer is absent, or the caller prefers a refusal to a challenge."""
    return any(forms.boolean(call.params, name) for name in ("error_on_requires_action", "off_session"))


def settle(call: Call, intent: Json, method: Json) -> Json:
    """The bank's decision.

    Raises:
        ApiError: it declines (402, after everything is recorded).
    """
    decline = card_of(method).decline
    if decline is not None:
        raise _declined(call, intent, method, decline)
    intent = _with_wrong_amount(call, intent)
    captured = intent["capture_method"] != "manual"
    charge = call.save("charge", new_charge(call, intent, method, captured=captured))
    intent = {**intent, "latest_charge": charge["id"], "next_action": None}
    if captured:
        intent = call.save("payment_intent", {**intent, "status": "succeeded", "amount_received": intent["amount"]})
        call.emit("charge.succeeded", charge)
        call.emit("payment_intent.succeeded", intent)
        settle_charge(call, charge)
    else:
        intent = call.save(
            "payment_intent", {**intent, "status": "requires_capture", "amount_capturable": intent["amount"]}
        )
        call.emit("charge.succeeded", charge)
        call.emit("payment_intent.amount_capturable_updated", intent)
    return intent


def finish_challenge(call: Call, intent: Json, *, passed: bool) -> Json:
    """The customer completed or failed 3-D Secure; a decline afterwards is no error here.

    Raises:
        ApiError: no challenge is open.
    """
    if intent["status"] != "requires_action":
        raise unexpected_state(
            f"There is no challenge to answer: the status is {intent['status']}.", shown(call, intent)
        )
    method = call.find("payment_method", intent["payment_method"])
    if not passed:
        return _failed(call, intent, method, _AUTHENTICATION_FAILED, charge=None)
    try:
        return settle(call, intent, method)
    except ApiError:
        return call.find("payment_intent", intent["id"])


def capture_intent(call: Call, intent: Json) -> Json:
    """Takes authorized money, all of it or ``amount_to_capture``; the rest is released.

    Raises:
        ApiError: nothing is authorized, or more is asked for than is.
    """
    forms.refuse_unknown(call.params, intent_params.CAPTURE)
    if intent["status"] != "requires_capture":
        raise unexpected_state(
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}.",
            shown(call, intent),
        )
    amount = forms.integer(call.params, "amount_to_capture") or intent["amount_capturable"]
    if not 1 <= amount <= intent["amount_capturable"]:
        raise ApiError(
            400,
            "The amount to capture is more than what is authorized.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    charge = call.find("charge", intent["latest_charge"])
    charge = call.save("charge", {**charge, "captured": True, "amount_captured": amount})
    changes: Json = {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    changes["metadata"] = forms.metadata(call.params, intent["metadata"])
    intent = call.save("payment_intent", {**intent, **changes})
    call.emit("charge.captured", charge)
    call.emit("payment_intent.succeeded", intent)
    settle_charge(call, charge)
    return intent


def cancel_intent(call: Call, intent: Json) -> Json:
    """Ends the intent; authorized money is released.

    Raises:
        ApiError: it succeeded or was canceled already, or the reason is unknown.
    """
    forms.refuse_unknown(call.params, intent_params.CANCEL)
    if intent["status"] not in CANCELABLE:
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a "
            f"PaymentIntent with one of the following statuses may be canceled: {', '.join(CANCELABLE)}.",
            shown(call, intent),
        )
    reason = forms.text(call.params, "cancellation_reason")
    if reason is not None and reason not in REASONS:
        raise ApiError(
            400, f"Invalid cancellation_reason: must be one of {', '.join(REASONS)}", param="cancellation_reason"
        )
    changes = {"status": "canceled", "canceled_at": call.now, "cancellation_reason": reason}
    intent = call.save("payment_intent", {**intent, **changes, "next_action": None, "amount_capturable": 0})
    call.emit("payment_intent.canceled", intent)
    return intent


def _challenge(call: Call, intent: Json) -> Json:
    """Sends the customer to the bank's page, which the simulator serves."""
    token = random_text(32)
    return_url = intent_params.return_url(call.params) or intent.get("_return_url")
    page = f"{call.world.origin}/v3/challenge/{quote(intent['id'])}?token={token}"
    action: Json
    if return_url:
        action = {"type": "redirect_to_url", "redirect_to_url": {"url": page, "return_url": return_url}}
    else:
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page}}
    changes = {"status": "requires_action", "next_action": action, "_challenge": token, "_return_url": return_url}
    intent = call.save("payment_intent", {**intent, **changes})
    call.emit("payment_intent.requires_action", intent)
    return intent


def _declined(call: Call, intent: Json, method: Json, decline: Decline) -> ApiError:
    charge = call.save("charge", new_charge(call, intent, method, captured=False, decline=decline))
    call.emit("charge.failed", charge)
    intent = _failed(call, intent, method, decline, charge=charge["id"])
    error = intent["last_payment_error"]
    return ApiError(
        402,
        decline.message,
        kind="card_error",
        code=decline.code,
        saved=True,
        charge=charge["id"],
        decline_code=decline.decline_code,
        network_decline_code=error.get("network_decline_code"),
        payment_intent=shown(call, intent),
        payment_method=public(method),
    )


def _failed(call: Call, intent: Json, method: Json, decline: Decline, *, charge: str | None) -> Json:
    error: Json = {
        "type": "card_error" if charge else "invalid_request_error",
        "code": decline.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "payment_method": public(method),
    }
    if charge:
        error.update(charge=charge, decline_code=decline.decline_code)
    changes = {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    intent = {**intent, **changes, "last_payment_error": error, "latest_charge": charge or intent["latest_charge"]}
    intent = call.save("payment_intent", intent)
    call.emit("payment_intent.payment_failed", intent)
    return intent


def _with_wrong_amount(call: Call, intent: Json) -> Json:
    """A scripted rule may let the bank take another amount or currency than was asked for."""
    facts = {"account": call.caller.account, "payment_intent": intent["id"]}
    rule = call.world.rules.take(frozenset({"amount"}), facts)
    if rule is None:
        return intent
    return {**intent, "amount": rule["amount"], "currency": rule["currency"] or intent["currency"]}
