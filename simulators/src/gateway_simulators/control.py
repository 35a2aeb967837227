"""The control API under ``/_sim/``: look at deliveries, script misbehaviour, set the clock.

It takes JSON only, which keeps pages in a browser from calling it: their requests would need a CORS answer.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_simulators.clock import SimulatedClock, Timers
from gateway_simulators.delivery import Deliveries
from gateway_simulators.errors import ControlError, SimulatorError
from gateway_simulators.rules import Rules
from gateway_simulators.store import Json, Store

Control = Callable[[Json, Request], Json]
Actions = Iterable[tuple[str, str, Control]]
"""Method, path below ``/_sim``, and what to do with the JSON body."""

AccountOf = Callable[[Json], str | None]
"""The account that a control call names, by credentials or by id; None when it names none."""


@dataclass(frozen=True)
class Parts:
    """Context of the control API of every simulator.

    Attributes:
        subject: what the provider calls a payment.
        credential: name under which callers give an account's credential instead of its id (``secret_key``).
    """

    store: Store
    rules: Rules
    deliveries: Deliveries
    account_of: AccountOf
    subject: str = "payment"
    credential: str = "api_key"
    clock: SimulatedClock | None = None
    timers: Timers | None = None


def control_routes(parts: Parts, actions: Actions = ()) -> list[Route]:
    """The routes of every simulator, and the provider's own."""
    control = _Control(parts)
    common: list[tuple[str, str, Control]] = [
        ("GET", "/health", lambda given, request: {"status": "ok"}),
        ("GET", "/rules", lambda given, request: {"data": parts.rules.all()}),
        ("POST", "/rules", control.add_rule),
        ("DELETE", "/rules", control.remove_rules),
        ("DELETE", "/rules/{id}", control.remove_rules),
        ("GET", "/deliveries", control.list_deliveries),
        ("POST", "/deliveries/release", control.release),
        ("POST", "/events/{id}/send", control.send_event),
        ("POST", "/reset", control.reset),
    ]
    if parts.clock is not None:
        common.append(("POST", "/clock/advance", control.advance))
    return [
        Route(f"/_sim{path}", _handler(parts.store, action), methods=[method])
        for method, path, action in (*common, *actions)
    ]


class _Control:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def add_rule(self, given: Json, request: Request) -> Json:
        match = given.get("match") or {}
        if not isinstance(match, dict):
            raise ControlError("match is an object", param="match")
        match = dict(match)
        if self._parts.credential in match:
            match["account"] = self._parts.account_of({self._parts.credential: match.pop(self._parts.credential)})
        return self._parts.rules.add({**given, "match": match})

    def remove_rules(self, given: Json, request: Request) -> Json:
        self._parts.rules.remove(request.path_params.get("id"))
        return {"data": self._parts.rules.all()}

    def list_deliveries(self, given: Json, request: Request) -> Json:
        query = request.query_params
        known = ("account", self._parts.subject, "state", "type", "event", "endpoint")
        names = [name for name in known if name in query]
        entries = self._parts.store.newest_first("delivery")
        found = [entry for entry in entries if all(entry[name] == query[name] for name in names)]
        limit = query.get("limit", "1000")
        if not limit.isascii() or not limit.isdigit():
            raise ControlError("limit is a whole number", param="limit")
        return {"data": found[: int(limit[:9])], "total": len(found)}

    def release(self, given: Json, request: Request) -> Json:
        released = self._parts.deliveries.release(
            subject=given.get(self._parts.subject),
            account=self._parts.account_of(given),
            backwards=given.get("order") == "backwards",
        )
        return {"released": [entry["id"] for entry in released]}

    def send_event(self, given: Json, request: Request) -> Json:
        event = self._parts.store.get("event", request.path_params["id"])
        if event is None:
            raise ControlError(f"No such event: {request.path_params['id']!r}", status=404)
        times = given.get("times", 1)
        if not isinstance(times, int) or not 1 <= times <= 1000:
            raise ControlError("times is from 1 to 1000", param="times")
        records = self._parts.deliveries.send_again(event, endpoint_id=given.get("endpoint"), times=times)
        return {"deliveries": [entry["id"] for entry in records]}

    def advance(self, given: Json, request: Request) -> Json:
        """``{"seconds"}`` or ``{"days"}``: sets the clock forward and does what is due by then."""
        seconds = number(given, "seconds", 0) + number(given, "days", 0) * 86_400
        if not 0 <= seconds <= 10 * 366 * 86_400:
            raise ControlError("the clock goes forward, by at most ten years")
        assert self._parts.clock is not None
        self._parts.clock.advance(seconds)
        ran = self._parts.timers.run_due() if self._parts.timers is not None else 0
        return {"now": self._parts.clock(), "ran": ran}

    def reset(self, given: Json, request: Request) -> Json:
        self._parts.store.clear()
        return {"status": "empty"}


def number(given: Json, name: str, default: float) -> float:
    """
    Raises:
        ControlError: it is given and no number.
    """
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ControlError(f"{name} is a number", param=name)
    return float(value)


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Indented JSON."""
    return Response(json.dumps(body, indent=2), status, headers, "application/json")


def _handler(store: Store, action: Control) -> Callable[[Request], object]:
    async def handle(request: Request) -> Response:
        try:
            given = await _json_body(request)
            with store.transaction():
                return json_response(action(given, request))
        except SimulatorError as error:
            return json_response(error.body(), error.status)

    return handle


async def _json_body(request: Request) -> Json:
    if request.method in ("GET", "DELETE"):
        return {}
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ControlError("Send application/json.", status=415)
    try:
        given = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError) as exc:
        raise ControlError("The body is not JSON.") from exc
    if not isinstance(given, dict):
        raise ControlError("The body is not an object.")
    return given
