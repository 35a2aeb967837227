"""Settings of key-management services: one row per tenant."""

from admin_api.encryption.domain.kms_settings import KmsSettings
from gateway_contracts.errors import ChangedMeanwhile
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.unit_of_work import Tx


class SettingsOfKms(GlobalStore[KmsSettings]):
    """Changes are guarded by a revision."""

    async def of(self, organization_id: str) -> KmsSettings:
        """Of a tenant (empty id: of the system); the local service until others were stored."""
        fresh = KmsSettings.of(organization_id)
        return await self.get(None, fresh.id) or fresh

    def save(self, tx: Tx, before: KmsSettings, after: KmsSettings) -> None:
        """Store the settings that follow ``before``."""
        if before.revision == 0:
            self.insert(tx, after, otherwise=ChangedMeanwhile())
        else:
            self.replace(tx, before, after)
