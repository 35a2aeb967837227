"""Ports that every context needs."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from admin_api.shared.store.audit_log import AuditLog
from gateway_contracts.actor import Actor
from gateway_contracts.base import Contract
from gateway_contracts.clock import Clock
from gateway_contracts.rpc import Method
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.unit_of_work import UnitOfWork

Request = TypeVar("Request", bound=Contract)
Reply = TypeVar("Reply", bound=Contract)


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
            GatewayError: the owner's typed error; Transient when it does not answer.
        """
        ...


class Documents(Protocol):
    """Rendered documents."""

    async def get(self, name: str, key: bytes) -> bytes:
        """
        Raises:
            NotFound: no such document.
            DecryptionFailed: the content key is not this document's.
        """
        ...


@dataclass(frozen=True)
class SharedPorts:
    """The ports that every context has."""

    uow: UnitOfWork
    audit: AuditLog
    keyring: Keyring
    clock: Clock
