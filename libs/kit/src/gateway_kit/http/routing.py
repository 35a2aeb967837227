"""Routes of FastAPI applications whose requests are looked through before anything else reads them.

An API makes its routers with `Router`; what no schema can say (half characters, integers of more than 64 bits, names
given twice, the size of all texts) is then refused for every body and query of every route, with the field's name.
Unknown fields that a body ignores are taken out first: nothing behind this module sees more of them than their names.
A body is a JSON object that says so in its content type; a `FormRoute` takes forms instead.
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi import params as kinds
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway_contracts.bodies import Body, BodyWarning, body_of, sifted
from gateway_contracts.errors import Invalid, TooLarge, Unreadable
from gateway_contracts.limits import TEXTS_BYTES_MAX
from gateway_contracts.strict_json import read_json
from gateway_contracts.texts import clean_text, text_problem
from gateway_contracts.values import inspect
from gateway_kit.http.media_types import FORM, JSON, require_media_type

_NAME_SHOWN: Final = 60
_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class InspectedRequest(Request):
    """A request whose query is text and whose body was read strictly; without a body its JSON is None."""

    parsed: Any = None
    warnings: tuple[BodyWarning, ...] = ()

    async def json(self) -> Any:
        """The body's value. Read once, in `inspected`."""
        return self.parsed


def body_warnings(request: Request) -> tuple[BodyWarning, ...]:
    """The fields of the body that were ignored."""
    return request.warnings if isinstance(request, InspectedRequest) else ()


WarningsIn = Annotated[tuple[BodyWarning, ...], Depends(body_warnings)]


async def inspected(
    request: Request, expected: type[Body] | None = None, *, takes_forms: bool = False
) -> InspectedRequest:
    """The request, looked through.

    Args:
        expected: says which fields of its body are known.
        takes_forms: whether the body is a form instead of JSON.

    Raises:
        UnsupportedMedia: a body that does not say that it is JSON, or a form where the route takes forms.
        Unreadable: a body that is no JSON object.
        Invalid: a field of the body or query that cannot be kept, or that is given twice.
        TooLarge: texts of more than `TEXTS_BYTES_MAX` in all.
    """
    found = InspectedRequest(request.scope, request.receive)
    _require_texts(request.query_params.multi_items())
    # The end of a body is also how a stream of events notices that its client is gone.
    body = b"" if request.method in _WITHOUT_BODY else await found.body()
    if not body:
        return found
    require_media_type(request.headers, FORM if takes_forms else JSON)
    if takes_forms:
        _require_texts(parse_qsl(body.decode("latin-1"), keep_blank_values=True))
        return found
    found.parsed = _read_object(body)
    if expected is not None:
        found.parsed, found.warnings = sifted(expected, found.parsed)
    _require_values(found.parsed)
    return found


def _require_texts(pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        if problem := text_problem(name) or text_problem(value):
            raise Invalid.field(clean_text(name, _NAME_SHOWN), problem)


def _read_object(body: bytes) -> dict[str, Any]:
    value = read_json(body)
    if not isinstance(value, dict):
        raise Unreadable("the body is not a JSON object")
    return value


def _require_values(value: Any) -> None:
    seen = inspect(value)
    if seen.flaw is not None:
        raise Invalid.field(seen.flaw.field or "body", seen.flaw.message)
    if seen.texts_bytes > TEXTS_BYTES_MAX:
        raise TooLarge(f"the texts of the body have {seen.texts_bytes} bytes; all together may have {TEXTS_BYTES_MAX}")


class InspectingRoute(APIRoute):
    """A route that gets inspected requests only."""

    TAKES_FORMS: ClassVar[bool] = False

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind `inspected`."""
        handle = super().get_route_handler()
        expected = self.expected_body()

        async def inspect_and_handle(request: Request) -> Response:
            return await handle(await inspected(request, expected, takes_forms=self.TAKES_FORMS))

        return inspect_and_handle

    def expected_body(self) -> type[Body] | None:
        """The model of its JSON body; None if it reads none.

        Raises:
            TypeError: a body that is not made as `gateway_contracts.bodies` asks.
        """
        for param in self.dependant.body_params:
            if isinstance(param.field_info, kinds.Body):
                return body_of(param.field_info.annotation, is_change="PATCH" in (self.methods or ()))
        return None


class FormRoute(InspectingRoute):
    """A route whose body is a form; its handler reads it from the request."""

    TAKES_FORMS = True


def dependants(dependant: Dependant) -> Iterator[Dependant]:
    """Declarations of a route, and of its dependencies of all depths."""
    yield dependant
    for dependency in dependant.dependencies:
        yield from dependants(dependency)


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
