"""Calls of the control API beyond the common ones: the customer and the bank."""

from starlette.requests import Request

from gateway_simulators.control import Actions, number
from gateway_simulators.errors import ControlError
from gateway_simulators.mollie import payments, reversals, views
from gateway_simulators.mollie.accounts import caller_of
from gateway_simulators.mollie.context import Call, World, public
from gateway_simulators.mollie.errors import not_found
from gateway_simulators.mollie.subscriptions import subscribe
from gateway_simulators.store import Json


def actions_of(world: World) -> Actions:
    """Every route under ``/_sim`` that is Mollie's own."""
    control = _Control(world)
    return [
        ("POST", "/webhooks", control.subscribe),
        ("POST", "/payments/{id}/status", control.finish),
        ("POST", "/payments/{id}/hint", control.thin_event),
        ("POST", "/payments/{id}/chargeback", control.charge_back),
        ("POST", "/chargebacks/{id}/reverse", control.reverse),
        ("POST", "/refunds/{id}/settle", control.settle_refund),
        ("POST", "/refunds/{id}/vanish", control.vanish_refund),
    ]


def account_of(given: Json) -> str | None:
    """The account of a control call: by API key, or by id."""
    if "api_key" in given:
        return caller_of(str(given["api_key"])).account
    account = given.get("account")
    return str(account) if account else None


class _Control:
    def __init__(self, world: World) -> None:
        self._world = world

    def subscribe(self, given: Json, request: Request) -> Json:
        """``{"api_key", "url", "secret"?, "eventTypes"?}``: a signed webhook with a secret of the caller's choice."""
        key = given.get("api_key")
        if not isinstance(key, str):
            raise ControlError("Missing api_key", param="api_key")
        secret = str(given["secret"]) if given.get("secret") else None
        return subscribe(Call(self._world, caller_of(key)), {"eventTypes": "*", **given}, secret=secret)

    def finish(self, given: Json, request: Request) -> Json:
        """``{"status", "method"?, "reason"?}``: what the customer would choose on the page."""
        payment = self._known("payment", request)
        call = Call.for_owner(self._world, payment)
        status, reason = str(given.get("status", "paid")), given.get("reason")
        payment = payments.finish(call, payment, status, method=given.get("method"), reason=reason)
        return views.payment(call, payment)

    def thin_event(self, given: Json, request: Request) -> Json:
        """Calls the webhook although nothing changed, as Mollie may."""
        payment = self._known("payment", request)
        call = Call.for_owner(self._world, payment)
        return public(call.emit(f"payment.{payment['status']}", payment["id"], views.payment(call, payment)))

    def charge_back(self, given: Json, request: Request) -> Json:
        """``{"amount"?, "reason"?, "after_days"?}``"""
        payment = self._known("payment", request)
        days = number(given, "after_days", 0)
        if days:
            due_at = self._world.now() + days * 86_400
            self._world.timers.add("chargeback", due_at, {"payment": payment["id"], "how": given})
            return {"scheduled": True}
        return reversals.charge_back(Call.for_owner(self._world, payment), payment, given)

    def reverse(self, given: Json, request: Request) -> Json:
        chargeback = self._known("chargeback", request)
        return reversals.reverse_chargeback(Call.for_owner(self._world, chargeback), chargeback)

    def settle_refund(self, given: Json, request: Request) -> Json:
        refund = self._known("refund", request)
        call = Call.for_owner(self._world, refund)
        return views.child(call, "refund", reversals.settle_refund(call, refund, str(given.get("status", "refunded"))))

    def vanish_refund(self, given: Json, request: Request) -> Json:
        """No list shows it any more, and no webhook tells of it."""
        refund = self._known("refund", request)
        self._world.store.remove("refund", refund["id"])
        return {"vanished": refund["id"]}

    def _known(self, kind: str, request: Request) -> Json:
        found = self._world.store.get(kind, request.path_params["id"])
        if found is None:
            raise not_found(kind, request.path_params["id"])
        return found
