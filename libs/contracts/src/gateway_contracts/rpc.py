"""Requests between services: typed methods on subjects ``rpc.<service>.<method>``."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import ValidationError

from gateway_contracts.actor import Actor
from gateway_contracts.base import Contract
from gateway_contracts.errors import Invalid, TooLarge
from gateway_contracts.limits import REQUEST_TEXTS_BYTES_MAX
from gateway_contracts.rules import refusal
from gateway_contracts.values import inspect

Request = TypeVar("Request", bound=Contract)
Reply = TypeVar("Reply", bound=Contract)

HEADER_DEADLINE = "Gw-Deadline-Ms"
"""Unix milliseconds after which no caller waits for the answer."""
HEADER_REQUEST_ID = "X-Request-Id"
HEADER_ORGANIZATION = "Gw-Organization"
"""The actor's organization, absent where it has none: whose share of the places a request takes. It proves nothing."""
HEADER_ERROR = "Gw-Error"
"""Present (with the error's code) when the reply body is an error."""


@dataclass(frozen=True)
class Method(Generic[Request, Reply]):
    """One method of a service. ``timeout_s`` is the caller's default patience."""

    subject: str
    request: type[Request]
    reply: type[Reply]
    timeout_s: float = 5.0

    def read(self, data: object) -> Request:
        """A request as its owner takes it: the same rule for texts and numbers as at the APIs.

        Raises:
            Invalid: a field that cannot be kept or passed on, or breaks its rule.
            TooLarge: texts beyond what an API lets through.
        """
        seen = inspect(data)
        if seen.flaw is not None:
            raise Invalid.field(seen.flaw.field, seen.flaw.message)
        if seen.texts_bytes > REQUEST_TEXTS_BYTES_MAX:
            raise TooLarge(f"the texts of a request may have {REQUEST_TEXTS_BYTES_MAX} bytes")
        try:
            return self.request.model_validate(data)
        except ValidationError as exc:
            raise refusal(exc) from None

    @property
    def service(self) -> str:
        """The rpc name of the owner."""
        return self.subject.split(".")[1]


class Call(Contract):
    """Envelope around a request's own fields.

    ``operation_id`` is stored by the owner together with the effect of a mutating request; the same id again gets the
    same answer, so a caller may always repeat after a timeout.
    """

    actor: Actor
    operation_id: str | None = None


class Empty(Contract):
    """No fields."""


class Rpc(Protocol):
    """Requests to other services."""

    async def call(
        self,
        method: Method[Request, Reply],
        request: Request,
        *,
        actor: Actor,
        operation_id: str | None = None,
        timeout_s: float | None = None,
    ) -> Reply:
        """
        Raises:
            GatewayError: the owner's typed error; `Transient` when it does not answer.
        """
        ...
