"""The encrypted fields of this service's database, and how those inside configuration records change."""

from collections.abc import Sequence
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.config import ConfigRecord, OrganizationConfig, ProviderConfig, SiteConfig
from gateway_kit.mongo.encrypted_fields import EncryptedCollection, EncryptedField
from gateway_kit.mongo.reencrypt import Renewal, Rewrite
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork

ENCRYPTED: Final = (
    EncryptedCollection("clients", (EncryptedField("party"), EncryptedField("tax")), walk="tenant"),
    EncryptedCollection(
        "organizations",
        (
            EncryptedField("record.invoicing.*.encrypted", name="invoicing.{0}"),
            EncryptedField("record.invoicingTest.*.encrypted", name="invoicing_test.{0}"),
        ),
    ),
    EncryptedCollection("providers", (EncryptedField("record.secrets.*.[]", name="secrets.{0}"),), scope="system"),
    EncryptedCollection("sites", (EncryptedField("record.ipnSecrets.*.[]", name="ipn_secrets.{0}"),), scope="system"),
    EncryptedCollection("persons", (EncryptedField("email"), EncryptedField("name")), scope="system"),
    EncryptedCollection("passkeys", (EncryptedField("label"),), scope="system"),
    EncryptedCollection("audit_addresses", (EncryptedField("address"),), scope="system"),
    EncryptedCollection("idempotency", (EncryptedField("body"),), scope="system"),
)

_RECORDS: Final[dict[str, tuple[str, type[ConfigRecord]]]] = {
    "organizations": ("org", OrganizationConfig),
    "providers": ("provider", ProviderConfig),
    "sites": ("site", SiteConfig),
}


def record_rewriters(db: AsyncDatabase[dict[str, Any]], uow: UnitOfWork) -> dict[str, Rewrite]:
    """Records of the configuration bucket: with a new version, published in the transaction that changes them."""
    return {collection: _rewriter(db, uow, collection) for collection in _RECORDS}


def _rewriter(db: AsyncDatabase[dict[str, Any]], uow: UnitOfWork, collection: str) -> Rewrite:
    prefix, record = _RECORDS[collection]

    async def rewrite(identifier: str, renewals: Sequence[Renewal]) -> bool:
        async def work(tx: Tx) -> bool:
            unchanged: dict[str, Any] = {f"{renewal.path}.c": renewal.before.c for renewal in renewals}
            row = await db[collection].find_one({"_id": identifier, **unchanged}, session=tx.session)
            if row is None:
                return False  # changed meanwhile: the next pass looks again
            version = row["version"] + 1
            change: dict[str, Any] = {"version": version, "record.version": version}
            change |= {renewal.path: renewal.after.wire() for renewal in renewals}
            await db[collection].update_one({"_id": identifier}, {"$set": change}, session=tx.session)
            after = await db[collection].find_one({"_id": identifier}, session=tx.session)
            assert after is not None, "it was just changed"
            tx.put_config(f"{prefix}.{identifier}", record.model_validate(after["record"]), version=version)
            return True

        return await uow.run(work)

    return rewrite
