"""Styles, scripts and icons."""

from starlette.responses import Response

from admin_api.console.rendering import ASSETS_PATH, assets
from admin_api.console.routing import page_router
from gateway_contracts.errors import NotFound

router = page_router()


@router.get(ASSETS_PATH + "/{name}")
async def asset(name: str) -> Response:
    """One file."""
    found = assets().response(name)
    if found is None:
        raise NotFound("no such file")
    return found
