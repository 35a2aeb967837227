"""Seller and automatic invoicing: the organization's invoicing settings, read tolerantly."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


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

    def content(self) -> dict[str, str]:
        """The known fields."""
        return {name: value for name, value in asdict(self).items() if value}


def seller_from_settings(name: str, country: str | None, invoicing: Mapping[str, Any]) -> Seller:
    """The seller; ``name`` and ``country`` of the organization stand in where the settings have none."""
    address = invoicing.get("companyAddress")
    address = address if isinstance(address, Mapping) else {}
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
    )


def issues_automatically(invoicing: Mapping[str, Any]) -> bool:
    """Whether a successful payment makes an invoice: yes, unless invoicing or its automation is switched off."""
    return invoicing.get("enabled") is not False and invoicing.get("autoGenerateInvoice") is not False


def _text(source: Mapping[str, Any], key: str) -> str | None:
    value = source.get(key)
    return value.strip() or None if isinstance(value, str) else None
