"""What the use cases about data keys need from the outside."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from admin_api.encryption.domain.kms_settings import KmsSettings
from admin_api.encryption.domain.rotation import RotationJob
from admin_api.shared.ports import AuditLog
from admin_api.tenancy.ports import RecordStore
from gateway_contracts.clock import Clock
from gateway_contracts.config import OrganizationConfig, WrappedDek
from gateway_contracts.encrypted import Purpose
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.crypto.kms_directory import KmsDirectory
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork


@dataclass(frozen=True)
class KeptDek:
    """A wrapped data key and its history. ``retired_at``: since then nothing is encrypted with it."""

    record: WrappedDek
    created_at: datetime
    retired_at: datetime | None = None
    rewrapped_by: str | None = None


class DekRecords(Protocol):
    """Wrapped data keys of tenants (empty id: of the system)."""

    async def of_tenant(self, organization_id: str, tx: Tx | None = None) -> list[KeptDek]: ...

    async def insert(self, record: WrappedDek, tx: Tx) -> None: ...

    async def rewrap(self, tx: Tx, before: WrappedDek, after: WrappedDek, job_id: str) -> WrappedDek | None:
        """The record as it is stored now; None where it was not there any more as it was."""
        ...

    async def retire(self, tx: Tx, record: WrappedDek) -> WrappedDek | None:
        """The record that nothing is encrypted with any more; None if it is gone."""
        ...

    async def destroy(self, tx: Tx, record: WrappedDek) -> bool:
        """Delete it, with every copy that waits or waited in the outbox. Whether it was there."""
        ...

    async def touch(self, tx: Tx, organization_id: str, purpose: Purpose) -> bool:
        """Whether the tenant has such a key; a transaction that destroys it meanwhile conflicts with this one."""
        ...

    async def destroyed(self) -> frozenset[str]:
        """The configuration keys of data keys that were destroyed."""
        ...

    def retired_before(self, moment: datetime) -> AsyncIterator[KeptDek]: ...


class KmsSettingsStore(Protocol):
    """Settings of key-management services, by tenant."""

    async def find(self, organization_id: str) -> KmsSettings: ...

    async def save(self, tx: Tx, before: KmsSettings, after: KmsSettings) -> None:
        """
        Raises:
            Conflict: they were changed meanwhile.
        """
        ...

    def every(self) -> AsyncIterator[KmsSettings]: ...


class RotationStore(Protocol):
    """Jobs."""

    async def insert(self, tx: Tx, job: RotationJob) -> None:
        """
        Raises:
            Conflict: a job of this tenant runs.
        """
        ...

    async def find(self, organization_id: str, job_id: str) -> RotationJob | None: ...

    async def find_by_id(self, job_id: str, tx: Tx | None = None) -> RotationJob | None:
        """Of any tenant: for services that report."""
        ...

    async def running(self) -> list[RotationJob]: ...

    async def latest(self, organization_id: str, limit: int) -> list[RotationJob]:
        """Newest first."""
        ...

    async def save(self, tx: Tx, job: RotationJob) -> bool:
        """Whether it still ran."""
        ...


@dataclass(frozen=True)
class Encryption:
    """The ports around data keys."""

    uow: UnitOfWork
    organizations: RecordStore[OrganizationConfig]
    deks: DekRecords
    kms: KmsSettingsStore
    rotations: RotationStore
    audit: AuditLog
    keyring: Keyring
    directory: KmsDirectory
    clock: Clock
    is_development: bool = False
