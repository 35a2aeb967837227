"""Settings of svc-invoice: the shared ones of a service with a database, and the renderer's."""

from gateway_kit.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """``PDF_WORKERS`` processes render; one document may take ``PDF_DEADLINE_S`` seconds, of which it
    waits most where the machine is busy. Payment pages that invoices are issued with are below
    ``MAIN_FRONTEND_ORIGIN``; without it, invoices are issued without them."""

    # Each keeps a core busy while documents wait.
    pdf_workers: int = 1
    pdf_deadline_s: float = 300.0
    main_frontend_origin: str = ""
