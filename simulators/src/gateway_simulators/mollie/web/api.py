"""The routes of Mollie's API that the gateway and its tests use."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_simulators.idempotency import SavedAnswers
from gateway_simulators.ids import new_id, random_text
from gateway_simulators.mollie import payments, reversals
from gateway_simulators.mollie.context import Call, World, public
from gateway_simulators.mollie.errors import ApiError, not_found, unprocessable
from gateway_simulators.mollie.web.gate import Operation, gated, hal
from gateway_simulators.store import Json

_PAGE_DEFAULT, _PAGE_MAX = 50, 250
_METHODS = {"creditcard": "Card", "ideal": "iDEAL", "bancontact": "Bancontact", "banktransfer": "Bank transfer"}


def api_routes(world: World, answers: SavedAnswers) -> list[Route]:
    """Every route under ``/v2``; unknown ones answer 404 in Mollie's shape."""

    def route(method: str, path: str, operation: Operation) -> Route:
        return Route(f"/v2{path}", gated(world, answers, operation), methods=[method])

    return [
        route("POST", "/payments", _create),
        route("GET", "/payments", _list_payments),
        route("GET", "/payments/{id}", _get),
        route("PATCH", "/payments/{id}", _update),
        route("DELETE", "/payments/{id}", _cancel),
        route("POST", "/payments/{id}/captures", _capture),
        route("POST", "/payments/{id}/refunds", _refund),
        route("GET", "/payments/{id}/refunds", _listed("refund", "refunds")),
        route("GET", "/payments/{id}/refunds/{child}", _one("refund")),
        route("DELETE", "/payments/{id}/refunds/{child}", _cancel_refund),
        route("GET", "/payments/{id}/chargebacks", _listed("chargeback", "chargebacks")),
        route("GET", "/payments/{id}/chargebacks/{child}", _one("chargeback")),
        route("GET", "/methods", _methods),
        route("GET", "/profiles/me", _profile),
        route("POST", "/webhooks", lambda call, request: (201, subscribe(call, call.params))),
        Route("/v2/{path:path}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def subscribe(call: Call, given: Json) -> Json:
    """A next-generation webhook; its answer is the only one that shows the signing secret.

    Raises:
        ApiError: the address is missing.
    """
    url = given.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise unprocessable("The url is invalid", "url")
    types = given.get("eventTypes", "*")
    hook = call.save(
        "webhook",
        {
            "resource": "webhook",
            "id": new_id("hook", 22),
            "mode": call.caller.mode,
            "url": url,
            "name": str(given.get("name", "")),
            "types": types.split(",") if isinstance(types, str) else list(types),
            "status": "enabled",
            "createdAt": call.now,
            "_secret": str(given.get("secret") or random_text(40)),
        },
    )
    return {**public(hook), "webhookSecret": hook["_secret"]}


def _create(call: Call, request: Request) -> tuple[int, Json]:
    return 201, payments.shown(call, payments.create_payment(call))


def _payment(call: Call, request: Request) -> Json:
    return call.find("payment", request.path_params["id"])


def _get(call: Call, request: Request) -> tuple[int, Json]:
    return 200, payments.shown(call, _payment(call, request))


def _update(call: Call, request: Request) -> tuple[int, Json]:
    names = ("description", "redirectUrl", "cancelUrl", "webhookUrl", "metadata")
    changes = {name: call.params[name] for name in names if name in call.params}
    return 200, payments.shown(call, call.save("payment", {**_payment(call, request), **changes}))


def _cancel(call: Call, request: Request) -> tuple[int, Json]:
    return 200, payments.shown(call, payments.cancel_payment(call, _payment(call, request)))


def _capture(call: Call, request: Request) -> tuple[int, Json]:
    return 201, payments.capture_payment(call, _payment(call, request))


def _refund(call: Call, request: Request) -> tuple[int, Json]:
    return 201, public(reversals.create_refund(call, _payment(call, request)))


def _cancel_refund(call: Call, request: Request) -> tuple[int, None]:
    reversals.cancel_refund(call, _child(call, request, "refund"))
    return 204, None


def _child(call: Call, request: Request, kind: str) -> Json:
    entry = call.find(kind, request.path_params["child"])
    if entry["paymentId"] != request.path_params["id"]:
        raise not_found(kind, entry["id"])
    return entry


def _one(kind: str) -> Operation:
    return lambda call, request: (200, public(_child(call, request, kind)))


def _listed(kind: str, name: str) -> Operation:
    def operation(call: Call, request: Request) -> tuple[int, Json]:
        payment = _payment(call, request)
        entries = [entry for entry in call.mine(kind) if entry["paymentId"] == payment["id"]]
        return 200, _page(call, request, name, entries, public)

    return operation


def _list_payments(call: Call, request: Request) -> tuple[int, Json]:
    entries = call.mine("payment")
    return 200, _page(call, request, "payments", entries, lambda entry: payments.shown(call, entry))


def _page(call: Call, request: Request, name: str, entries: list[Json], shown: Callable[[Json], Json]) -> Json:
    """Newest first; ``from`` is the id of the first entry wanted."""
    text = call.query.get("limit", str(_PAGE_DEFAULT))
    limit = int(text) if text.isdigit() else 0
    if not 1 <= limit <= _PAGE_MAX:
        raise ApiError(400, f"The limit is from 1 to {_PAGE_MAX}", field="limit")
    start = 0
    if "from" in call.query:
        position = [index for index, entry in enumerate(entries) if entry["id"] == call.query["from"]]
        if not position:
            raise not_found(name, call.query["from"])
        start = position[0]
    chosen, rest = entries[start : start + limit], entries[start + limit :]
    base = f"{call.world.origin}{request.url.path}"
    links: Json = {"self": {"href": f"{base}?limit={limit}", "type": "application/hal+json"}, "previous": None}
    following = f"{base}?from={rest[0]['id']}&limit={limit}" if rest else None
    links["next"] = {"href": following, "type": "application/hal+json"} if following else None
    return {"count": len(chosen), "_embedded": {name: [shown(entry) for entry in chosen]}, "_links": links}


def _methods(call: Call, request: Request) -> tuple[int, Json]:
    methods = [{"resource": "method", "id": name, "description": text} for name, text in _METHODS.items()]
    return 200, {"count": len(methods), "_embedded": {"methods": methods}, "_links": {}}


def _profile(call: Call, request: Request) -> tuple[int, Json]:
    profile = {"resource": "profile", "id": call.caller.account, "mode": call.caller.mode, "name": "Simulated shop"}
    return 200, {**profile, "status": "verified"}


async def _unknown(request: Request) -> Response:
    error = ApiError(404, "The resource does not exist")
    return hal(error.body(), error.status)
