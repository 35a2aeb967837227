"""Billing requests and their flows: the way to a mandate, to a payment at once, or to both."""

from typing import Final

from gateway_simulators.gocardless import money, people, schemes
from gateway_simulators.gocardless.context import Call, metadata_of, new_id
from gateway_simulators.gocardless.errors import invalid, wrong_state
from gateway_simulators.store import Json

OUTCOMES: Final = ("paid", "failed", "retried", "late_failure", "charged_back")
"""What the customer's bank will do with the payments of the mandate; chosen on the hosted page."""
OPEN: Final = ("pending", "ready_to_fulfil")
_LOCKS: Final = (
    "lock_bank_account",
    "lock_currency",
    "lock_customer_details",
    "show_redirect_buttons",
    "show_success_redirect_button",
    "skip_success_screen",
)
_LANGUAGES: Final = frozenset({"da", "de", "en", "es", "fr", "it", "nb", "nl", "pt", "sl", "sv"})


def create_request(call: Call, given: Json) -> Json:
    """``POST /billing_requests`` with a ``mandate_request``, a ``payment_request``, or both.

    Raises:
        ApiError: nothing asked for, or a currency or scheme that is not collected.
    """
    mandate, payment = _part(given, "mandate_request"), _part(given, "payment_request")
    if mandate is None and payment is None:
        raise invalid("mandate_request", "is required unless payment_request is given")
    mandate_request = _mandate_request(mandate) if mandate is not None else None
    payment_request = _payment_request(payment) if payment is not None else None
    if mandate_request and payment_request and mandate_request["currency"] != payment_request["currency"]:
        raise invalid("payment_request.currency", "must be the currency of the mandate_request")
    links = given.get("links") if isinstance(given.get("links"), dict) else {}
    named = (links or {}).get("customer")
    customer = call.find("customers", str(named)) if named else people.new_customer(call, {})
    request: Json = {
        "id": new_id("BRQ"),
        "created_at": call.world.text_now(),
        "status": "pending",
        "mandate_request": mandate_request,
        "payment_request": payment_request,
        "subscription_request": None,
        "instalment_schedule_request": None,
        "fallback_enabled": bool(given.get("fallback_enabled", False)),
        "fallback_occurred": False,
        "payment_context_code": given.get("payment_context_code"),
        "payment_purpose_code": given.get("payment_purpose_code"),
        "purpose_code": given.get("purpose_code"),
        "metadata": metadata_of(given),
        "links": {
            "customer": customer["id"],
            "customer_billing_detail": new_id("CBD"),
            "creditor": call.account,
            "organisation": "OR" + call.account[2:],
            **({"mandate_request": new_id("MRQ")} if mandate_request else {}),
            **({"payment_request": new_id("PRQ")} if payment_request else {}),
        },
        "_done": [],
    }
    saved = call.save("billing_requests", request)
    call.emit("billing_requests", "created", saved)
    return saved


def cancel_request(call: Call, identifier: str) -> Json:
    """``POST /billing_requests/{id}/actions/cancel``.

    Raises:
        ApiError: it is fulfilled or cancelled.
    """
    request = call.find("billing_requests", identifier)
    if request["status"] not in OPEN:
        raise wrong_state("billing_request_not_cancellable", f"Cannot cancel a {request['status']} billing request")
    request = call.save("billing_requests", request, status="cancelled")
    call.emit("billing_requests", "cancelled", request)
    return request


def create_flow(call: Call, given: Json) -> Json:
    """``POST /billing_request_flows``: the address of the hosted page.

    Raises:
        ApiError: no billing request that could be fulfilled, or an unknown language.
    """
    request = call.find("billing_requests", call.link(given, "billing_request"))
    if request["status"] not in OPEN:
        raise wrong_state("billing_request_not_fulfillable", f"The billing request is {request['status']}")
    language = given.get("language")
    if language is not None and (not isinstance(language, str) or language not in _LANGUAGES):
        raise invalid("language", "is not supported")
    flow_id = new_id("BRF")
    flow: Json = {
        "id": flow_id,
        "created_at": call.world.text_now(),
        "expires_at": call.world.text_at(7 * 86_400),
        "authorisation_url": f"{call.world.origin}/billing/static/flow?id={flow_id}",
        "session_token": None,
        "redirect_uri": given.get("redirect_uri"),
        "exit_uri": given.get("exit_uri"),
        "language": language or "en",
        "auto_fulfil": bool(given.get("auto_fulfil", True)),
        "customer_details_captured": bool(given.get("customer_details_captured", False)),
        **{name: bool(given.get(name, False)) for name in _LOCKS},
        "prefilled_customer": given.get("prefilled_customer"),
        "prefilled_bank_account": given.get("prefilled_bank_account"),
        "links": {"billing_request": request["id"]},
    }
    saved = call.save("billing_request_flows", flow)
    call.emit("billing_requests", "flow_created", request)
    return saved


def currency_of(request: Json) -> str:
    """Currency of the amount that the request collects."""
    return str((request["mandate_request"] or request["payment_request"])["currency"])


def _part(given: Json, name: str) -> Json | None:
    value = given.get(name)
    if value is not None and not isinstance(value, dict):
        raise invalid(name, "must be an object")
    return value


def _mandate_request(wanted: Json) -> Json:
    currency, scheme = schemes.mandate_scheme(wanted)
    verify = wanted.get("verify", "recommended")
    if verify not in ("minimum", "recommended", "when_available", "always"):
        raise invalid("mandate_request.verify", "is not supported")
    return {
        "authorisation_source": wanted.get("authorisation_source", "web"),
        "consent_type": wanted.get("consent_type"),
        "constraints": wanted.get("constraints"),
        "currency": currency,
        "description": money.description_of(wanted, "mandate_request.description"),
        "funds_settlement": wanted.get("funds_settlement", "managed"),
        "links": {},
        "metadata": metadata_of(wanted),
        "payer_requested_dual_signature": False,
        "scheme": scheme,
        "sweeping": bool(wanted.get("sweeping", False)),
        "verify": verify,
    }


def _payment_request(wanted: Json) -> Json:
    amount = money.amount_of(wanted, "payment_request.amount")
    currency, scheme = schemes.payment_scheme(wanted)
    return {
        "amount": amount,
        "app_fee": wanted.get("app_fee"),
        "currency": currency,
        "description": money.description_of(wanted, "payment_request.description"),
        "funds_settlement": wanted.get("funds_settlement", "managed"),
        "links": {},
        "metadata": metadata_of(wanted),
        "reference": money.reference_of(wanted),
        "retry_if_possible": bool(wanted.get("retry_if_possible", False)),
        "scheme": scheme,
    }
