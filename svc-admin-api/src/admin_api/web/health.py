"""Is the process alive, and do the things answer that it depends on."""

from typing import Any

from fastapi.responses import JSONResponse

from admin_api.edge.dependencies import DepsIn
from gateway_kit.http.routing import Router

router = Router(tags=["health"])


@router.get("/health", summary="Alive")
async def alive() -> dict[str, str]:
    """Check that the process answers."""
    return {"status": "ok"}


@router.get("/internal/health", summary="Dependencies", include_in_schema=False)
async def dependencies(deps: DepsIn) -> JSONResponse:
    """503 with the names of what does not answer; ``setAside`` counts rows that wait for the operator."""
    failures = await deps.health.failures()
    body: dict[str, Any] = {"status": "failing" if failures else "ok", "failing": failures}
    if set_aside := await deps.health.set_aside():
        body["setAside"] = set_aside
    return JSONResponse(body, status_code=503 if failures else 200)
