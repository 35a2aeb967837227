"""The actions of a billing request that a merchant's own pages call, one after the other."""

from collections.abc import Callable
from typing import Final

from gateway_simulators.gocardless import mandates, people
from gateway_simulators.gocardless.context import Call, public
from gateway_simulators.gocardless.errors import ApiError, wrong_state
from gateway_simulators.gocardless.requests import OPEN, currency_of
from gateway_simulators.store import Json

_EVENTS: Final = {"confirm_payer_details": "payer_details_confirmed"}
REQUIRED: Final = ("collect_customer_details", "collect_bank_account", "confirm_payer_details")


def shown(call: Call, request: Json) -> Json:
    """The billing request with its actions and with what they collected."""
    links = request["links"]
    customer = call.find("customers", links["customer"])
    account = call.find("customer_bank_accounts", links["customer_bank_account"]) if _has_account(request) else None
    billing = {name: customer[name] for name in ("address_line1", "city", "country_code", "postal_code", "region")}
    resources = {
        "customer": public(customer),
        "customer_bank_account": public(account) if account else None,
        "customer_billing_detail": {
            "id": links["customer_billing_detail"],
            "created_at": request["created_at"],
            **billing,
            "schemes": [],
        },
    }
    return {**public(request), "actions": _actions(request), "resources": resources}


def perform(call: Call, identifier: str, name: str) -> Json:
    """One action.

    Raises:
        ApiError: no such action, or the request has ended.
    """
    action = _ACTIONS.get(name)
    if action is None:
        raise ApiError(404, f"Resource not found: {name}", reason="resource_not_found")
    request = call.find("billing_requests", identifier)
    if request["status"] not in OPEN:
        raise wrong_state("billing_request_not_fulfillable", f"The billing request is {request['status']}")
    given = call.body.get("data")
    return action(call, request, given if isinstance(given, dict) else {})


def _collect_customer(call: Call, request: Json, given: Json) -> Json:
    customer = call.find("customers", request["links"]["customer"])
    for part in ("customer", "customer_billing_detail"):
        if isinstance(given.get(part), dict):
            customer = people.update_customer(call, customer, given[part])
    return _done(call, request, "collect_customer_details")


def _collect_account(call: Call, request: Json, given: Json) -> Json:
    account = people.create_bank_account(call, {**given, "links": {"customer": request["links"]["customer"]}})
    links = {**request["links"], "customer_bank_account": account["id"]}
    return _done(call, {**request, "links": links}, "collect_bank_account")


def _confirm(call: Call, request: Json, given: Json) -> Json:
    missing = [name for name in REQUIRED[:2] if name not in request["_done"]]
    if missing:
        raise wrong_state("billing_request_actions_required", f"{missing[0]} has to be completed first")
    return _done(call, request, "confirm_payer_details")


def _fulfil(call: Call, request: Json, given: Json) -> Json:
    if request["status"] != "ready_to_fulfil":
        raise wrong_state("billing_request_not_fulfillable", "Its required actions are not completed")
    return mandates.fulfil(call, request["id"])


def _notify(call: Call, request: Json, given: Json) -> Json:
    return request


def _done(call: Call, request: Json, name: str) -> Json:
    finished = [*request["_done"], name] if name not in request["_done"] else request["_done"]
    ready = set(REQUIRED) <= set(finished)
    status = "ready_to_fulfil" if ready else "pending"
    request = call.save("billing_requests", request, _done=finished, status=status)
    call.emit("billing_requests", _EVENTS.get(name, name), request)
    return request


_ACTIONS: Final[dict[str, Callable[[Call, Json, Json], Json]]] = {
    "collect_customer_details": _collect_customer,
    "collect_bank_account": _collect_account,
    "confirm_payer_details": _confirm,
    "fulfil": _fulfil,
    "notify": _notify,
}


def _actions(request: Json) -> list[Json]:
    """The actions that remain; a fulfilled request has nothing left."""
    ended = request["status"] == "fulfilled"
    currencies: Json = {"available_currencies": [currency_of(request)]}
    country: Json = {"collect_customer_details": {"default_country_code": None, "incomplete_fields": {}}}
    return [
        {**_action("choose_currency", done=True), "required": False, **currencies},
        {**_action(REQUIRED[0], done=ended or REQUIRED[0] in request["_done"]), **country},
        _action(REQUIRED[1], done=ended or REQUIRED[1] in request["_done"]),
        _action(REQUIRED[2], done=ended or REQUIRED[2] in request["_done"], after=REQUIRED[:2]),
    ]


def _action(name: str, *, done: bool, after: tuple[str, ...] = ()) -> Json:
    return {
        "type": name,
        "required": True,
        "status": "completed" if done else "pending",
        "completes_actions": [],
        "requires_actions": list(after),
    }


def _has_account(request: Json) -> bool:
    return "customer_bank_account" in request["links"]
