"""Requests to svc-admin-api about the rotation of data keys: every service with encrypted fields reports here."""

from typing import Final, Literal

from gateway_contracts.base import Contract
from gateway_contracts.rpc import Method

REENCRYPTING_SERVICES: Final = ("svc-admin-api", "svc-transaction", "svc-invoice", "svc-ipn")
"""Services whose databases hold encrypted fields: a rotation has ended when each of them says so."""


class ReencryptionReport(Contract):
    """How far one service is with one job. Numbers are of the present pass, except ``changed``."""

    job_id: str
    service: str
    state: Literal["running", "done"]
    scanned: int = 0
    total: int = 0
    changed: int = 0
    """Documents that were encrypted again, over all passes."""
    failed: int = 0
    """Documents with a value that does not decrypt; they keep it, and the old key is kept for them."""
    passes: int = 1
    busy_s: float = 0


class ReportTaken(Contract):
    """``wanted``: the job still runs; otherwise the service may stop."""

    wanted: bool


REPORT_REENCRYPTION = Method("rpc.admin.report_reencryption", ReencryptionReport, ReportTaken)
