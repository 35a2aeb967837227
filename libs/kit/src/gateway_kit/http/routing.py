"""Routes of FastAPI applications whose requests are looked through before anything else reads them.

An API makes its routers with `Router`; what no schema can say (half characters, integers of more than 64 bits, names
given twice, the size of all texts) is then refused for every body and query of every route, with the field's name.
Unknown fields that a body ignores are taken out first: nothing behind this module sees more of them than their names.
"""

import email.message
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi import params as kinds
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway_contracts.bodies import Body, BodyWarning, body_of, sifted
from gateway_contracts.errors import Invalid, TooLarge
from gateway_contracts.limits import TEXTS_BYTES_MAX
from gateway_contracts.strict_json import read_json
from gateway_contracts.texts import clean_text, text_problem
from gateway_contracts.values import inspect

_NAME_SHOWN: Final = 60
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class InspectedRequest(Request):
    """A request whose query is text and whose body, where it is JSON, was read strictly; else its JSON is None."""

    parsed: Any = None
    warnings: tuple[BodyWarning, ...] = ()

    async def json(self) -> Any:
        """The body's value. Read once, in `inspected`."""
        return self.parsed


def body_warnings(request: Request) -> tuple[BodyWarning, ...]:
    """The fields of the body that were ignored."""
    return request.warnings if isinstance(request, InspectedRequest) else ()


WarningsIn = Annotated[tuple[BodyWarning, ...], Depends(body_warnings)]


async def inspected(request: Request, expected: type[Body] | None = None) -> InspectedRequest:
    """The request, looked through; ``expected`` says which fields of its body are known.

    Raises:
        Unreadable: a body that says it is JSON and is not.
        Invalid: a field of the body or query that cannot be kept, or that is given twice.
        TooLarge: texts of more than `TEXTS_BYTES_MAX` in all.
    """
    found = InspectedRequest(request.scope, request.receive)
    for name, value in request.query_params.multi_items():
        if problem := text_problem(name) or text_problem(value):
            raise Invalid.field(clean_text(name, _NAME_SHOWN), problem)
    # The end of a body is also how a stream of events notices that its client is gone.
    body = b"" if request.method in _WITHOUT_BODY else await found.body()
    if body and _is_json(request.headers.get("content-type")):
        found.parsed = read_json(body)
        if expected is not None:
            found.parsed, found.warnings = sifted(expected, found.parsed)
        seen = inspect(found.parsed)
        if seen.flaw is not None:
            raise Invalid.field(seen.flaw.field or "body", seen.flaw.message)
        if seen.texts_bytes > TEXTS_BYTES_MAX:
            raise TooLarge(
                f"the texts of the body have {seen.texts_bytes} bytes; all together may have {TEXTS_BYTES_MAX}"
            )
    return found


def _is_json(content_type: str | None) -> bool:
    if not content_type:
        return False
    message = email.message.Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


class InspectingRoute(APIRoute):
    """A route that gets inspected requests only."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind `inspected`."""
        handle = super().get_route_handler()
        expected = self.expected_body()

        async def inspect_and_handle(request: Request) -> Response:
            return await handle(await inspected(request, expected))

        return inspect_and_handle

    def expected_body(self) -> type[Body] | None:
        """The model of its JSON body; None if it reads none.

        Raises:
            TypeError: a body that is not made as `gateway_contracts.bodies` asks.
        """
        for param in self.dependant.body_params:
            if isinstance(param.field_info, kinds.Body) and not isinstance(param.field_info, kinds.Form):
                return body_of(param.field_info.annotation, is_change="PATCH" in (self.methods or ()))
        return None


class Router(APIRouter):
    """A router of inspecting routes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"route_class": InspectingRoute, **options})


def require_inspecting(app: FastAPI) -> None:
    """Called by every API when all its routes are there.

    Raises:
        TypeError: a route was made by another router.
    """
    for route in _api_routes(app.routes):
        if not isinstance(route, InspectingRoute):
            raise TypeError(f"{route.path} was not made with gateway_kit.http.routing.Router")


def _api_routes(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        # An included router stays a node of its own in FastAPI's tree.
        inner: APIRouter | None = getattr(route, "original_router", None)
        if inner is not None:
            yield from _api_routes(inner.routes)
        elif isinstance(route, APIRoute):
            yield route
