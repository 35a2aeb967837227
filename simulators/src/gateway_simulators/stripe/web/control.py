"""The control API under ``/_sim/``: look at deliveries, script misbehaviour, act for the bank and the customer.

It takes JSON only, which keeps pages in a browser from calling it: their requests would need a CORS answer.
"""

import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_simulators.stripe import payments, refunds
from gateway_simulators.stripe.accounts import Caller, caller_of
from gateway_simulators.stripe.context import Call, World
from gateway_simulators.stripe.delivery import Deliveries
from gateway_simulators.stripe.endpoints import create_endpoint
from gateway_simulators.stripe.errors import ApiError, missing, no_such
from gateway_simulators.stripe.events import public
from gateway_simulators.stripe.store import Json, Kind
from gateway_simulators.stripe.web.gate import json_response

Control = Callable[[Json, Request], Json]


def control_routes(world: World, deliveries: Deliveries) -> list[Route]:
    """Every route under ``/_sim``."""
    control = _Control(world, deliveries)

    def route(method: str, path: str, action: Control) -> Route:
        return Route(f"/_sim{path}", _handler(world, action), methods=[method])

    return [
        route("GET", "/health", lambda given, request: {"status": "ok"}),
        route("GET", "/rules", lambda given, request: {"data": world.rules.all()}),
        route("POST", "/rules", control.add_rule),
        route("DELETE", "/rules", control.remove_rules),
        route("DELETE", "/rules/{id}", control.remove_rules),
        route("GET", "/deliveries", control.list_deliveries),
        route("POST", "/deliveries/release", control.release),
        route("POST", "/events", control.invent_event),
        route("POST", "/events/{id}/send", control.send_event),
        route("POST", "/webhook_endpoints", control.add_endpoint),
        route("POST", "/payment_intents/{id}/challenge", control.finish_challenge),
        route("POST", "/refunds/{id}/settle", control.settle_refund),
        route("POST", "/reset", control.reset),
    ]


class _Control:
    def __init__(self, world: World, deliveries: Deliveries) -> None:
        self._world = world
        self._deliveries = deliveries

    def add_rule(self, given: Json, request: Request) -> Json:
        match = dict(given.get("match") or {})
        if "secret_key" in match:
            match["account"] = caller_of(str(match.pop("secret_key"))).account
        return self._world.rules.add({**given, "match": match})

    def remove_rules(self, given: Json, request: Request) -> Json:
        self._world.rules.remove(request.path_params.get("id"))
        return {"data": self._world.rules.all()}

    def list_deliveries(self, given: Json, request: Request) -> Json:
        query = request.query_params
        names = [name for name in ("account", "payment_intent", "state", "type", "event", "endpoint") if name in query]
        entries = self._world.store.newest_first("delivery")
        found = [entry for entry in entries if all(entry[name] == query[name] for name in names)]
        return {"data": found[: int(query.get("limit", "1000"))], "total": len(found)}

    def release(self, given: Json, request: Request) -> Json:
        released = self._deliveries.release(
            intent=given.get("payment_intent"),
            account=_account(given),
            backwards=given.get("order") == "backwards",
        )
        return {"released": [entry["id"] for entry in released]}

    def invent_event(self, given: Json, request: Request) -> Json:
        """A genuine event about anything, also about objects that this simulator does not know."""
        kind, subject = given.get("type"), given.get("object")
        if not isinstance(kind, str) or not isinstance(subject, dict):
            raise missing("type and object")
        caller = _caller(given)
        return public(Call(self._world, caller).emit(kind, {"livemode": caller.livemode, **subject}))

    def send_event(self, given: Json, request: Request) -> Json:
        event = self._known("event", request)
        times = given.get("times", 1)
        if not isinstance(times, int) or not 1 <= times <= 1000:
            raise ApiError(400, "times is from 1 to 1000", param="times")
        records = self._deliveries.send_again(event, endpoint_id=given.get("endpoint"), times=times)
        return {"deliveries": [entry["id"] for entry in records]}

    def add_endpoint(self, given: Json, request: Request) -> Json:
        """As ``POST /v1/webhook_endpoints``, with a secret of the caller's choice."""
        params = {"url": given.get("url"), "enabled_events": given.get("enabled_events", ["*"])}
        secret = given.get("secret")
        return create_endpoint(Call(self._world, _caller(given), params), secret=str(secret) if secret else None)

    def finish_challenge(self, given: Json, request: Request) -> Json:
        intent = self._known("payment_intent", request)
        passed = given.get("result", "succeeded") == "succeeded"
        return public(payments.finish_challenge(self._call(intent), intent, passed=passed))

    def settle_refund(self, given: Json, request: Request) -> Json:
        refund = self._known("refund", request)
        return public(refunds.settle_refund(self._call(refund), refund, failed=given.get("status") == "failed"))

    def reset(self, given: Json, request: Request) -> Json:
        self._world.store.clear()
        return {"status": "empty"}

    def _known(self, kind: Kind, request: Request) -> Json:
        found = self._world.store.get(kind, request.path_params["id"])
        if found is None:
            raise no_such(kind, request.path_params["id"])
        return found

    def _call(self, entry: Json) -> Call:
        return Call(self._world, Caller(entry["_account"], entry["livemode"], publishable=False))


def _caller(given: Json) -> Caller:
    key = given.get("secret_key")
    if not isinstance(key, str):
        raise missing("secret_key")
    return caller_of(key)


def _account(given: Json) -> str | None:
    if "secret_key" in given:
        return _caller(given).account
    account = given.get("account")
    return str(account) if account else None


def _handler(world: World, action: Control) -> Callable[[Request], object]:
    async def handle(request: Request) -> Response:
        try:
            given = await _json_body(request)
            with world.store.transaction():
                return json_response(action(given, request))
        except ApiError as error:
            return json_response(error.body(), error.status)

    return handle


async def _json_body(request: Request) -> Json:
    if request.method in ("GET", "DELETE"):
        return {}
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ApiError(415, "Send application/json.")
    try:
        given = json.loads(await request.body() or b"{}")
    except ValueError as exc:
        raise ApiError(400, "The body is not JSON.") from exc
    if not isinstance(given, dict):
        raise ApiError(400, "The body is not an object.")
    return given
