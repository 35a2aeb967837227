"""Ports that every context needs."""

from dataclasses import dataclass

from admin_api.shared.store.audit_log import AuditLog
from gateway_contracts.clock import Clock
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class SharedPorts:
    """The ports that every context has."""

    uow: UnitOfWork
    audit: AuditLog
    keyring: Keyring
    clock: Clock
