"""How a document was or is to be paid (BG-16)."""

from typing import Any, Final

from invoice.domain.content import DocumentContent

# UNTDID 4461.
_CARD: Final = "48"
_SEPA_TRANSFER: Final = "58"
_TRANSFER: Final = "30"
_ONLINE: Final = "68"
_UNDEFINED: Final = "1"


def payment_terms(content: DocumentContent) -> dict[str, Any]:
    """Means of a payment that was made; for an open document the seller's account, or the way to pay online."""
    paid = content.payment
    reference = paid.reference or content.number
    if paid.method and content.due <= 0:
        return {"BT-83": reference, **_paid(content)}
    if paid.iban:
        is_sepa = content.currency == "EUR"
        return {
            "BT-81": _SEPA_TRANSFER if is_sepa else _TRANSFER,
            "BT-83": reference,
            "BT-84": paid.iban.replace(" ", "").upper(),
            "BT-85": paid.account_name or content.seller.name,
            "BT-86": paid.bic,
        }
    return {"BT-83": reference, "BT-81": _ONLINE if paid.link else _UNDEFINED}


def _paid(content: DocumentContent) -> dict[str, Any]:
    """A card by its last digits (BR-51); other ways belong to the provider."""
    paid = content.payment
    if paid.method == "card" and paid.last4:
        network = paid.brand or paid.method
        return {"BT-81": _CARD, "BT-82": network, "BT-87": paid.last4, "BT-87-1": network}
    return {"BT-81": _ONLINE, "BT-82": paid.method}
