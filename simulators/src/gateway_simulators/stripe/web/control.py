"""Calls of the control API beyond the common ones: the bank, the customer, invented events."""

from starlette.requests import Request

from gateway_simulators.control import Actions, number
from gateway_simulators.store import Json
from gateway_simulators.stripe import disputes, payments, refunds
from gateway_simulators.stripe.accounts import Caller, caller_of
from gateway_simulators.stripe.context import Call, World
from gateway_simulators.stripe.endpoints import create_endpoint
from gateway_simulators.stripe.errors import missing, no_such
from gateway_simulators.stripe.events import public


def actions_of(world: World) -> Actions:
    """Every route under ``/_sim`` that is Stripe's own."""
    control = _Control(world)
    return [
        ("POST", "/events", control.invent_event),
        ("POST", "/webhook_endpoints", control.add_endpoint),
        ("POST", "/payment_intents/{id}/challenge", control.finish_challenge),
        ("POST", "/payment_intents/{id}/dispute", control.dispute),
        ("POST", "/refunds/{id}/settle", control.settle_refund),
    ]


def account_of(given: Json) -> str | None:
    """The account of a control call: by secret key, or by id."""
    if "secret_key" in given:
        return _caller(given).account
    account = given.get("account")
    return str(account) if account else None


class _Control:
    def __init__(self, world: World) -> None:
        self._world = world

    def invent_event(self, given: Json, request: Request) -> Json:
        """A genuine event about anything, also about objects that this simulator does not know."""
        kind, subject = given.get("type"), given.get("object")
        if not isinstance(kind, str) or not isinstance(subject, dict):
            raise missing("type and object")
        caller = _caller(given)
        return public(Call(self._world, caller).emit(kind, {"livemode": caller.livemode, **subject}))

    def add_endpoint(self, given: Json, request: Request) -> Json:
        """As ``POST /v1/webhook_endpoints``, with a secret of the caller's choice."""
        params = {"url": given.get("url"), "enabled_events": given.get("enabled_events", ["*"])}
        secret = given.get("secret")
        return create_endpoint(Call(self._world, _caller(given), params), secret=str(secret) if secret else None)

    def finish_challenge(self, given: Json, request: Request) -> Json:
        intent = self._known("payment_intent", request)
        passed = given.get("result", "succeeded") == "succeeded"
        return public(payments.finish_challenge(Call.for_owner(self._world, intent), intent, passed=passed))

    def dispute(self, given: Json, request: Request) -> Json:
        """``{"status"?, "amount"?, "reason"?, "dispute"?, "reinstate"?, "after_days"?}``: opens or moves it, or gives
        money of it back whatever was decided."""
        intent = self._known("payment_intent", request)
        days = number(given, "after_days", 0)
        if days:
            self._world.timers.add("dispute", self._world.now() + days * 86_400, {"intent": intent["id"], "how": given})
            return {"scheduled": True}
        return public(disputes.dispute(Call.for_owner(self._world, intent), intent, given))

    def settle_refund(self, given: Json, request: Request) -> Json:
        refund = self._known("refund", request)
        call = Call.for_owner(self._world, refund)
        return public(refunds.settle_refund(call, refund, failed=given.get("status") == "failed"))

    def _known(self, kind: str, request: Request) -> Json:
        found = self._world.store.get(kind, request.path_params["id"])
        if found is None:
            raise no_such(kind, request.path_params["id"])
        return found


def _caller(given: Json) -> Caller:
    key = given.get("secret_key")
    if not isinstance(key, str):
        raise missing("secret_key")
    return caller_of(key)
