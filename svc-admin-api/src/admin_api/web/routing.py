"""Routes that find out who calls before they read the body: FastAPI reads and parses it first, then asks."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant

from admin_api.web.dependencies import current_actor, identified_actor
from admin_api.web.session_dependencies import current_session, identified_session
from gateway_kit.http.routing import InspectingRoute, Router

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class IdentifiedRoute(InspectingRoute):
    """Runs the identification that its dependencies ask for before anything else."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        calls = _calls(self.dependant)
        identify: Callable[[Request], Coroutine[Any, Any, Any]]
        if current_actor in calls:
            identify = identified_actor
        elif current_session in calls:
            identify = identified_session
        else:
            return handler

        async def identified(request: Request) -> Response:
            await identify(request)
            return await handler(request)

        return identified


def new_router(**options: Any) -> Router:
    """A router of such routes."""
    return Router(route_class=IdentifiedRoute, **options)


def _calls(dependant: Dependant) -> set[Any]:
    found = {dependant.call}
    for dependency in dependant.dependencies:
        found |= _calls(dependency)
    return found
