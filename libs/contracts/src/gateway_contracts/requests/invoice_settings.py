"""Requests to svc-invoice about its settings and registers: the next number, readiness, the check of the chain."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from gateway_contracts.base import Contract
from gateway_contracts.fields import Open
from gateway_contracts.numbering import (
    AFFIX_LENGTH_MAX,
    AFFIX_PATTERN,
    SEQUENCE_DIGITS_MAX,
    START_NUMBER_MAX,
    Granularity,
    LabelMode,
    PeriodType,
    ResetPolicy,
    Separator,
)
from gateway_contracts.rpc import Empty, Method
from gateway_contracts.rules import FieldRules

NumberedKind = Literal["invoice", "credit_note"]
EInvoiceFormatName = Literal["xrechnung", "peppol", "zugferd"]
RegisterProblemCode = Literal[
    "row_missing",
    "row_moved",
    "row_changed",
    "number_repeated",
    "document_gone",
    "document_changed",
    "totals_differ",
    "number_differs",
    "date_differs",
    "correction_gone",
    "corrections_differ",
    "numbers_missing",
    "counter_differs",
    "end_differs",
    "count_differs",
]
PROBLEMS_MAX: Final = 100
"""Problems of a register that an answer names."""
CHECK_S: Final = 20.0
"""Longest check that is waited for: 5 seconds for a turn, and 15 for both registers of a mode."""
_Affix = Annotated[str, StringConstraints(max_length=AFFIX_LENGTH_MAX, pattern=AFFIX_PATTERN)]


class LayoutFields(FieldRules):
    """Parts of a layout. What is not given is as in the settings."""

    prefix: _Affix | None = Field(None, description="Text at the beginning; an empty one means none.")
    period_type: PeriodType | None = Field(None, description="none, calendar or fiscal.")
    period_granularity: Granularity | None = Field(None, description="year, year_month or year_month_day.")
    fiscal_year_start_month: int | None = Field(None, ge=1, le=12, description="First month of the fiscal year.")
    fiscal_year_label_mode: LabelMode | None = Field(None, description="start_year or end_year.")
    period_separator: Separator | None = Field(None, description="dash or none.")
    infix: _Affix | None = Field(None, description="Text before the sequence; an empty one means none.")
    sequence_digits: int | None = Field(None, ge=1, le=SEQUENCE_DIGITS_MAX, description="Least digits of the sequence.")
    suffix: _Affix | None = Field(None, description="Text at the end; an empty one means none.")
    reset_policy: ResetPolicy | None = Field(None, description="never, calendar_year or fiscal_year.")
    start_number: int | None = Field(None, ge=1, le=START_NUMBER_MAX, description="First number of the first series.")


class NextNumberFields(LayoutFields):
    """A kind of document, and a layout to try."""

    kind: NumberedKind = Field(description="invoice or credit_note.", examples=["invoice"])


class NextNumberQuery(NextNumberFields, Contract):
    pass


class NextNumber(Contract):
    """The number that a document would get if it were issued now."""

    kind: Open[NumberedKind] = Field(description="invoice or credit_note.")
    number: str = Field(description="The printed number. Another document may take it first.")
    issued_on: date = Field(description="Today by the legal time zone.")
    time_zone: str = Field(description="The legal time zone, which decides the period of the number.")


class MissingSetting(Contract):
    """A setting that electronic invoices need."""

    code: str = Field(description="Stable name of what is missing, such as SELLER_IBAN_MISSING.")
    field: str = Field(description="Public name of the setting.")
    sentence: str = Field(description="The same for people.")


class FormatReadiness(Contract):
    """One form of electronic invoices."""

    format: Open[EInvoiceFormatName] = Field(description="xrechnung, peppol or zugferd.")
    allowed: bool = Field(description="Whether the settings offer it: eInvoice.enabled and eInvoice.allowedFormats.")
    ready: bool = Field(
        description="Whether the seller's side lacks nothing. Documents may still lack facts of buyers."
    )
    missing: tuple[MissingSetting, ...] = Field((), description="Everything that the seller's side lacks.")


class EInvoiceReadiness(Contract):
    """Settings that the seller's side of electronic invoices lacks, by the same rules as each document."""

    enabled: bool = Field(description="Whether eInvoice.enabled is set.")
    strict: bool = Field(description="Whether eInvoice.strictValidation is set.")
    formats: tuple[FormatReadiness, ...] = Field(description="One entry for each form.")


class RegisterProblem(Contract):
    """One thing that is wrong with a register."""

    code: Open[RegisterProblemCode] = Field(description="Kind of the problem.")
    position: int | None = Field(None, description="The row, counted from 1; null where it concerns none.")
    number: str | None = Field(None, description="Number of the row's document; null where it concerns none.")
    document_id: str | None = Field(None, description="Id of the document; null where it concerns none.")
    sentence: str = Field(description="The problem for people.")


class RegisterCheck(Contract):
    """One register: a row for each issued document, sealed over the row before it."""

    kind: Open[NumberedKind] = Field(description="Kind of its documents: invoice or credit_note.")
    rows: int = Field(description="Issued documents that were checked.")
    intact: bool = Field(description="Whether it holds: seals, numbers, documents and totals.")
    problems: tuple[RegisterProblem, ...] = Field((), description="The first 100 problems.")
    problem_count: int = Field(0, description="All problems.")


class RegisterChecks(Contract):
    """The registers of one mode of an organization."""

    registers: tuple[RegisterCheck, ...] = Field(description="One entry for invoices and one for credit notes.")


GET_NEXT_NUMBER = Method("rpc.invoice.get_next_number", NextNumberQuery, NextNumber)
GET_READINESS = Method("rpc.invoice.get_e_invoice_readiness", Empty, EInvoiceReadiness)
CHECK_REGISTERS = Method("rpc.invoice.check_registers", Empty, RegisterChecks, timeout_s=CHECK_S + 5)
