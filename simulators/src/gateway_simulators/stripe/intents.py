"""Payment intents: creation, update, and what a browser may see of them."""

from typing import Final

from gateway_simulators.ids import new_id
from gateway_simulators.store import Json
from gateway_simulators.stripe import forms, intent_params
from gateway_simulators.stripe.context import Call
from gateway_simulators.stripe.currencies import checked_amount
from gateway_simulators.stripe.errors import unexpected_state
from gateway_simulators.stripe.events import public
from gateway_simulators.stripe.ids import client_secret_of

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
    """The intent as this caller may see it."""
    if call.caller.publishable:
        return {name: intent[name] for name in _SHOWN_TO_BROWSERS}
    return public(intent)


def create_intent(call: Call) -> Json:
    """A new intent, not yet confirmed.

    Raises:
        ApiError: a parameter is missing, unknown or out of range.
    """
    params = call.params
    forms.refuse_unknown(params, intent_params.CREATE)
    currency = intent_params.currency(params)
    amount = checked_amount(forms.required_integer(params, "amount"), currency)
    intent_id = "pi_3" + new_id("")[2:]
    intent: Json = {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": intent_params.automatic_methods(params),
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": intent_params.choice(params, "capture_method", ("automatic_async", "automatic", "manual")),
        "client_secret": client_secret_of(intent_id),
        "confirmation_method": intent_params.choice(params, "confirmation_method", ("automatic", "manual")),
        "created": call.now,
        "currency": currency,
        "customer_account": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": call.caller.livemode,
        "managed_payments": None,
        "metadata": forms.metadata(params),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": intent_params.method_types(params),
        "payment_record": None,
        "processing": None,
        "review": None,
        "source": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        **intent_params.descriptive(call),
        "_return_url": intent_params.return_url(params),
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
    forms.refuse_unknown(params, intent_params.UPDATE)
    settled = intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action")
    if settled and ({"amount", "currency"} & params.keys()):
        raise unexpected_state(
            f"This PaymentIntent's amount could not be updated because it has a status of {intent['status']}.",
            shown(call, intent),
        )
    changes: Json = {name: value for name, value in intent_params.descriptive(call).items() if name in params}
    changes["metadata"] = forms.metadata(params, intent["metadata"])
    if {"amount", "currency"} & params.keys():
        changes |= _new_amount(params, intent)
    return call.save("payment_intent", {**intent, **changes})


def _new_amount(params: forms.Params, intent: Json) -> Json:
    currency = intent_params.currency({"currency": params.get("currency", intent["currency"])})
    amount = forms.integer(params, "amount")
    return {"amount": checked_amount(intent["amount"] if amount is None else amount, currency), "currency": currency}
