"""Mollie's error answers as exceptions."""

from http import HTTPStatus
from typing import Any

from gateway_simulators.errors import SimulatorError

_DOCUMENTATION = {"href": "https://docs.mollie.com/overview/handling-errors", "type": "text/html"}


class ApiError(SimulatorError):
    """An error answer: ``{"status", "title", "detail", "field"?, "_links"}``."""

    def __init__(self, status: int, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.field = field

    def body(self) -> dict[str, Any]:
        """See the base class."""
        error: dict[str, Any] = {
            "status": self.status,
            "title": HTTPStatus(self.status).phrase,
            "detail": str(self),
            "_links": {"documentation": _DOCUMENTATION},
        }
        return error | ({"field": self.field} if self.field else {})


def unprocessable(detail: str, field: str | None = None) -> ApiError:
    """A field is wrong, or the state does not allow it."""
    return ApiError(422, detail, field=field)


def not_found(kind: str, object_id: str) -> ApiError:
    """The account has no such object."""
    return ApiError(404, f"No {kind} exists with token {object_id}.")
