"""PayPal's error answers as exceptions."""

from typing import Any

from gateway_simulators.errors import SimulatorError

_NAMES = {
    400: "INVALID_REQUEST",
    401: "AUTHENTICATION_FAILURE",
    403: "NOT_AUTHORIZED",
    404: "RESOURCE_NOT_FOUND",
    422: "UNPROCESSABLE_ENTITY",
}


class ApiError(SimulatorError):
    """``{"name", "message", "debug_id", "details": [{"issue", "description", "field"}]}``."""

    def __init__(self, status: int, issue: str, description: str, *, field: str | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.issue = issue
        self.description = description
        self.field = field

    def body(self) -> dict[str, Any]:
        """The JSON answer."""
        detail = {"issue": self.issue, "description": self.description}
        if self.field:
            detail["field"] = self.field
        return {
            "name": _NAMES.get(self.status, "INTERNAL_SERVER_ERROR"),
            "message": self.description,
            "debug_id": "simulated",
            "details": [detail],
            "links": [],
        }


class TokenError(SimulatorError):
    """``{"error", "error_description"}``, as the token endpoint answers."""

    status = 401

    def body(self) -> dict[str, Any]:
        """The JSON answer."""
        return {"error": "invalid_client", "error_description": "Client Authentication failed"}


def invalid(field: str, description: str, issue: str = "INVALID_PARAMETER_VALUE") -> ApiError:
    """A parameter is missing or wrong."""
    return ApiError(400, issue, description, field=field)


def unprocessable(issue: str, description: str) -> ApiError:
    """Well-formed, but it cannot be done."""
    return ApiError(422, issue, description)


def not_found() -> ApiError:
    """The account has no such resource."""
    return ApiError(404, "INVALID_RESOURCE_ID", "The specified resource does not exist.")
