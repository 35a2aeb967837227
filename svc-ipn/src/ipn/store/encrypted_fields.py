"""The encrypted fields of this service's database: what a new data key makes it encrypt again."""

from typing import Final

from gateway_kit.mongo.encrypted_fields import EncryptedCollection, EncryptedField

ENCRYPTED: Final = (EncryptedCollection("deliveries", (EncryptedField("body"), EncryptedField("url"))),)
