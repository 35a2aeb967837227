"""The encrypted fields of this service's database: what a new data key makes it encrypt again."""

from typing import Final

from gateway_kit.mongo.encrypted_fields import EncryptedCollection, EncryptedField

ENCRYPTED: Final = (
    EncryptedCollection(
        "checkouts",
        tuple(
            EncryptedField(name)
            for name in (
                "session_public_id",
                "short_code",
                "metadata",
                "party",
                "shipping",
                "return_url",
                "cancel_url",
                "ipn_url",
            )
        ),
        walk="tenant",
    ),
    EncryptedCollection(
        "transactions",
        # Hidden rows stand apart in the lists' indexes, and must be encrypted again too: the walk is over the ids.
        tuple(EncryptedField(name) for name in ("session_public_id", "metadata", "party", "ipn_url", "return_page")),
    ),
    EncryptedCollection("refunds", (EncryptedField("reason"),)),
)
