"""XML of a document. The same content gives the same bytes.

It takes milliseconds, the first one more than a second: for a process of its own
(`invoice.adapters.xml_process`).
"""

from functools import cache
from typing import Any

from invoice.domain.content import DocumentContent
from invoice.einvoice.formats import EN16931, PROFILES, EInvoiceFormat
from invoice.einvoice.terms import terms_of


def write(content: DocumentContent, format_: EInvoiceFormat) -> bytes:
    """The XML of a document that lacks nothing (`invoice.einvoice.readiness`), valid for the schema of its syntax."""
    profile = PROFILES[format_]
    # Its rules of content are run in tests: the library would ask a server for them.
    xml: bytes = _library()(
        terms_of(content, format_, profile),
        flavor=profile.flavor,
        level="en16931",
        check_xsd=True,
        check_schematron=None,
    )
    if profile.specification == EN16931:
        return xml
    # The library knows the specification identifiers of its own levels only.
    declared = f">{EN16931}<".encode()
    assert xml.count(declared) == 1, "the specification identifier stands once"
    return xml.replace(declared, f">{profile.specification}<".encode())


def load() -> None:
    """Load the library, for a process that is to be ready."""
    _library()


@cache
def _library() -> Any:
    """Imported late: it takes a second, and only the process that writes needs it."""
    from facturx import generate_xml

    return generate_xml
