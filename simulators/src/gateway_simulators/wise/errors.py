"""Wise's error answers as exceptions."""

from typing import Any

from gateway_simulators.errors import SimulatorError


class ApiError(SimulatorError):
    """``{"errors": [{"code", "message", "path"?}]}``; some refusals have a shape of their own."""

    def __init__(self, status: int, code: str, message: str, *, path: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.path = path

    def body(self) -> dict[str, Any]:
        """The JSON answer."""
        if self.status == 401:
            return {"error": "invalid_token", "error_description": str(self)}
        error = {"code": self.code, "message": str(self), "arguments": []}
        return {"errors": [error | ({"path": self.path} if self.path else {})]}


def invalid(path: str, message: str) -> ApiError:
    """A field is missing or wrong."""
    return ApiError(422, "NOT_VALID", message, path=path)


def not_found(identifier: str) -> ApiError:
    """The account has no such thing."""
    return ApiError(404, "NOT_FOUND", f"No such resource: {identifier}")
