"""The whole failure space of the gateway.

    GatewayError(message, **data)
    ├─ Rejected               the caller's fault, final         (consumer: dead letter, no retry)
    │   ├─ Unreadable         400  not understood at all
    │   ├─ Unauthenticated    401  no or unknown credentials
    │   ├─ Forbidden          403  known caller, not allowed
    │   ├─ NotFound           404  does not exist, or belongs to another tenant
    │   ├─ Conflict           409  against the present state; CHANGED_MEANWHILE alone may succeed when repeated
    │   ├─ Gone               410  existed, and is not kept any more
    │   ├─ TooLarge           413  over a size limit
    │   ├─ UnsupportedMedia   415  a body in a form that is not read
    │   ├─ Invalid            422  a rule on a field
    │   └─ RateLimited        429  too many requests
    ├─ Transient              503  try again later              (consumer: retry on schedule)
    └─ OutcomeUnknown         503  the other side may have acted (ask it, never repeat blindly)

Every error has a stable upper-snake ``code``. It travels over NATS as a typed reply and over HTTP as
``{"error", "code", "requestId", "details"}``. Anything that is not a GatewayError is a bug.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

CHANGED_MEANWHILE: Final = "CHANGED_MEANWHILE"
"""The code of a lost race; see `ChangedMeanwhile`."""


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong with one field; ``field`` is the path in the request, such as ``items[0].quantity``."""

    field: str
    message: str


class GatewayError(Exception):
    """Base of all expected errors.

    Attributes:
        code: stable identifier, upper snake case.
        status: the HTTP status that edges answer with.
        details: problems of single fields.
        data: facts for the caller, added to the error body.
        retry_after_s: seconds after which a retry makes sense.
    """

    status: ClassVar[int] = 500
    default_code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: Sequence[FieldProblem] = (),
        retry_after_s: int | None = None,
        **data: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.details = tuple(details)
        self.retry_after_s = retry_after_s
        self.data = data

    def to_wire(self) -> dict[str, Any]:
        """The typed reply. A service's own error class travels as the kind that it refines."""
        return {
            "kind": next((kind.__name__ for kind in type(self).__mro__ if kind.__name__ in _KINDS), ""),
            "code": self.code,
            "message": self.message,
            "details": [{"field": problem.field, "message": problem.message} for problem in self.details],
            "retryAfterS": self.retry_after_s,
            "data": self.data,
        }


class Rejected(GatewayError):
    """The caller's fault; the same request will fail the same way."""

    status = 400
    default_code = "REJECTED"


class Unreadable(Rejected):
    """The request cannot be understood."""

    status = 400
    default_code = "BAD_REQUEST"


class Unauthenticated(Rejected):
    """No credentials, or unknown ones."""

    status = 401
    default_code = "UNAUTHENTICATED"


class Forbidden(Rejected):
    """The caller is known and not allowed."""

    status = 403
    default_code = "FORBIDDEN"


class NotFound(Rejected):
    """Does not exist for this caller."""

    status = 404
    default_code = "NOT_FOUND"


class Conflict(Rejected):
    """Against the present state of the object."""

    status = 409
    default_code = "CONFLICT"


class ChangedMeanwhile(Conflict):
    """A lost race: the object has another version than the one that was read. Reading it again may succeed."""

    default_code = CHANGED_MEANWHILE

    def __init__(self) -> None:
        super().__init__("the object was changed meanwhile; read it again", retry_after_s=1)


class Gone(Rejected):
    """Existed, and is not kept any more."""

    status = 410
    default_code = "GONE"


class TooLarge(Rejected):
    """Over a size limit."""

    status = 413
    default_code = "PAYLOAD_TOO_LARGE"


class UnsupportedMedia(Rejected):
    """The body is in a form that is not read, or does not say which."""

    status = 415
    default_code = "UNSUPPORTED_MEDIA_TYPE"


class Invalid(Rejected):
    """A rule on a field is broken."""

    status = 422
    default_code = "VALIDATION_FAILED"

    @classmethod
    def field(cls, field: str, message: str, *, code: str | None = None) -> "Invalid":
        """One broken rule on one field."""
        return cls(f"{field}: {message}", code=code, details=[FieldProblem(field, message)])


class RateLimited(Rejected):
    """Too many requests."""

    status = 429
    default_code = "RATE_LIMITED"


class Transient(GatewayError):
    """A passing fault; the same request may succeed later."""

    status = 503
    default_code = "TEMPORARILY_UNAVAILABLE"

    def __init__(self, message: str, *, retry_after_s: int | None = 1, **options: Any) -> None:
        super().__init__(message, retry_after_s=retry_after_s, **options)


class OutcomeUnknown(GatewayError):
    """The other side may have acted; only asking it tells."""

    status = 503
    default_code = "OUTCOME_UNKNOWN"


_KINDS: dict[str, type[GatewayError]] = {
    kind.__name__: kind
    for kind in (
        Rejected,
        Unreadable,
        Unauthenticated,
        Forbidden,
        NotFound,
        Conflict,
        Gone,
        TooLarge,
        UnsupportedMedia,
        Invalid,
        RateLimited,
        Transient,
        OutcomeUnknown,
    )
}


def is_final(error: BaseException) -> bool:
    """Whether the same work would be refused again. A lost race is not final, also where another service lost it."""
    return isinstance(error, Rejected) and error.code != CHANGED_MEANWHILE


def from_wire(reply: dict[str, Any]) -> GatewayError:
    """The error that a typed reply carries; an unknown kind becomes the base error."""
    kind = _KINDS.get(reply.get("kind", ""), GatewayError)
    problems = [FieldProblem(item["field"], item["message"]) for item in reply.get("details", [])]
    return kind(
        reply["message"],
        code=reply["code"],
        details=problems,
        retry_after_s=reply.get("retryAfterS"),
        **reply.get("data", {}),
    )
