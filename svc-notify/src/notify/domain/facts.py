"""Names that templates may use, and examples of their values.

Facts are kept as they are (minor units, ISO dates) and become text in the recipient's language. A fact that a message
lacks is an empty text.
"""

from collections.abc import Mapping
from typing import Final

from notify.domain.kinds import MessageKind

_COMMON: Final = ("organization", "customer", "language", "color")
VARIABLES: Final[Mapping[MessageKind, tuple[str, ...]]] = {
    "payment.succeeded": (*_COMMON, "amount", "date", "reference"),
    "payment.failed": (*_COMMON, "amount", "date", "reference", "reason"),
    "invoice.issued": (*_COMMON, "number", "amount", "date", "message", "link"),
    "credit_note.issued": (*_COMMON, "number", "invoice_number", "amount", "date", "message"),
    "member.invited": (*_COMMON, "role", "link", "date"),
    "operator.invited": (*_COMMON, "link", "date"),
    "settings.test": _COMMON,
}
"""Names by kind of message."""

Facts = Mapping[str, str | int | None]
"""``amount`` with ``currency``, ``date`` as ISO 8601, all others as text."""

EXAMPLE: Final[Facts] = {
    "customer": "Jane Doe",
    "amount": 4900,
    "currency": "EUR",
    "date": "2026-01-31",
    "reference": "ORDER-1001",
    "reason": "CARD_DECLINED",
    "number": "INV-2026-00042",
    "invoice_number": "INV-2026-00042",
    "message": "Thank you for your order.",
    "role": "support",
    "link": "https://admin.example/register#example",
}
"""Values of a preview."""
