"""Errors as HTTP answers: ``{"error", "code", "requestId", "details", …facts}``, the same form everywhere.

`install_error_handlers` is for FastAPI applications and needs FastAPI, which the kit's extra ``http`` brings; workers
do not import this module.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import nats.errors
import pymongo.errors
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway_contracts.errors import FieldProblem, GatewayError
from gateway_contracts.rules import DETAILS_MAX, sentence
from gateway_contracts.values import field_name
from gateway_kit.context import request_id
from gateway_kit.logging import get_logger

_log = get_logger("http")

# What a caller should wait when a dependency does not answer; elections and restarts take about this long.
RETRY_AFTER_S = 2
_UNREADABLE_TYPES = frozenset({"json_invalid", "missing", "model_attributes_type", "dict_type", "model_type"})
_BROKER_ERRORS = (
    nats.errors.NoServersError,
    nats.errors.NoRespondersError,
    nats.errors.ConnectionClosedError,
    nats.errors.ConnectionDrainingError,
    nats.errors.ConnectionReconnectingError,
    nats.errors.StaleConnectionError,
    nats.errors.OutboundBufferLimitError,
)
_DATABASE_ERRORS = (pymongo.errors.ConnectionFailure, pymongo.errors.ExecutionTimeout, pymongo.errors.WTimeoutError)


@dataclass(frozen=True)
class Problem:
    """An error, ready to be rendered as JSON or as a page."""

    status: int
    code: str
    message: str
    details: tuple[FieldProblem, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    retry_after_s: int | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The JSON object; facts cannot hide the named fields."""
        return {
            **self.data,
            "error": self.message,
            "code": self.code,
            "requestId": request_id.get(),
            "details": [{"field": item.field, "message": item.message} for item in self.details],
        }

    def all_headers(self) -> dict[str, str]:
        """Response headers, with ``Retry-After`` where a retry makes sense."""
        retry = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return {**self.headers, **retry}

    def json_response(self) -> JSONResponse:
        """The usual answer."""
        return JSONResponse(self.body(), status_code=self.status, headers=self.all_headers())


Render = Callable[[Request, Problem], Response | None]
"""Renders a problem in its own way, or returns None for JSON."""


def field_path(location: tuple[int | str, ...]) -> str:
    """``("body", "items", 0, "quantity")`` → ``items[0].quantity``; the leading place is left out."""
    parts = location[1:] if location and location[0] in {"body", "query", "path", "header", "cookie"} else location
    return field_name(parts)


def problem_of(exc: Exception) -> Problem:
    """The error answer for an exception; an unexpected one shows no details."""
    if isinstance(exc, GatewayError):
        if exc.status == 500:
            return Problem(500, "INTERNAL_ERROR", "internal error")
        retry = exc.retry_after_s or (RETRY_AFTER_S if exc.status == 503 else None)
        return Problem(exc.status, exc.code, exc.message, exc.details, exc.data, retry)
    if isinstance(exc, RequestValidationError):
        return _of_validation(exc)
    if isinstance(exc, HTTPException):
        return _of_http(exc)
    if isinstance(exc, _DATABASE_ERRORS):
        return Problem(503, "DATABASE_UNAVAILABLE", "the database does not answer", retry_after_s=RETRY_AFTER_S)
    if isinstance(exc, _BROKER_ERRORS):
        return Problem(503, "BROKER_UNAVAILABLE", "the message broker does not answer", retry_after_s=RETRY_AFTER_S)
    if isinstance(exc, TimeoutError):
        return Problem(503, "TIMEOUT", "no answer in time", retry_after_s=RETRY_AFTER_S)
    return Problem(500, "INTERNAL_ERROR", "internal error")


def _of_validation(exc: RequestValidationError) -> Problem:
    errors = exc.errors()[:DETAILS_MAX]
    if any(tuple(error["loc"]) == ("body",) or error["type"] == "json_invalid" for error in errors) and any(
        error["type"] in _UNREADABLE_TYPES for error in errors
    ):
        return Problem(400, "BAD_REQUEST", _of_whole_body(errors))
    details = tuple(FieldProblem(field_path(tuple(error["loc"])), sentence(error)) for error in errors)
    summary = "; ".join(f"{item.field}: {item.message}" for item in details[:3])
    return Problem(422, "VALIDATION_FAILED", summary or "a field rule is broken", details)


def _of_whole_body(errors: Sequence[Any]) -> str:
    if any(error["type"] == "json_invalid" for error in errors):
        return "the body is not JSON"
    return "the body is not a JSON object"


def _of_http(exc: HTTPException) -> Problem:
    codes = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 400: "BAD_REQUEST", 415: "UNSUPPORTED_MEDIA_TYPE"}
    try:
        phrase = HTTPStatus(exc.status_code).phrase
    except ValueError:
        phrase = "Error"
    code = codes.get(exc.status_code, phrase.upper().replace(" ", "_"))
    return Problem(exc.status_code, code, phrase.lower(), headers=dict(exc.headers or {}))


def install_error_handlers(app: FastAPI, *, render: Render | None = None) -> None:
    """Let the application answer every error in the one form, those of routing included.

    Unexpected exceptions are answered with 500 and raised on, so that the request context logs them once.

    Args:
        app: the application.
        render: asked first, for applications that also serve pages.
    """

    async def handle(request: Request, exc: Exception) -> Response:
        problem = problem_of(exc)
        if problem.status == 503:
            _log.warning("http.unavailable", code=problem.code, kind=type(exc).__name__)
        response = render(request, problem) if render else None
        return response or problem.json_response()

    handled = (GatewayError, RequestValidationError, HTTPException, TimeoutError, *_DATABASE_ERRORS, *_BROKER_ERRORS)
    for kind in (*handled, Exception):
        app.add_exception_handler(kind, handle)
