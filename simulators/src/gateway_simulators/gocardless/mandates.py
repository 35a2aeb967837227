"""Fulfilment: the mandate and the payment that a billing request asked for come into being."""

from gateway_simulators.gocardless import payments, people, schemes
from gateway_simulators.gocardless.context import Call, metadata_of, new_id
from gateway_simulators.gocardless.errors import invalid, wrong_state
from gateway_simulators.gocardless.requests import OPEN, currency_of
from gateway_simulators.store import Json


def fulfil(call: Call, identifier: str, outcome: str = "paid") -> Json:
    """The customer authorises; what was not entered before is filled in.

    Raises:
        ApiError: it is fulfilled or cancelled.
    """
    request = call.find("billing_requests", identifier)
    if request["status"] not in OPEN:
        raise wrong_state("billing_request_not_fulfillable", f"The billing request is {request['status']}")
    currency = currency_of(request)
    customer = people.fill_in(call, call.find("customers", request["links"]["customer"]), currency)
    links = dict(request["links"])
    if "customer_bank_account" not in links:
        links["customer_bank_account"] = people.new_bank_account(call, customer, currency, {})["id"]
    changes: Json = {"status": "fulfilled"}
    mandate = None
    if request["mandate_request"]:
        mandate = _mandate(call, request, links, outcome)
        links["mandate_request_mandate"] = mandate["id"]
        changes["mandate_request"] = {**request["mandate_request"], "links": {"mandate": mandate["id"]}}
    if request["payment_request"]:
        payment = payments.pay_at_once(call, request["payment_request"], mandate, outcome)
        links["payment_request_payment"] = payment["id"]
        changes["payment_request"] = {**request["payment_request"], "links": {"payment": payment["id"]}}
    request = call.save("billing_requests", request, links=links, **changes)
    call.emit("billing_requests", "fulfilled", request)
    return request


def create_mandate(call: Call, given: Json) -> Json:
    """``POST /mandates`` on a customer's bank account.

    Raises:
        ApiError: no bank account that could be debited, or another scheme than its currency's.
    """
    account = call.find("customer_bank_accounts", call.link(given, "customer_bank_account"))
    if not account["enabled"]:
        raise wrong_state("bank_account_disabled", "The bank account is disabled")
    _, scheme = schemes.mandate_scheme({"currency": account["currency"], "scheme": given.get("scheme")})
    if given.get("scheme") not in (None, scheme):
        raise invalid("scheme", f"does not collect {account['currency']}")
    links = {"customer": account["links"]["customer"], "customer_bank_account": account["id"]}
    mandate = call.save("mandates", _new(call, scheme, links, metadata_of(given), given.get("reference"), "paid"))
    call.emit("mandates", "created", mandate)
    return mandate


def cancel_mandate(call: Call, identifier: str) -> Json:
    """``POST /mandates/{id}/actions/cancel``; payments that were not submitted go with it.

    Raises:
        ApiError: it is not active.
    """
    mandate = call.find("mandates", identifier)
    if mandate["status"] not in payments.USABLE:
        raise wrong_state("cancellation_failed", f"Cannot cancel a {mandate['status']} mandate")
    return move(call, mandate, "cancelled", "cancelled")


def reinstate_mandate(call: Call, identifier: str) -> Json:
    """``POST /mandates/{id}/actions/reinstate``.

    Raises:
        ApiError: it was not cancelled, and did not expire.
    """
    mandate = call.find("mandates", identifier)
    if mandate["status"] not in ("cancelled", "expired", "failed"):
        raise wrong_state("mandate_not_inactive", f"Cannot reinstate a {mandate['status']} mandate")
    return move(call, mandate, "pending_submission", "reinstated")


def move(call: Call, mandate: Json, status: str, action: str) -> Json:
    """Another status, with its event."""
    possible = mandate["next_possible_charge_date"] if status in payments.USABLE else None
    mandate = call.save("mandates", mandate, status=status, next_possible_charge_date=possible)
    call.emit("mandates", action, mandate)
    return mandate


def _mandate(call: Call, request: Json, links: Json, outcome: str) -> Json:
    wanted = request["mandate_request"]
    kept = {"customer": links["customer"], "customer_bank_account": links["customer_bank_account"]}
    mandate = _new(call, wanted["scheme"], kept, wanted["metadata"], None, outcome)
    mandate |= {"authorisation_source": wanted["authorisation_source"], "consent_type": wanted["consent_type"]}
    mandate = call.save("mandates", mandate)
    call.emit("mandates", "created", mandate)
    return mandate


def _new(call: Call, scheme: str, links: Json, metadata: Json, reference: object, outcome: str) -> Json:
    possible = schemes.first_charge_date(call.world.now(), call.world.day_s).isoformat()
    return {
        "id": new_id("MD"),
        "created_at": call.world.text_now(),
        "status": "pending_submission",
        "scheme": scheme,
        "reference": reference or new_id("REF")[:12],
        "authorisation_source": "web",
        "consent_parameters": None,
        "consent_type": None,
        "funds_settlement": "managed",
        "mandate_type": None,
        "metadata": metadata,
        "next_possible_charge_date": possible,
        "next_possible_standard_ach_charge_date": possible if scheme == "ach" else None,
        "payments_require_approval": False,
        "verified_at": None,
        "links": {**links, "creditor": call.account},
        "_outcome": outcome,
    }
