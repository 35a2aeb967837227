"""Billing requests and their flows: the way to a mandate."""

from typing import Final

from gateway_simulators.gocardless.context import Call, metadata_of, new_id
from gateway_simulators.gocardless.errors import invalid, wrong_state
from gateway_simulators.store import Json

SCHEMES: Final = {
    "AUD": "becs",
    "CAD": "pad",
    "DKK": "betalingsservice",
    "EUR": "sepa_core",
    "GBP": "bacs",
    "NZD": "becs_nz",
    "SEK": "autogiro",
    "USD": "ach",
}
OUTCOMES: Final = ("paid", "failed", "retried", "late_failure", "charged_back")
"""What the customer's bank will do with the payments of the mandate; chosen on the hosted page."""


def create_request(call: Call, given: Json) -> Json:
    """``POST /billing_requests`` with a ``mandate_request``.

    Raises:
        ApiError: nothing asked for, or a currency that is not collected.
    """
    wanted = given.get("mandate_request")
    if not isinstance(wanted, dict):
        raise invalid("mandate_request", "is required")
    currency = wanted.get("currency")
    if currency not in SCHEMES:
        raise invalid("currency", "is not supported")
    mandate_request = {
        "currency": currency,
        "scheme": wanted.get("scheme") or SCHEMES[currency],
        "description": wanted.get("description"),
        "metadata": metadata_of(wanted),
        "verify": "recommended",
        "links": {},
    }
    request: Json = {
        "id": new_id("BRQ"),
        "created_at": call.world.text_now(),
        "status": "pending",
        "mandate_request": mandate_request,
        "payment_request": None,
        "metadata": metadata_of(given),
        "links": {"customer": new_id("CU"), "creditor": call.account},
        "actions": [],
        "resources": {},
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
    if request["status"] not in ("pending", "ready_to_fulfil"):
        raise wrong_state("billing_request_not_cancellable", f"Cannot cancel a {request['status']} billing request")
    request = call.save("billing_requests", request, status="cancelled")
    call.emit("billing_requests", "cancelled", request)
    return request


def create_flow(call: Call, given: Json) -> Json:
    """``POST /billing_request_flows``: the address of the hosted page.

    Raises:
        ApiError: no billing request that could be fulfilled.
    """
    identifier = (given.get("links") or {}).get("billing_request")
    if not isinstance(identifier, str):
        raise invalid("links.billing_request", "is required")
    request = call.find("billing_requests", identifier)
    if request["status"] not in ("pending", "ready_to_fulfil"):
        raise wrong_state("billing_request_not_fulfillable", f"The billing request is {request['status']}")
    flow_id = new_id("BRF")
    flow: Json = {
        "id": flow_id,
        "created_at": call.world.text_now(),
        "authorisation_url": f"{call.world.origin}/billing/static/flow?id={flow_id}",
        "redirect_uri": given.get("redirect_uri"),
        "exit_uri": given.get("exit_uri"),
        "lock_currency": bool(given.get("lock_currency", False)),
        "links": {"billing_request": identifier},
    }
    saved = call.save("billing_request_flows", flow)
    call.emit("billing_requests", "flow_created", request)
    return saved


def fulfil(call: Call, identifier: str, outcome: str = "paid") -> Json:
    """The customer authorises: the mandate comes into being.

    Raises:
        ApiError: it is fulfilled or cancelled.
    """
    request = call.find("billing_requests", identifier)
    if request["status"] not in ("pending", "ready_to_fulfil"):
        raise wrong_state("billing_request_not_fulfillable", f"The billing request is {request['status']}")
    wanted = request["mandate_request"]
    mandate: Json = {
        "id": new_id("MD"),
        "created_at": call.world.text_now(),
        "status": "pending_submission",
        "scheme": wanted["scheme"],
        "reference": new_id("REF")[:12],
        "metadata": wanted["metadata"],
        "payments_require_approval": False,
        "links": {"customer": request["links"]["customer"], "creditor": call.account},
        "_outcome": outcome,
    }
    mandate = call.save("mandates", mandate)
    links = {**request["links"], "mandate_request_mandate": mandate["id"]}
    wanted = {**wanted, "links": {"mandate": mandate["id"]}}
    request = call.save("billing_requests", request, status="fulfilled", links=links, mandate_request=wanted)
    call.emit("mandates", "created", mandate)
    call.emit("billing_requests", "fulfilled", request)
    return request


def cancel_mandate(call: Call, identifier: str) -> Json:
    """``POST /mandates/{id}/actions/cancel``; payments that were not submitted go with it.

    Raises:
        ApiError: it is not active.
    """
    mandate = call.find("mandates", identifier)
    if mandate["status"] not in ("pending_submission", "submitted", "active"):
        raise wrong_state("cancellation_failed", f"Cannot cancel a {mandate['status']} mandate")
    mandate = call.save("mandates", mandate, status="cancelled")
    call.emit("mandates", "cancelled", mandate)
    return mandate
