"""Payment intents: creation, update, and what a browser may see of them."""

import re
from typing import Any, Final

from gateway_simulators.ids import new_id
from gateway_simulators.store import Json
from gateway_simulators.stripe import forms
from gateway_simulators.stripe.context import Call
from gateway_simulators.stripe.errors import ApiError, missing, unexpected_state
from gateway_simulators.stripe.events import public
from gateway_simulators.stripe.ids import client_secret_of

CREATE_PARAMS: Final = frozenset(
    {
        "amount",
        "automatic_payment_methods",
        "capture_method",
        "confirm",
        "confirmation_method",
        "currency",
        "customer",
        "description",
        "expand",
        "metadata",
        "off_session",
        "payment_method",
        "payment_method_data",
        "payment_method_options",
        "payment_method_types",
        "receipt_email",
        "return_url",
        "setup_future_usage",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    }
)
UPDATE_PARAMS: Final = frozenset({"amount", "currency", "description", "expand", "metadata", "receipt_email"})

# The smallest charge in minor units; currencies that are not listed have no floor here.
_AMOUNT_MIN: Final = {"usd": 50, "eur": 50, "gbp": 30, "chf": 50, "cad": 50, "aud": 50, "jpy": 50, "sek": 300}
_AMOUNT_MAX: Final = 99_999_999
_SHOWN_TO_BROWSERS: Final = (
    "id",
    "object",
    "amount",
    "amount_details",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_types",
    "processing",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "status",
)


def shown(call: Call, intent: Json) -> Json:
    """The intent as this caller may see it, with ``expand[]=latest_charge`` obeyed."""
    if call.caller.publishable:
        return {name: intent[name] for name in _SHOWN_TO_BROWSERS}
    view = public(intent)
    wanted = call.params.get("expand") or []
    if view["latest_charge"] and any(path in ("latest_charge", "data.latest_charge") for path in wanted):
        view["latest_charge"] = public(call.find("charge", view["latest_charge"]))
    return view


def create_intent(call: Call) -> Json:
    """A new intent, not yet confirmed.

    Raises:
        ApiError: a parameter is missing, unknown or out of range.
    """
    params = call.params
    forms.refuse_unknown(params, CREATE_PARAMS)
    currency = _currency(params)
    amount = _amount(forms.required_integer(params, "amount"), currency)
    intent_id = "pi_3" + new_id("")[2:]
    intent: Json = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": _automatic(params),
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": _choice(params, "capture_method", ("automatic_async", "automatic", "manual")),
        "client_secret": client_secret_of(intent_id),
        "confirmation_method": _choice(params, "confirmation_method", ("automatic", "manual")),
        "created": call.now,
        "currency": currency,
        "customer": forms.text(params, "customer"),
        "description": forms.text(params, "description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": call.caller.livemode,
        "metadata": forms.metadata(params),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {"installments": None, "network": None, "request_three_d_secure": "automatic"}
        },
        "payment_method_types": _types(params),
        "processing": None,
        "receipt_email": forms.text(params, "receipt_email"),
        "review": None,
        "setup_future_usage": forms.text(params, "setup_future_usage"),
        "shipping": params.get("shipping") or None,
        "source": None,
        "statement_descriptor": forms.text(params, "statement_descriptor"),
        "statement_descriptor_suffix": forms.text(params, "statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": forms.text(params, "transfer_group"),
    }
    saved = call.save("payment_intent", intent)
    call.emit("payment_intent.created", saved)
    return saved


def update_intent(call: Call, intent: Json) -> Json:
    """Changes amount, currency, description, receipt address or metadata while nothing is paid.

    Raises:
        ApiError: a parameter is wrong, or the status no longer allows new amounts.
    """
    params = call.params
    forms.refuse_unknown(params, UPDATE_PARAMS)
    settled = intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action")
    if settled and ({"amount", "currency"} & params.keys()):
        raise unexpected_state(
            f"This PaymentIntent's amount could not be updated because it has a status of {intent['status']}.",
            shown(call, intent),
        )
    currency = _currency({"currency": params.get("currency", intent["currency"])})
    amount = forms.integer(params, "amount")
    changes: dict[str, Any] = {"currency": currency, "metadata": forms.metadata(params, intent["metadata"])}
    changes["amount"] = intent["amount"] if amount is None else _amount(amount, currency)
    for name in ("description", "receipt_email"):
        if name in params:
            changes[name] = forms.text(params, name)
    return call.save("payment_intent", {**intent, **changes})


def _currency(params: forms.Params) -> str:
    currency = forms.text(params, "currency")
    if currency is None:
        raise missing("currency")
    if not re.fullmatch(r"[A-Za-z]{3}", currency):
        raise ApiError(400, f"Invalid currency: {currency}", param="currency")
    return currency.lower()


def _amount(amount: int, currency: str) -> int:
    if amount < 1:
        raise ApiError(
            400, "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount < _AMOUNT_MIN.get(currency, 1):
        least = _AMOUNT_MIN[currency]
        raise ApiError(
            400,
            f"The amount is below the minimum of {least} {currency} (in minor units).",
            code="amount_too_small",
            param="amount",
        )
    if amount > _AMOUNT_MAX:
        raise ApiError(400, f"The amount must be no more than {_AMOUNT_MAX}.", code="amount_too_large", param="amount")
    return amount


def _choice(params: forms.Params, name: str, allowed: tuple[str, ...]) -> str:
    value = forms.text(params, name) or allowed[0]
    if value not in allowed:
        raise ApiError(400, f"Invalid {name}: must be one of {', '.join(allowed)}", param=name)
    return value


def _automatic(params: forms.Params) -> Json | None:
    given = params.get("automatic_payment_methods")
    if given is None and params.get("payment_method_types"):
        return None
    given = given if isinstance(given, dict) else {}
    if not forms.boolean(given, "enabled", default=True):
        return None
    return {"allow_redirects": given.get("allow_redirects", "always"), "enabled": True}


def _types(params: forms.Params) -> list[str]:
    types = params.get("payment_method_types") or ["card"]
    if not isinstance(types, list) or "card" not in types:
        raise ApiError(400, "The only payment method type here is card.", param="payment_method_types")
    return ["card"]
