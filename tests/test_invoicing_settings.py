"""Every setting of invoicing is read: none is accepted that does nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from pydantic import BaseModel

from admin_api.tenancy.web.schemas.invoicing import InvoicingFacts, InvoicingView
from admin_api.tenancy.web.schemas.tenancy import SiteSettingsIn

ROOT: Final = Path(__file__).parent.parent
INVOICE: Final = "svc-invoice/src/invoice"
_SELLER: Final = f"{INVOICE}/domain/seller.py"
_COMPLETE: Final = f"{INVOICE}/use_cases/complete_draft.py"
_FORMS: Final = f"{INVOICE}/einvoice/settings.py"
_NUMBERS: Final = "libs/contracts/src/gateway_contracts/numbering.py"
_LAYOUT: Final = (
    "prefix",
    "periodType",
    "periodGranularity",
    "fiscalYearStartMonth",
    "fiscalYearLabelMode",
    "periodSeparator",
    "infix",
    "sequenceDigits",
    "suffix",
    "resetPolicy",
    "startNumber",
)

READ_IN: Final = {
    "enabled": _SELLER,
    "autoGenerateInvoice": _SELLER,
    "companyName": _SELLER,
    "companyAddress.street": _SELLER,
    "companyAddress.street2": _SELLER,
    "companyAddress.city": _SELLER,
    "companyAddress.postalCode": _SELLER,
    "companyAddress.state": _SELLER,
    "companyAddress.country": _SELLER,
    "companyEmail": _SELLER,
    "vatId": _SELLER,
    "taxNumber": _SELLER,
    "companyRegister": _SELLER,
    "companyRepresentatives": _SELLER,
    "companyContact": _SELLER,
    "companyPhone": _SELLER,
    "companyRegistrationId": _SELLER,
    "vatExemptionNote": _SELLER,
    "bankIBAN.plaintext": _SELLER,
    "legalTimeZone": "libs/contracts/src/gateway_contracts/time_zones.py",
    "paperFormat": f"{INVOICE}/adapters/looks.py",
    "eInvoice.enabled": _FORMS,
    "eInvoice.allowedFormats": _FORMS,
    "eInvoice.strictValidation": _FORMS,
    "eInvoice.sellerPeppolRoutingAddress": _SELLER,
    **{f"invoiceNumberLayout.{part}": _NUMBERS for part in _LAYOUT},
    **{f"creditNoteNumberLayout.{part}": _NUMBERS for part in _LAYOUT},
    "autoPaymentLinkExpiresInHours": f"{INVOICE}/use_cases/automatic_links.py",
    "locale": f"{INVOICE}/use_cases/write_draft.py",
    "paymentTerms": _COMPLETE,
    "paymentTermDays": _COMPLETE,
    "footer": _COMPLETE,
    "accountingCurrency": _SELLER,
}
"""The code that acts on each setting of an organization. A new one is entered with its reader."""
OF_SITES: Final = {
    name: f"{INVOICE}/adapters/organizations.py" for name in ("invoicePrefix", "creditNotePrefix", "documentFooter")
}
"""The same for the settings of a site about documents."""


def settings_of(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Public names of all values; those of objects behind the object's name."""
    for name, field in model.model_fields.items():
        public = f"{before}{field.alias or field.serialization_alias or name}"
        parts = [part for part in _types(field.annotation) if issubclass(part, BaseModel)]
        if parts:
            yield from settings_of(parts[0], f"{public}.")
        else:
            yield public


def _types(annotation: Any) -> list[type]:
    inner = [found for argument in get_args(annotation) for found in _types(argument)]
    return [annotation] if isinstance(annotation, type) and not inner else inner


def is_read(name: str, file: str) -> bool:
    source = (ROOT / file).read_text("utf-8")
    if file == _NUMBERS:
        # A layout is read as a whole: its parts are attributes.
        snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in name.rpartition(".")[2])
        return f"self.{snake}" in source or f".{snake}" in (ROOT / INVOICE / "use_cases/assign_number.py").read_text()
    key = name.removesuffix(".plaintext").rpartition(".")[2]
    return f'"{key}"' in source


def test_every_setting_has_its_reader() -> None:
    assert set(settings_of(InvoicingFacts)) == set(READ_IN)


def test_every_setting_is_shown() -> None:
    shown = {field.alias for field in InvoicingView.model_fields.values()}

    assert {name.partition(".")[0] for name in READ_IN} | {"legalTimeZoneInForce"} == shown


def test_settings_of_sites_about_documents_have_their_reader() -> None:
    assert {name for name in settings_of(SiteSettingsIn) if "refix" in name or "ooter" in name} == set(OF_SITES)


@pytest.mark.parametrize(("name", "file"), [*READ_IN.items(), *OF_SITES.items()])
def test_the_reader_names_the_setting(name: str, file: str) -> None:
    assert is_read(name, file)
