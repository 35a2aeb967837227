"""Ports of the use cases about data keys."""

from dataclasses import dataclass

from admin_api.encryption.domain.destroyed_key import DestroyedKey
from admin_api.encryption.store.rotations import Rotations
from admin_api.encryption.store.settings_of_kms import SettingsOfKms
from admin_api.shared.store.audit_log import AuditLog
from admin_api.tenancy.store.data_keys import DataKeys
from admin_api.tenancy.store.records import Records
from gateway_contracts.clock import Clock
from gateway_contracts.config import OrganizationConfig
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.crypto.kms_directory import KmsDirectory
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Encryption:
    """The ports around data keys."""

    uow: UnitOfWork
    organizations: Records[OrganizationConfig]
    deks: DataKeys
    destroyed: GlobalStore[DestroyedKey]
    kms: SettingsOfKms
    rotations: Rotations
    audit: AuditLog
    keyring: Keyring
    directory: KmsDirectory
    clock: Clock
    is_development: bool = False
