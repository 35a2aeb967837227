"""Documents that are made for a request: organizations take turns, and issued documents keep a worker."""

from typing import Final

from gateway_contracts.errors import Transient
from gateway_kit.fairness import Busy, FairSlots, Shares
from invoice.domain.printed import Print, PrintedDocument
from invoice.ports import PdfRenderer

WAIT_S: Final = 5
"""Longest wait for a turn."""
_WAITING_OF_ONE: Final = 8
_WAITING: Final = 64


class OnRequest:
    """A renderer for requests: one document of an organization at a time.

    Args:
        renderer: of all documents.
        workers: its processes. Where there are several, one is left to documents that were issued.
    """

    def __init__(self, renderer: PdfRenderer, *, workers: int) -> None:
        self._renderer = renderer
        shares = Shares(max(1, workers - 1), per_lane=1, reserve=0)
        self._places = FairSlots(shares, waiting_per_lane=_WAITING_OF_ONE, waiting_total=_WAITING)

    async def render(self, printed: PrintedDocument, *, cpu_s: float) -> Print:
        """See the port.

        Raises:
            Transient: too many are being made.
        """
        try:
            async with self._places.place(printed.organization_id, timeout_s=WAIT_S):
                return await self._renderer.render(printed, cpu_s=cpu_s)
        except Busy as exc:
            message = "too many documents are being made for requests"
            raise Transient(message, code="OVERLOADED", retry_after_s=WAIT_S) from exc
