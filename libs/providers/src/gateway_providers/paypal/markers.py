"""Marker on PayPal's objects: one text, ``custom_id``, which captures inherit from their order."""

import re
from dataclasses import dataclass
from typing import Any, Final

from gateway_providers.ports import MARKER_ORGANIZATION, MARKER_TRANSACTION

_WORD: Final = r"[A-Za-z0-9_-]{1,64}"
_TEXT: Final = re.compile(rf"({_WORD}):({_WORD})(?::({_WORD}))?")


@dataclass(frozen=True)
class Markers:
    """Our transaction and organization, and our refund on refunds."""

    transaction: str
    organization: str
    refund: str | None = None

    def text(self) -> str:
        """As ``custom_id`` takes it."""
        return ":".join(word for word in (self.transaction, self.organization, self.refund) if word is not None)

    def metadata(self) -> dict[str, str]:
        """As our side of the port knows it."""
        return {MARKER_TRANSACTION: self.transaction, MARKER_ORGANIZATION: self.organization}


def markers_of(custom_id: Any) -> Markers | None:
    """Ours, from ``custom_id``; None for a foreign one."""
    match = _TEXT.fullmatch(custom_id) if isinstance(custom_id, str) else None
    return Markers(match[1], match[2], match[3]) if match else None
