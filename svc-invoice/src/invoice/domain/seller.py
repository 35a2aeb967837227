"""Seller and automatic invoicing: the organization's invoicing settings, read tolerantly."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

_NOT_KEPT: Final = frozenset({"routing_scheme", "routing_id", "accounting_currency"})


@dataclass(frozen=True)
class Seller:
    """The seller's block of a document; what is not known is left out."""

    name: str
    street: str | None = None
    street2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    email: str | None = None
    vat_id: str | None = None
    tax_number: str | None = None
    iban: str | None = None
    state: str | None = None
    register: str | None = None
    """Court and number of the commercial register."""
    representatives: str | None = None
    vat_exemption_note: str | None = None
    contact: str | None = None
    """A person or department to ask."""
    phone: str | None = None
    registration_id: str | None = None
    """Of the company, such as the number in a register."""
    routing_scheme: str | None = None
    routing_id: str | None = None
    """Its electronic address; it says nothing about a sale, so no document keeps it."""
    accounting_currency: str | None = None
    """Of its books. A document keeps the rate into it."""

    def content(self) -> dict[str, str]:
        """The known fields that a document keeps."""
        return {name: value for name, value in asdict(self).items() if value and name not in _NOT_KEPT}

    def reachable_as(self, present: "Seller") -> "Seller":
        """The seller of an earlier document with the present ways to reach and pay it, where the document has none."""
        return replace(
            self,
            contact=self.contact or present.contact,
            phone=self.phone or present.phone,
            email=self.email or present.email,
            iban=self.iban or present.iban,
            routing_scheme=present.routing_scheme,
            routing_id=present.routing_id,
        )


def seller_from_settings(name: str, country: str | None, invoicing: Mapping[str, Any]) -> Seller:
    """The seller; ``name`` and ``country`` of the organization stand in where the settings have none."""
    address = _part(invoicing, "companyAddress")
    routing = _part(_part(invoicing, "eInvoice"), "sellerPeppolRoutingAddress")
    return Seller(
        name=_text(invoicing, "companyName") or name,
        street=_text(address, "street"),
        street2=_text(address, "street2"),
        postal_code=_text(address, "postalCode"),
        city=_text(address, "city"),
        country=_text(address, "country") or country,
        email=_text(invoicing, "companyEmail"),
        vat_id=_text(invoicing, "companyVatId") or _text(invoicing, "vatId"),
        tax_number=_text(invoicing, "companyTaxNumber") or _text(invoicing, "taxNumber"),
        iban=_text(invoicing, "bankIBAN"),
        state=_text(address, "state"),
        register=_text(invoicing, "companyRegister"),
        representatives=_text(invoicing, "companyRepresentatives"),
        vat_exemption_note=_text(invoicing, "vatExemptionNote"),
        contact=_text(invoicing, "companyContact"),
        phone=_text(invoicing, "companyPhone"),
        registration_id=_text(invoicing, "companyRegistrationId"),
        routing_scheme=_text(routing, "schemeId"),
        routing_id=_text(routing, "value"),
        accounting_currency=_text(invoicing, "accountingCurrency"),
    )


def issues_automatically(invoicing: Mapping[str, Any]) -> bool:
    """Whether a successful payment makes an invoice: yes, unless invoicing or its automation is switched off."""
    return invoicing.get("enabled") is not False and invoicing.get("autoGenerateInvoice") is not False


def _text(source: Mapping[str, Any], key: str) -> str | None:
    value = source.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _part(source: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = source.get(key)
    return value if isinstance(value, Mapping) else {}
