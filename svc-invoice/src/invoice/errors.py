"""Errors of invoices.

InvoiceNotFound        404 NOT_FOUND              no such invoice for this caller
InvoiceNotIssued       409 INVOICE_NOT_ISSUED     a draft has no document
DocumentNotRendered    503 DOCUMENT_NOT_RENDERED  the PDF is being made: ask again
DocumentSetAside       409 DOCUMENT_SET_ASIDE     the PDF could not be made; the operator has a letter about it
LayoutInvalid          422 INVOICE_LAYOUT_REFUSED the organization's number layout cannot be used
SettingsUnavailable    503 SETTINGS_UNAVAILABLE   the organization's settings have not arrived yet
InvoiceMissing         503 INVOICE_MISSING        money went back before its payment got its invoice: comes again
RenderingFailed        503 RENDERING_FAILED       no PDF within its time, or the renderer died
RenderingInterrupted   503 RENDERING_INTERRUPTED  the service died over the document again and again
"""

from gateway_contracts.errors import Conflict, Invalid, NotFound, Transient


class InvoiceNotFound(NotFound):
    """Does not exist, or belongs to another tenant."""

    def __init__(self, kind: str = "invoice") -> None:
        super().__init__(f"there is no such {kind.replace('_', ' ')}")


class InvoiceNotIssued(Conflict):
    """A draft has neither number nor document."""

    default_code = "INVOICE_NOT_ISSUED"

    def __init__(self, reason: str | None) -> None:
        super().__init__("the invoice is a draft; issue it first", reason=reason or "")


class DocumentNotRendered(Transient):
    """The invoice is issued and its PDF follows within seconds."""

    default_code = "DOCUMENT_NOT_RENDERED"

    def __init__(self) -> None:
        super().__init__("the document is being rendered", retry_after_s=2)


class DocumentSetAside(Conflict):
    """The PDF could not be made; an operator can have it tried again."""

    default_code = "DOCUMENT_SET_ASIDE"

    def __init__(self) -> None:
        super().__init__("the document could not be made; the operator of the installation can have it made again")


class LayoutInvalid(Invalid):
    """The stored number layout is not usable."""

    default_code = "INVOICE_LAYOUT_REFUSED"


class SettingsUnavailable(Transient):
    """Nothing is issued on guessed settings."""

    default_code = "SETTINGS_UNAVAILABLE"


class InvoiceMissing(Transient):
    """Neither an invoice of the payment nor the decision that there is none: the payment's event is still to come."""

    default_code = "INVOICE_MISSING"


class RenderingFailed(Transient):
    """The renderer gave no document."""

    default_code = "RENDERING_FAILED"


class RenderingInterrupted(Transient):
    """The service ended during each of many tries."""

    default_code = "RENDERING_INTERRUPTED"
