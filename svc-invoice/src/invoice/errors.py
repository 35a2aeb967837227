"""Errors of invoices.

InvoiceNotFound        404 NOT_FOUND              no such invoice for this caller
InvoiceNotIssued       409 INVOICE_NOT_ISSUED     a draft has no document
InvoiceIssuedAlready   409 INVOICE_ISSUED         an issued invoice is not edited
DraftIncomplete        409 INVOICE_INCOMPLETE     the draft lacks what its reasons say
RefundRequired         409 REFUND_REQUIRED        money was paid: it goes back first, which makes the credit note
InvoiceVoided          409 INVOICE_VOIDED         it was reversed
NothingToCredit        409 NOTHING_TO_CREDIT      credit notes have taken back all of it
NothingOutstanding     409 NOTHING_OUTSTANDING    nothing is left to pay
TransactionUnpaid      409 TRANSACTION_NOT_PAID   only money that came settles an invoice
TransactionInvoiced    409 TRANSACTION_INVOICED   it settles another invoice
CurrencyDiffers        409 CURRENCY_DIFFERS       money of another currency settles nothing
TooManyCorrections     409 TOO_MANY_CORRECTIONS   a bound of one document
DocumentNotRendered    503 DOCUMENT_NOT_RENDERED  the PDF is being made: ask again
DocumentSetAside       409 DOCUMENT_SET_ASIDE     the PDF could not be made; the operator has a letter about it
LayoutInvalid          422 INVOICE_LAYOUT_REFUSED the organization's number layout cannot be used
SettingsUnavailable    503 SETTINGS_UNAVAILABLE   the organization's settings have not arrived yet
InvoiceMissing         503 INVOICE_MISSING        money went back before its payment got its invoice: comes again
RegisterTooLong        503 REGISTER_CHECK_TOO_LONG  the check of a register takes longer than a request waits
TemplateNotFound       404 NOT_FOUND              no such template for this caller
TemplateTaken          409 TEMPLATE_TAKEN         there is a template for the same documents
TemplateBroken         422 TEMPLATE_BROKEN        the template cannot be printed; the message says why
RenderingFailed        503 RENDERING_FAILED       no PDF within its time, or the renderer died
RenderingInterrupted   503 RENDERING_INTERRUPTED  the service died over the document again and again
EInvoiceDisabled       403 EINVOICE_DISABLED      the organization has not switched electronic invoices on
EInvoiceFormatNotAllowed 403 EINVOICE_FORMAT_NOT_ALLOWED  it has switched on others
EInvoiceNotReady       422 EINVOICE_READINESS_FAILED  the document lacks what the format needs; details name it
EInvoiceFailed         503 EINVOICE_FAILED        no XML within its time, or its writer died
"""

from collections.abc import Sequence
from dataclasses import asdict

from gateway_contracts.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound, Transient
from invoice.einvoice.readiness import Missing


class InvoiceNotFound(NotFound):
    """Does not exist, or belongs to another tenant."""

    def __init__(self, kind: str = "invoice") -> None:
        super().__init__(f"there is no such {kind.replace('_', ' ')}")


class InvoiceNotIssued(Conflict):
    """A draft has neither number nor document."""

    default_code = "INVOICE_NOT_ISSUED"

    def __init__(self, reason: str | None) -> None:
        super().__init__("the invoice is a draft; issue it first", reason=reason or "")


class InvoiceIssuedAlready(Conflict):
    """Only drafts are edited, issued or deleted."""

    default_code = "INVOICE_ISSUED"

    def __init__(self) -> None:
        super().__init__("the invoice is issued; correct it, void it, or write a credit note")


class DraftIncomplete(Conflict):
    """Something speaks against the issue."""

    default_code = "INVOICE_INCOMPLETE"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("the draft is not complete; see reasons", reasons=list(reasons))


class RefundRequired(Conflict):
    """Money was paid: a refund takes it back, and makes the credit note."""

    default_code = "REFUND_REQUIRED"

    def __init__(self) -> None:
        super().__init__("the invoice was paid; refund its transaction, which issues the credit note")


class InvoiceVoided(Conflict):
    """A reversal is final."""

    default_code = "INVOICE_VOIDED"

    def __init__(self) -> None:
        super().__init__("the invoice is voided")


class NothingToCredit(Conflict):
    """Credit notes never take back more than the invoice charged."""

    default_code = "NOTHING_TO_CREDIT"

    def __init__(self) -> None:
        super().__init__("credit notes have taken back all of the invoice")


class NothingOutstanding(Conflict):
    """There is nothing to pay."""

    default_code = "NOTHING_OUTSTANDING"

    def __init__(self) -> None:
        super().__init__("nothing is outstanding")


class TransactionUnpaid(Conflict):
    """Only money that came settles an invoice."""

    default_code = "TRANSACTION_NOT_PAID"

    def __init__(self) -> None:
        super().__init__("the transaction has not succeeded")


class TransactionInvoiced(Conflict):
    """A payment settles one invoice."""

    default_code = "TRANSACTION_INVOICED"

    def __init__(self) -> None:
        super().__init__("the transaction settles another invoice")


class CurrencyDiffers(Conflict):
    """Money of another currency settles nothing."""

    default_code = "CURRENCY_DIFFERS"

    def __init__(self) -> None:
        super().__init__("the transaction has another currency than the invoice")


class TooManyCorrections(Conflict):
    """A bound of one document."""

    default_code = "TOO_MANY_CORRECTIONS"

    def __init__(self) -> None:
        super().__init__("the invoice was corrected too often")


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

    def __init__(self) -> None:
        super().__init__("the organization's settings have not arrived")


class InvoiceMissing(Transient):
    """Neither an invoice of the payment nor the decision that there is none: the payment's event is still to come."""

    default_code = "INVOICE_MISSING"


class RenderingFailed(Transient):
    """The renderer gave no document."""

    default_code = "RENDERING_FAILED"


class RenderingInterrupted(Transient):
    """The service ended during each of many tries."""

    default_code = "RENDERING_INTERRUPTED"


class EInvoiceDisabled(Forbidden):
    """The setting ``eInvoice.enabled`` is not set."""

    default_code = "EINVOICE_DISABLED"

    def __init__(self) -> None:
        super().__init__("electronic invoices are switched off: set eInvoice.enabled in the invoicing settings")


class EInvoiceFormatNotAllowed(Forbidden):
    """The setting ``eInvoice.allowedFormats`` does not list it."""

    default_code = "EINVOICE_FORMAT_NOT_ALLOWED"

    def __init__(self, format_: str) -> None:
        super().__init__(f"eInvoice.allowedFormats does not list {format_}", format=format_)


class EInvoiceNotReady(Invalid):
    """The document lacks what the rules of the format demand."""

    default_code = "EINVOICE_READINESS_FAILED"

    def __init__(self, missing: Sequence[Missing], format_: str) -> None:
        super().__init__(
            f"the document lacks what {format_} needs: " + ", ".join(one.field for one in missing),
            details=[FieldProblem(one.field, one.sentence) for one in missing],
            format=format_,
            missing=[asdict(one) for one in missing],
        )


class EInvoiceFailed(Transient):
    """The writer gave no XML."""

    default_code = "EINVOICE_FAILED"


class RegisterTooLong(Transient):
    """Long registers are checked by the command of operators."""

    default_code = "REGISTER_CHECK_TOO_LONG"

    def __init__(self) -> None:
        super().__init__("the check of this register takes too long for a request", retry_after_s=60)


class TemplateNotFound(NotFound):
    """Does not exist, or belongs to another tenant."""

    def __init__(self) -> None:
        super().__init__("there is no such template")


class TemplateTaken(Conflict):
    """One template for each kind of document of a site."""

    default_code = "TEMPLATE_TAKEN"

    def __init__(self) -> None:
        super().__init__("there is a template for these documents: change that one")


class TemplateBroken(Invalid):
    """The error of its source, as its author sees it."""

    default_code = "TEMPLATE_BROKEN"
