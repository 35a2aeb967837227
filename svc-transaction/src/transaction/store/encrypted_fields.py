"""The encrypted fields of this service's database: what a new data key makes it encrypt again."""

from typing import Final

from gateway_kit.mongo.encrypted_fields import EncryptedCollection, EncryptedField

ENCRYPTED: Final = (
    EncryptedCollection(
        "checkouts",
        tuple(
            EncryptedField(name) for name in ("metadata", "party", "shipping", "return_url", "cancel_url", "ipn_url")
        ),
        walk="tenant",
    ),
    EncryptedCollection(
        "transactions",
        tuple(EncryptedField(name) for name in ("metadata", "party", "ipn_url", "return_page")),
        walk="tenant",
    ),
    EncryptedCollection("refunds", (EncryptedField("reason"),)),
)
