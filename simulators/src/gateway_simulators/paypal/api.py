"""The routes of PayPal's API that the gateway and its tests use."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_simulators.idempotency import SavedAnswers
from gateway_simulators.paypal import authorizations, captures, disputes, gate, notifications, orders, patches
from gateway_simulators.paypal.context import Call, World, new_id, public
from gateway_simulators.paypal.errors import invalid
from gateway_simulators.paypal.gate import Answered, Brief, Operation, gated
from gateway_simulators.paypal.keys import SigningKey
from gateway_simulators.paypal.tokens import token_route
from gateway_simulators.paypal.webhooks import body_of
from gateway_simulators.store import Json


def api_routes(world: World, answers: SavedAnswers, key: SigningKey) -> list[Route]:
    """Every route of the API."""

    def route(method: str, path: str, operation: Operation, brief: Brief | None = None) -> Route:
        return Route(path, gated(world, answers, operation, brief), methods=[method])

    async def certificate(request: Request) -> Response:
        if request.path_params["id"] != key.identifier:
            return gate.unmatched(request, 404)
        return Response(key.pem, media_type="application/x-x509-ca-cert")

    def verify(call: Call, request: Request) -> Answered:
        address = f"{world.origin}/v1/notifications/certs/{key.identifier}"
        return 200, notifications.verify(call, key, address)

    order, authorization = "/v2/checkout/orders/{id}", "/v2/payments/authorizations/{id}"
    hooks, events, dispute = "/v1/notifications/webhooks", "/v1/notifications/webhooks-events", "/v1/customer/disputes"
    return [
        Route("/v1/oauth2/token", token_route(world), methods=["POST"]),
        Route("/v1/notifications/certs/{id}", certificate),
        route("POST", "/v1/notifications/verify-webhook-signature", verify),
        route("POST", hooks, _add_webhook),
        route("GET", hooks, _list_webhooks),
        route("GET", hooks + "/{id}", lambda call, request: (200, notifications.shown(call, _hook(call, request)))),
        route("PATCH", hooks + "/{id}", _patch_webhook),
        route("DELETE", hooks + "/{id}", _delete_webhook),
        route("GET", events, _list_events),
        route("GET", events + "/{id}", lambda call, request: (200, body_of(_found(call, "event", request)))),
        route("POST", events + "/{id}/resend", _resend),
        route("POST", "/v2/checkout/orders", _create_order, orders.brief),
        route("GET", order, lambda call, request: (200, orders.shown(call, _found(call, "order", request)))),
        route("PATCH", order, _patch_order),
        route("POST", order + "/confirm-payment-source", _on_order(200, orders.confirm_source), orders.brief),
        route("POST", order + "/authorize", _on_order(201, orders.authorize_order), orders.brief),
        route("POST", order + "/capture", _on_order(201, orders.capture_order), orders.brief),
        route("GET", authorization, _read("authorization")),
        route("POST", authorization + "/capture", _on("authorization", 201, authorizations.capture), gate.brief),
        route(
            "POST", authorization + "/reauthorize", _on("authorization", 201, authorizations.reauthorize), gate.brief
        ),
        route("POST", authorization + "/void", _void),
        route("GET", "/v2/payments/captures/{id}", _read("capture")),
        route("POST", "/v2/payments/captures/{id}/refund", _on("capture", 201, captures.refund_capture), gate.brief),
        route("GET", "/v2/payments/refunds/{id}", _read("refund")),
        route("GET", dispute, _list_disputes),
        route("GET", dispute + "/{id}", _read("dispute")),
        route("POST", dispute + "/{id}/accept-claim", _accept_claim),
    ]


def _found(call: Call, kind: str, request: Request) -> Json:
    return call.find(kind, request.path_params["id"])


def _read(kind: str) -> Operation:
    return lambda call, request: (200, public(_found(call, kind, request)))


def _on(kind: str, status: int, act: Callable[[Call, Json], Json]) -> Operation:
    return lambda call, request: (status, public(act(call, _found(call, kind, request))))


def _on_order(status: int, act: Callable[[Call, Json], Json]) -> Operation:
    return lambda call, request: (status, orders.shown(call, act(call, _found(call, "order", request))))


def _create_order(call: Call, request: Request) -> Answered:
    return 201, orders.shown(call, orders.create_order(call))


def _patch_order(call: Call, request: Request) -> Answered:
    patches.patch_order(call, _found(call, "order", request), call.operations)
    return 204, None


def _void(call: Call, request: Request) -> Answered:
    """204 by default; the authorization with ``Prefer: return=representation``."""
    voided = public(authorizations.void(call, _found(call, "authorization", request)))
    return (200, voided) if "return=representation" in request.headers.get("prefer", "") else (204, None)


def _list_disputes(call: Call, request: Request) -> Answered:
    found = disputes.found(call, call.query)
    here = call.link("/v1/customer/disputes", "self")
    return 200, {"items": [public(entry) for entry in _page(call, found)], "links": [here]}


def _accept_claim(call: Call, request: Request) -> Answered:
    entry = disputes.accept_claim(call, _found(call, "dispute", request))
    return 200, {"links": public(entry)["links"]}


def _hook(call: Call, request: Request) -> Json:
    return _found(call, "webhook", request)


def _add_webhook(call: Call, request: Request) -> Answered:
    return 201, notifications.shown(call, notifications.add_webhook(call, new_id()))


def _list_webhooks(call: Call, request: Request) -> Answered:
    return 200, {"webhooks": [notifications.shown(call, entry) for entry in call.mine("webhook")]}


def _patch_webhook(call: Call, request: Request) -> Answered:
    return 200, notifications.shown(call, notifications.patch_webhook(call, _hook(call, request)))


def _delete_webhook(call: Call, request: Request) -> Answered:
    call.world.store.remove("webhook", _hook(call, request)["id"])
    return 204, None


def _list_events(call: Call, request: Request) -> Answered:
    found = call.mine("event")
    page = [body_of(entry) for entry in _page(call, found)]
    return 200, {"events": page, "count": len(page), "links": [call.link("/v1/notifications/webhooks-events", "self")]}


def _resend(call: Call, request: Request) -> Answered:
    event = _found(call, "event", request)
    call.world.deliveries.send_again(event, endpoint_id=None, times=1)
    return 202, body_of(event)


def _page(call: Call, entries: list[Json]) -> list[Json]:
    text = call.query.get("page_size", "10")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= 300:
        raise invalid("/page_size", "page_size is from 1 to 300.")
    return entries[: int(text)]
