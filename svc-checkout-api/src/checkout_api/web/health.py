"""Probes: alive for everybody, dependencies for the inside only."""

import ipaddress

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from checkout_api.web.dependencies import CurrentDeps
from gateway_contracts.errors import NotFound
from gateway_kit.http.addresses import parsed_address
from gateway_kit.http.asgi import PROXIED_KEY
from gateway_kit.http.routing import Router

router = Router()

# Spelled out, because `is_private` also counts ranges that are no network of ours (documentation, benchmarks).
_INSIDE = tuple(
    ipaddress.ip_network(text)
    for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10")
)


@router.get("/health")
async def health() -> dict[str, str]:
    """The process answers requests."""
    return {"status": "ok"}


@router.get("/internal/health", include_in_schema=False)
async def internal_health(request: Request, deps: CurrentDeps) -> Response:
    if not _is_inside(request):
        raise NotFound("not found")
    failing = await deps.health.failures()
    if failing:
        return JSONResponse({"status": "unavailable", "failing": failing}, 503, headers={"Retry-After": "2"})
    return JSONResponse({"status": "ok", "failing": {}})


def _is_inside(request: Request) -> bool:
    """Not through the proxy, and from this machine or a private network."""
    if request.scope.get(PROXIED_KEY) or request.client is None:
        return False
    address = parsed_address(request.client.host)
    return address is not None and any(address in network for network in _INSIDE)
