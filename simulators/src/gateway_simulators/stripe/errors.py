"""Stripe's error answers as exceptions."""

from typing import Any

from gateway_simulators.errors import SimulatorError


class ApiError(SimulatorError):
    """An error answer: ``{"error": {"type", "code", "message", "param", ...}}``.

    Attributes:
        status: HTTP status.
        saved: whether the endpoint had begun to act, so that the answer belongs to the idempotency key.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        saved: bool = False,
        **facts: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param
        self.saved = saved
        self.facts = facts

    def body(self) -> dict[str, Any]:
        """The JSON answer; absent facts are left out."""
        error: dict[str, Any] = {"type": self.kind, "message": self.message}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        error.update({name: value for name, value in self.facts.items() if value is not None})
        return {"error": error}


def missing(param: str) -> ApiError:
    """A required parameter is absent."""
    return ApiError(400, f"Missing required param: {param}.", code="parameter_missing", param=param)


def no_such(resource: str, object_id: str, param: str = "id") -> ApiError:
    """The account has no such object."""
    return ApiError(404, f"No such {resource}: '{object_id}'", code="resource_missing", param=param)


def unexpected_state(message: str, intent: dict[str, Any]) -> ApiError:
    """The intent's status does not allow this; the answer carries the intent."""
    return ApiError(400, message, code="payment_intent_unexpected_state", payment_intent=intent, saved=True)
