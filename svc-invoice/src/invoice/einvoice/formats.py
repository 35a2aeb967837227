"""Formats of electronic invoices."""

from dataclasses import dataclass
from typing import Final, Literal

EInvoiceFormat = Literal["zugferd", "xrechnung", "peppol"]
EN16931: Final = "urn:cen.eu:en16931:2017"
_PROCESS: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


@dataclass(frozen=True)
class Profile:
    """A format's syntax and the identifiers that it declares.

    Attributes:
        flavor: of the library, by which it chooses the syntax: CII or UBL.
        process: BT-23.
        specification: BT-24.
    """

    flavor: Literal["factur-x", "ubl-2.1"]
    process: str | None
    specification: str


PROFILES: Final[dict[EInvoiceFormat, Profile]] = {
    "zugferd": Profile("factur-x", None, EN16931),
    "xrechnung": Profile("ubl-2.1", _PROCESS, f"{EN16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"),
    "peppol": Profile("ubl-2.1", _PROCESS, f"{EN16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"),
}
