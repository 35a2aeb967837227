"""The encrypted fields of this service's database."""

from typing import Final

from gateway_kit.mongo.encrypted_fields import EncryptedCollection, EncryptedField

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
