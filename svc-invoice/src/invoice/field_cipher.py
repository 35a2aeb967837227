"""Parties: opened from events, kept under the ``records`` key beside their document, as is the document's own key."""

import json
from typing import Final

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.events.transaction import Party
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.nats.documents import new_content_key
from invoice.domain.invoice import Invoice, Sealed
from invoice.domain.payment_link import PaymentLink
from invoice.domain.seller import Seller

COLLECTION: Final = "invoices"
DOCUMENT_KEY: Final = "document_key"
PAYMENT_LINK: Final = "payment_link.url"
REASON: Final = "corrections.[].reason"
FORMER_BUYER: Final = "corrections.[].buyer"


class FieldCipher:
    """Each party is bound to its organization, its invoice and its role."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def open_event(self, value: EncryptedValue, *, organization_id: str, event_type: str, event_id: str) -> Party:
        return Party.model_validate_json(self._keyring.decrypt(value, organization_id, event_type, event_id, "party"))

    def open_shipping(self, value: EncryptedValue, *, organization_id: str, event_type: str, event_id: str) -> Party:
        """The delivery address that an event carries."""
        content = self._keyring.decrypt(value, organization_id, event_type, event_id, "shipping")
        return Party.model_validate_json(content)

    def open_session(self, value: EncryptedValue, *, organization_id: str, event_type: str, event_id: str) -> str:
        """The secret name of the checkout session that an event is about."""
        return self._keyring.decrypt(value, organization_id, event_type, event_id, "session_public_id").decode()

    def seal_buyer(self, buyer: Party, *, organization_id: str, invoice_id: str) -> Sealed:
        return self._seal(buyer.wire(), "buyer", organization_id, invoice_id)

    def seal_seller(self, seller: Seller, *, organization_id: str, invoice_id: str) -> Sealed:
        return self._seal(seller.content(), "seller", organization_id, invoice_id)

    def open_buyer(self, invoice: Invoice) -> Party | None:
        content = self._open(invoice.buyer, "buyer", invoice)
        return None if content is None else Party.model_validate_json(content)

    def open_seller(self, invoice: Invoice) -> Seller:
        content = self._open(invoice.seller, "seller", invoice)
        return Seller(name="") if content is None else Seller(**json.loads(content))

    def seal_ship_to(self, party: Party, *, organization_id: str, invoice_id: str) -> Sealed:
        return self._seal(party.wire(), "ship_to", organization_id, invoice_id)

    def open_ship_to(self, invoice: Invoice) -> Party | None:
        content = self._open(invoice.ship_to, "ship_to", invoice)
        return None if content is None else Party.model_validate_json(content)

    def seal_reason(self, reason: str, *, organization_id: str, invoice_id: str) -> Sealed:
        """Why a document was corrected."""
        return self._seal(reason, REASON, organization_id, invoice_id)

    def open_reason(self, invoice: Invoice, place: int) -> str:
        """Why the document was corrected that time."""
        content = self._open(invoice.corrections[place].reason, REASON, invoice)
        return str(json.loads(content or b'""'))

    def former_buyer(self, invoice: Invoice) -> Sealed | None:
        """The present buyer as it is kept beside a correction; its digest is the same."""
        content = self._open(invoice.buyer, "buyer", invoice)
        if content is None or invoice.buyer is None:
            return None
        value = self._keyring.encrypt(
            invoice.organization_id, COLLECTION, invoice.id, FORMER_BUYER, content, purpose="records"
        )
        return Sealed(value, invoice.buyer.digest)

    def seal_link(self, url: str, *, organization_id: str, invoice_id: str) -> EncryptedValue:
        """The address of a payment page."""
        return self._keyring.encrypt(organization_id, COLLECTION, invoice_id, PAYMENT_LINK, url, purpose="records")

    def open_link(self, invoice: Invoice, link: PaymentLink | None) -> str | None:
        """The address of that page of the invoice."""
        if link is None or link.url is None:
            return None
        return self._keyring.decrypt(link.url, invoice.organization_id, COLLECTION, invoice.id, PAYMENT_LINK).decode()

    def new_document_key(self, *, organization_id: str, invoice_id: str) -> EncryptedValue:
        """A content key for the invoice's PDF, encrypted."""
        return self._keyring.encrypt(
            organization_id, COLLECTION, invoice_id, DOCUMENT_KEY, new_content_key(), purpose="records"
        )

    def open_document_key(self, invoice: Invoice) -> bytes:
        if invoice.document_key is None:
            raise DecryptionFailed("the invoice has no document key")
        return self._keyring.decrypt(
            invoice.document_key, invoice.organization_id, COLLECTION, invoice.id, DOCUMENT_KEY
        )

    def _seal(self, content: object, field: str, organization_id: str, invoice_id: str) -> Sealed:
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        value = self._keyring.encrypt(organization_id, COLLECTION, invoice_id, field, text, purpose="records")
        return Sealed(value, self._keyring.keyed_hash(f"invoice {field}", f"{invoice_id} {text}"))

    def _open(self, sealed: Sealed | None, field: str, invoice: Invoice) -> bytes | None:
        if sealed is None:
            return None
        return self._keyring.decrypt(sealed.value, invoice.organization_id, COLLECTION, invoice.id, field)
