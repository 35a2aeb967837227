"""Routes that find out who calls before they read the body: FastAPI reads and parses it first, then asks."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response

from admin_api.edge.dependencies import current_actor, identified_actor
from admin_api.edge.session import current_session, identified_session
from admin_api.shared.web.query_names import QueryNames
from gateway_kit.http.routing import InspectingRoute, Router, dependants

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class IdentifiedRoute(InspectingRoute):
    """Runs the identification that its dependencies ask for before anything else, then looks at the query's names."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        identify = self._identification()
        names = QueryNames.of(self.dependant)

        async def identified(request: Request) -> Response:
            if identify is not None:
                await identify(request)
            names.require(request.query_params.multi_items())
            return await handler(request)

        return identified

    def _identification(self) -> Callable[[Request], Coroutine[Any, Any, Any]] | None:
        calls = {part.call for part in dependants(self.dependant)}
        if current_actor in calls:
            return identified_actor
        return identified_session if current_session in calls else None


def new_router(**options: Any) -> Router:
    """A router of such routes."""
    return Router(route_class=IdentifiedRoute, **options)
