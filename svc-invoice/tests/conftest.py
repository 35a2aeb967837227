"""Makes the fixtures of the service's tests known to pytest; `invoice_office` and `einvoice_rules` declare them."""

from einvoice_rules import rules
from invoice_office import line, office, pdf_pool

__all__ = ["line", "office", "pdf_pool", "rules"]
