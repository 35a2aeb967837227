"""The encrypted fields of this service's database: what a new data key makes it encrypt again.

A party's digest stays: it is of the text, not of the ciphertext, so the register's seals hold.
"""

from typing import Final

from gateway_kit.mongo.encrypted_fields import EncryptedCollection, EncryptedField
from invoice.store.documents import INVOICES

ENCRYPTED: Final = (
    EncryptedCollection(
        INVOICES,
        (
            EncryptedField("buyer.value", name="buyer"),
            EncryptedField("seller.value", name="seller"),
            EncryptedField("document_key"),
        ),
    ),
)
