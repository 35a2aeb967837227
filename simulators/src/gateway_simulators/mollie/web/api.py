"""The routes of Mollie's API that the gateway and its tests use."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_simulators.idempotency import SavedAnswers
from gateway_simulators.mollie import captures, catalog, fields, links, payments, reversals, subscriptions, views
from gateway_simulators.mollie.context import Call, World, public
from gateway_simulators.mollie.errors import ApiError, not_found
from gateway_simulators.mollie.web.gate import Operation, gated, hal
from gateway_simulators.mollie.web.lists import page
from gateway_simulators.store import Json


def api_routes(world: World, answers: SavedAnswers) -> list[Route]:
    """Every route under ``/v2``; unknown ones answer 404 in Mollie's shape."""

    def route(method: str, path: str, operation: Operation) -> Route:
        return Route(f"/v2{path}", gated(world, answers, operation), methods=[method])

    payment, hook = "/payments/{id}", "/webhooks/{id}"
    return [
        route("POST", "/payments", _create),
        route("GET", "/payments", _list_payments),
        route("GET", payment, _get),
        route("PATCH", payment, _update),
        route("DELETE", payment, _cancel),
        route("POST", payment + "/release-authorization", _release),
        route("POST", payment + "/captures", _capture),
        route("POST", payment + "/refunds", _refund),
        route("DELETE", payment + "/refunds/{child}", _cancel_refund),
        *(route("GET", f"{payment}/{name}", _listed(name)) for name in views.EMBEDS),
        *(route("GET", f"{payment}/{name}/{{child}}", _one(kind)) for name, kind in views.EMBEDS.items()),
        *(route("GET", f"/{name}", _all(name)) for name in ("chargebacks", "refunds")),
        *(route("GET", path, _methods) for path in ("/methods", "/methods/all")),
        route("GET", "/methods/{id}", _method),
        route("GET", "/profiles/me", lambda call, request: (200, catalog.profile(call))),
        route("POST", "/webhooks", lambda call, request: (201, subscriptions.create(call))),
        route("GET", "/webhooks", _list_hooks),
        route("GET", hook, lambda call, request: (200, views.webhook(call, _hook(call, request)))),
        route("PATCH", hook, lambda call, request: (200, subscriptions.update(call, _hook(call, request)))),
        route("DELETE", hook, _delete_hook),
        route("POST", hook + "/ping", _ping_hook),
        route("GET", "/events/{id}", _event),
        Route("/v2/{path:path}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def unmatched(request: Request, status: int) -> Response:
    """Mollie's answer to what no route takes, and to a fault of its own."""
    text = "The resource does not exist" if status < 500 else "Something went wrong on our side"
    error = ApiError(404 if status < 500 else 500, text)
    return hal(error.body(), error.status)


def _create(call: Call, request: Request) -> tuple[int, Json]:
    return 201, views.payment(call, payments.create_payment(call))


def _payment(call: Call, request: Request) -> Json:
    fields.refuse_unknown(dict(call.query), fields.ONE, part="query")
    return call.find("payment", request.path_params["id"])


def _get(call: Call, request: Request) -> tuple[int, Json]:
    return 200, views.payment(call, _payment(call, request))


def _update(call: Call, request: Request) -> tuple[int, Json]:
    return 200, views.payment(call, payments.update_payment(call, _payment(call, request)))


def _cancel(call: Call, request: Request) -> tuple[int, Json]:
    return 200, views.payment(call, payments.cancel_payment(call, _payment(call, request)))


def _release(call: Call, request: Request) -> tuple[int, None]:
    captures.release_authorization(call, _payment(call, request))
    return 202, None


def _capture(call: Call, request: Request) -> tuple[int, Json]:
    return 201, captures.capture_payment(call, _payment(call, request))


def _refund(call: Call, request: Request) -> tuple[int, Json]:
    return 201, views.child(call, "refund", reversals.create_refund(call, _payment(call, request)))


def _cancel_refund(call: Call, request: Request) -> tuple[int, None]:
    reversals.cancel_refund(call, _child(call, request, "refund"))
    return 204, None


def _child(call: Call, request: Request, kind: str) -> Json:
    entry = call.find(kind, request.path_params["child"])
    if entry["paymentId"] != request.path_params["id"]:
        raise not_found(kind, entry["id"])
    return entry


def _one(kind: str) -> Operation:
    return lambda call, request: (200, views.child(call, kind, _child(call, request, kind)))


def _listed(name: str) -> Operation:
    kind = views.EMBEDS[name]

    def operation(call: Call, request: Request) -> tuple[int, Json]:
        entries = views.of_payment(call, kind, call.find("payment", request.path_params["id"]))
        return 200, page(call, request, name, entries, lambda entry: views.child(call, kind, entry))

    return operation


def _all(name: str) -> Operation:
    kind = views.EMBEDS[name]
    return lambda call, request: (
        200,
        page(call, request, name, call.mine(kind), lambda entry: views.child(call, kind, entry)),
    )


def _list_payments(call: Call, request: Request) -> tuple[int, Json]:
    entries = call.mine("payment")
    return 200, page(call, request, "payments", entries, lambda entry: views.payment(call, entry))


def _methods(call: Call, request: Request) -> tuple[int, Json]:
    fields.refuse_unknown(dict(call.query), fields.METHODS_QUERY, part="query")
    names = catalog.METHODS if request.url.path.endswith("/all") else catalog.ACTIVATED
    methods = [catalog.method(call, name) for name in names]
    here = links.hal(f"{call.world.origin}{request.url.path}")
    found = {"self": here, "documentation": links.documentation("list-methods")}
    return 200, {"count": len(methods), "_embedded": {"methods": methods}, "_links": found}


def _method(call: Call, request: Request) -> tuple[int, Json]:
    return 200, catalog.method(call, request.path_params["id"])


def _hook(call: Call, request: Request) -> Json:
    return call.find("webhook", request.path_params["id"])


def _list_hooks(call: Call, request: Request) -> tuple[int, Json]:
    return 200, page(call, request, "webhooks", call.mine("webhook"), lambda entry: views.webhook(call, entry))


def _delete_hook(call: Call, request: Request) -> tuple[int, None]:
    call.world.store.remove("webhook", _hook(call, request)["id"])
    return 204, None


def _ping_hook(call: Call, request: Request) -> tuple[int, None]:
    subscriptions.ping(call, _hook(call, request))
    return 202, None


def _event(call: Call, request: Request) -> tuple[int, Json]:
    return 200, public(call.find("event", request.path_params["id"]))


async def _unknown(request: Request) -> Response:
    return unmatched(request, 404)
