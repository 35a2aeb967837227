"""Composition of everything about data keys: ports, the request of services that report, background work."""

import asyncio
from collections.abc import Sequence
from typing import Final

from admin_api.encryption.ports import Encryption
from admin_api.encryption.store.documents import DestroyedKeyDocument, KmsSettingsDocument, RotationJobDocument
from admin_api.encryption.store.rotations import Rotations
from admin_api.encryption.store.settings_of_kms import SettingsOfKms
from admin_api.encryption.use_cases.advance_rotations import advance_rotations
from admin_api.encryption.use_cases.record_reencryption import record_reencryption
from admin_api.encryption.use_cases.renew_records import record_rewriters
from admin_api.encryption.use_cases.retire_deks import purge_destroyed_deks, republish_encryption, retire_deks
from admin_api.tenancy.ports import Tenancy
from gateway_contracts.requests.rotation import REPORT_REENCRYPTION, ReencryptionReport, ReportTaken
from gateway_contracts.rpc import Call
from gateway_kit.crypto.kms_directory import KmsDirectory
from gateway_kit.logging import get_logger
from gateway_kit.mongo.documents import StoredDocument
from gateway_kit.mongo.encrypted_annotations import encrypted_collections
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.rows import MongoRows, RowsOf
from gateway_kit.service import Runtime

log = get_logger(__name__)

ADVANCE_INTERVAL_S: Final = 2.0
RETIRE_INTERVAL_S: Final = 60.0


def encryption_around(
    tenancy: Tenancy, directory: KmsDirectory, *, is_development: bool, rows: RowsOf = MongoRows
) -> Encryption:
    """The ports, over the documents' rows."""
    return Encryption(
        uow=tenancy.uow,
        organizations=tenancy.organizations,
        deks=tenancy.deks,
        destroyed=GlobalStore(DestroyedKeyDocument, rows(DestroyedKeyDocument)),
        kms=SettingsOfKms(KmsSettingsDocument, rows(KmsSettingsDocument)),
        rotations=Rotations(RotationJobDocument, rows(RotationJobDocument)),
        audit=tenancy.audit,
        keyring=tenancy.keyring,
        directory=directory,
        clock=tenancy.clock,
        is_development=is_development,
    )


async def open_encryption(runtime: Runtime, tenancy: Tenancy) -> Encryption:
    """The ports; settings and running jobs are published again."""
    is_development = runtime.settings.environment == "development"
    encryption = encryption_around(tenancy, runtime.kms, is_development=is_development)
    await republish_encryption(encryption=encryption)
    return encryption


def work_on_encryption(
    runtime: Runtime, encryption: Encryption, tenancy: Tenancy, documents: Sequence[type[StoredDocument]]
) -> None:
    """Answer reports, bring jobs forward, encrypt this service's own values (in these documents) again."""

    async def report(said: ReencryptionReport) -> bool:
        return await record_reencryption(said, encryption=encryption)

    async def taken(said: ReencryptionReport, _call: Call) -> ReportTaken:
        return ReportTaken(wanted=await report(said))

    async def advance() -> None:
        while True:
            await advance_rotations(encryption=encryption)
            await asyncio.sleep(ADVANCE_INTERVAL_S)

    async def retire() -> None:
        while True:
            if revived := await purge_destroyed_deks(encryption=encryption):
                log.warning("keys.destroyed_again", keys=len(revived))
            await retire_deks(encryption=encryption)
            await asyncio.sleep(RETIRE_INTERVAL_S)

    runtime.reencrypt(encrypted_collections(documents), report=report, rewriters=record_rewriters(tenancy))
    runtime.serve(REPORT_REENCRYPTION, taken)
    runtime.background("rotations", advance)
    runtime.background("retired-keys", retire)
