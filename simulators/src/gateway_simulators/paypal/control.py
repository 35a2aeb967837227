"""Calls of the control API beyond the common ones: the customer, reviews, disputes, events."""

from starlette.requests import Request

from gateway_simulators.control import Actions, number
from gateway_simulators.paypal import captures, disputes, notifications, orders
from gateway_simulators.paypal.context import Call, World, account_of_client, public
from gateway_simulators.paypal.errors import invalid, not_found
from gateway_simulators.store import Json


def actions_of(world: World) -> Actions:
    """Every route under ``/_sim`` that is PayPal's own."""
    control = _Control(world)
    return [
        ("POST", "/webhook_endpoints", control.add_endpoint),
        ("POST", "/tokens/revoke", control.revoke),
        ("POST", "/orders/{id}/approve", control.approve),
        ("POST", "/orders/{id}/reverse_approval", control.reverse_approval),
        ("POST", "/captures/{id}/complete", control.complete),
        ("POST", "/captures/{id}/deny", control.deny),
        ("POST", "/captures/{id}/reverse", control.reverse),
        ("POST", "/captures/{id}/dispute", control.dispute),
        ("POST", "/events", control.invent),
    ]


def account_of(given: Json) -> str | None:
    """The account of a control call: by client id, or by id."""
    if "client_id" in given:
        return account_of_client(str(given["client_id"]))
    account = given.get("account")
    return str(account) if account else None


class _Control:
    def __init__(self, world: World) -> None:
        self._world = world

    def add_endpoint(self, given: Json, request: Request) -> Json:
        """``{"client_id", "url", "webhook_id", "event_types"?}``: a webhook under an id of the caller's choice."""
        account, webhook_id = account_of(given), given.get("webhook_id")
        if account is None or not isinstance(webhook_id, str) or not webhook_id:
            raise invalid("/webhook_id", "client_id, url and webhook_id are needed")
        call = Call(self._world, account, given)
        return notifications.shown(call, notifications.add_webhook(call, webhook_id))

    def revoke(self, given: Json, request: Request) -> Json:
        """All access tokens of everybody end now."""
        tokens = list(self._world.store.newest_first("token"))
        for token in tokens:
            self._world.store.put("token", token["text"], {**token, "ends_at": 0})
        return {"revoked": len(tokens)}

    def approve(self, given: Json, request: Request) -> Json:
        """``{"outcome"?}``: the customer agrees, without a browser."""
        outcome = given.get("outcome", "paid")
        if outcome not in orders.OUTCOMES:
            raise invalid("/outcome", f"outcome is one of {', '.join(orders.OUTCOMES)}")
        call, order = self._call("order", request)
        return orders.shown(call, orders.approve(call, order, outcome))

    def reverse_approval(self, given: Json, request: Request) -> Json:
        call, order = self._call("order", request)
        return orders.shown(call, orders.reverse_approval(call, order))

    def complete(self, given: Json, request: Request) -> Json:
        call, capture = self._call("capture", request)
        return public(captures.review(call, capture, "complete"))

    def deny(self, given: Json, request: Request) -> Json:
        call, capture = self._call("capture", request)
        return public(captures.review(call, capture, "deny"))

    def reverse(self, given: Json, request: Request) -> Json:
        call, capture = self._call("capture", request)
        return public(captures.reverse(call, capture))

    def dispute(self, given: Json, request: Request) -> Json:
        """``{"status"?, "stage"?, "outcome"?, "amount"?, "after_days"?}``: opens or moves it."""
        call, capture = self._call("capture", request)
        if days := number(given, "after_days", 0):
            due_at = self._world.now() + days * self._world.day_s
            self._world.timers.add("dispute", due_at, {"capture": capture["id"], "how": given})
            return {"scheduled": True}
        return public(disputes.dispute(call, capture, given))

    def invent(self, given: Json, request: Request) -> Json:
        """``{"client_id", "event_type", "resource", "resource_type"?}``: a genuine event about anything."""
        account, event_type, resource = account_of(given), given.get("event_type"), given.get("resource")
        if account is None or not isinstance(event_type, str) or not isinstance(resource, dict):
            raise invalid("/event_type", "client_id, event_type and resource are needed")
        kind = str(given.get("resource_type", "capture"))
        return public(Call(self._world, account).emit(event_type, resource, kind))

    def _call(self, kind: str, request: Request) -> tuple[Call, Json]:
        found = self._world.store.get(kind, request.path_params["id"])
        if found is None:
            raise not_found()
        return Call(self._world, found["_account"]), found
