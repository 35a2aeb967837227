"""PayPal's error answers as exceptions."""

from typing import Any, Final

from gateway_simulators.errors import SimulatorError

_NAMES: Final = {
    400: ("INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema."),
    401: ("AUTHENTICATION_FAILURE", "Authentication failed due to invalid authentication credentials."),
    403: ("NOT_AUTHORIZED", "Authorization failed due to insufficient permissions."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    405: ("METHOD_NOT_SUPPORTED", "The server does not implement the requested HTTP method."),
    409: ("RESOURCE_CONFLICT", "The server has detected a conflict while processing this request."),
    413: ("INVALID_REQUEST", "The request is too large."),
    422: (
        "UNPROCESSABLE_ENTITY",
        "The requested action could not be performed, semantically incorrect, or failed business validation.",
    ),
}
_INTERNAL: Final = ("INTERNAL_SERVER_ERROR", "An internal server error has occurred.")


class ApiError(SimulatorError):
    """``{"name", "message", "debug_id", "details": [{"issue", "description", "field"}], "links"}``."""

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
            detail |= {"field": self.field, "location": "body"}
        name, message = _NAMES.get(self.status, _INTERNAL)
        documentation = f"https://developer.paypal.com/api/rest/reference/orders/v2/errors/#{self.issue}"
        link = {"href": documentation, "rel": "information_link", "method": "GET"}
        return {"name": name, "message": message, "debug_id": "simulated", "details": [detail], "links": [link]}


class TokenError(SimulatorError):
    """``{"error", "error_description"}``, as the token endpoint answers."""

    status = 401

    def body(self) -> dict[str, Any]:
        """The JSON answer."""
        return {"error": "invalid_client", "error_description": "Client Authentication failed"}


def invalid(field: str, description: str, issue: str = "INVALID_PARAMETER_VALUE") -> ApiError:
    """A parameter is missing or wrong."""
    return ApiError(400, issue, description, field=field)


def unprocessable(issue: str, description: str, field: str | None = None) -> ApiError:
    """Well-formed, but it cannot be done."""
    return ApiError(422, issue, description, field=field)


def not_found() -> ApiError:
    """The account has no such resource."""
    return ApiError(404, "INVALID_RESOURCE_ID", "The specified resource does not exist.")
