"""Calls of the control API beyond the common ones: the bank, the customer, invented batches."""

from typing import Any

from starlette.requests import Request

from gateway_simulators.control import Actions
from gateway_simulators.gocardless import collecting, mandates, payments, refunds, requests
from gateway_simulators.gocardless.context import BATCH_MAX, Call, World, account_of_token, new_id, public
from gateway_simulators.gocardless.errors import invalid, not_found
from gateway_simulators.store import Json


def actions_of(world: World) -> Actions:
    """Every route under ``/_sim`` that is GoCardless' own."""
    control = _Control(world)
    return [
        ("POST", "/webhook_endpoints", control.add_endpoint),
        ("POST", "/billing_requests/{id}/fulfil", control.fulfil),
        ("POST", "/payments/{id}/{step}", control.advance),
        ("POST", "/refunds/{id}/{end}", control.settle),
        ("POST", "/events", control.invent),
    ]


def account_of(given: Json) -> str | None:
    """The account of a control call: by access token, or by id."""
    if "access_token" in given:
        return account_of_token(str(given["access_token"]))
    account = given.get("account")
    return str(account) if account else None


class _Control:
    def __init__(self, world: World) -> None:
        self._world = world

    def add_endpoint(self, given: Json, request: Request) -> Json:
        """``{"access_token", "url", "secret", "id"?}``: what a merchant enters in the dashboard; an id replaces."""
        account, url, secret = account_of(given), given.get("url"), given.get("secret")
        if account is None or not isinstance(url, str) or not isinstance(secret, str) or not secret:
            raise invalid("webhook_endpoint", "needs access_token, url and secret")
        endpoint = {"id": str(given.get("id") or new_id("WE")), "url": url, "secret": secret, "_account": account}
        self._world.store.put("webhook_endpoint", endpoint["id"], endpoint)
        return public(endpoint)

    def fulfil(self, given: Json, request: Request) -> Json:
        """``{"outcome"?}``: the customer authorises, without a browser."""
        outcome = given.get("outcome", "paid")
        if outcome not in requests.OUTCOMES:
            raise invalid("outcome", f"is one of {', '.join(requests.OUTCOMES)}")
        call, identifier = self._call("billing_requests", request)
        return self._sent(call, collecting.shown(call, mandates.fulfil(call, identifier, outcome)))

    def advance(self, given: Json, request: Request) -> Json:
        """The bank does one step now; the body's fields are the event's details (``cause``)."""
        call, identifier = self._call("payments", request)
        details: dict[str, Any] = {name: value for name, value in given.items() if name != "name"}
        return self._sent(call, payments.advance(call, identifier, request.path_params["step"], **details))

    def settle(self, given: Json, request: Request) -> Json:
        call, identifier = self._call("refunds", request)
        return self._sent(call, refunds.settle(call, identifier, request.path_params["end"]))

    def invent(self, given: Json, request: Request) -> Json:
        """``{"access_token", "events": [{"resource_type", "action", "resource", "details"?}]}`` in one body."""
        account, wanted = account_of(given), given.get("events")
        if account is None or not isinstance(wanted, list) or not 1 <= len(wanted) <= BATCH_MAX:
            raise invalid("events", f"needs access_token and 1 to {BATCH_MAX} events")
        call = Call(self._world, account)
        for item in wanted:
            kind, action, resource, details = _invented(item)
            call.emit(kind, action, {"id": "XX1", **resource}, **details)
        made = [event["id"] for event in call.reported]
        call.send()
        return {"events": made}

    def _call(self, kind: str, request: Request) -> tuple[Call, str]:
        identifier = request.path_params["id"]
        found = self._world.store.get(kind, identifier)
        if found is None:
            raise not_found(identifier)
        return Call(self._world, found["_account"]), identifier

    def _sent(self, call: Call, entry: Json) -> Json:
        call.send()
        return public(entry)


def _invented(item: object) -> tuple[str, str, Json, Json]:
    """Type and action of an event, the resource that it is about, its details."""
    if not isinstance(item, dict):
        raise invalid("events", "are objects")
    kind, action = item.get("resource_type"), item.get("action")
    resource, details = item.get("resource", {}), item.get("details", {})
    texts = isinstance(kind, str) and len(kind) > 1 and isinstance(action, str)
    if not texts or not isinstance(resource, dict) or not isinstance(details, dict):
        raise invalid("events", "need resource_type and action; resource and details are objects")
    return str(kind), str(action), resource, details
