"""Makes the fixtures of the service's tests known to pytest; `invoice_office` declares them."""

from invoice_office import line, office, pdf_pool

__all__ = ["line", "office", "pdf_pool"]
