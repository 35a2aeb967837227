"""Answers to requests that no route takes, and to faults of the simulator itself, in the provider's own shape.

Without these, Starlette answers ``Not Found`` as plain text, which official SDKs cannot read.
"""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

Answer = Callable[[Request, int], Response]
"""The provider's error answer of a status: 404, 405 or 500."""


def exception_handlers(answer: Answer) -> Mapping[Any, Any]:
    """For ``Starlette(exception_handlers=…)``."""

    async def refused(request: Request, error: HTTPException) -> Response:
        return answer(request, error.status_code)

    async def crashed(request: Request, error: Exception) -> Response:
        return answer(request, 500)

    return {HTTPException: refused, Exception: crashed}
