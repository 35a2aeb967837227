"""GoCardless' error answers as exceptions."""

from typing import Any

from gateway_simulators.errors import SimulatorError


class ApiError(SimulatorError):
    """``{"error": {"type", "code", "message", "errors": [{"reason", "message", ...}]}}``."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_api_usage",
        reason: str | None = None,
        field: str | None = None,
        links: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.reason = reason
        self.field = field
        self.links = links

    def body(self) -> dict[str, Any]:
        """The JSON answer."""
        item: dict[str, Any] = {"message": self.message}
        if self.reason:
            item["reason"] = self.reason
        if self.field:
            item |= {"field": self.field, "request_pointer": f"/{self.field}"}
        if self.links:
            item["links"] = self.links
        error = {
            "message": self.message,
            "documentation_url": f"https://developer.gocardless.com/api-reference#{self.reason or self.kind}",
            "type": self.kind,
            "request_id": "simulated",
            "errors": [item],
            "code": self.status,
        }
        return {"error": error}


def invalid(field: str, message: str) -> ApiError:
    """A parameter is missing or wrong."""
    return ApiError(422, f"{field} {message}", kind="validation_failed", field=field)


def wrong_state(reason: str, message: str) -> ApiError:
    """The resource's status does not allow this."""
    return ApiError(422, message, kind="invalid_state", reason=reason)


def not_found(identifier: str) -> ApiError:
    """The account has no such resource."""
    return ApiError(404, f"Resource not found: {identifier}", reason="resource_not_found")


def key_used(identifier: str) -> ApiError:
    """The idempotency key made something before."""
    return ApiError(
        409,
        "A resource has already been created with this idempotency key",
        kind="invalid_state",
        reason="idempotent_creation_conflict",
        links={"conflicting_resource_id": identifier},
    )
