"""The documents around data keys in MongoDB; the data keys themselves belong to tenancy."""

from typing import ClassVar

from admin_api.encryption.domain.destroyed_key import DestroyedKey
from admin_api.encryption.domain.kms_settings import KmsSettings
from admin_api.encryption.domain.rotation import RotationJob
from gateway_contracts.collections import collection_of
from gateway_kit.mongo.documents import StoredDocument


class DestroyedKeyDocument(DestroyedKey, StoredDocument):
    """The key in the configuration bucket of a data key that was destroyed."""

    collection: ClassVar = collection_of("gw_admin", "destroyed_deks")


class KmsSettingsDocument(KmsSettings, StoredDocument):
    """Where a tenant's data keys are wrapped."""

    collection: ClassVar = collection_of("gw_admin", "kms_settings")
    guard: ClassVar = ("revision",)


class RotationJobDocument(RotationJob, StoredDocument):
    """A job; a unique index lets one job of a tenant run at a time. Only running ones change."""

    collection: ClassVar = collection_of("gw_admin", "rotation_jobs")
    guard: ClassVar = ("state",)


DOCUMENTS = (DestroyedKeyDocument, KmsSettingsDocument, RotationJobDocument)
