"""Markers that the gateway writes on GoCardless' objects.

Metadata has three keys at most, and an event carries nothing of an object but its id and its metadata: neither an
amount nor the billing request that a payment came from.

The third key therefore holds several words: amount in minor units, currency, then the billing request and our refund,
where there are any. A payment there is collected whole or not at all, so the amount that we asked for is the amount of
every fact about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway_contracts.money import EXPONENTS, Money
from gateway_providers.ports import MARKER_ORGANIZATION, MARKER_REFUND, MARKER_TRANSACTION

MARKER_SUBJECT: Final = "gatewaySubject"
_DIGITS_MAX: Final = 15


@dataclass(frozen=True)
class Markers:
    """Everything that travels through GoCardless.

    Attributes:
        billing_request: the payment's id on our side of the port; None on the billing request itself.
        refund: our refund, on refunds only.
    """

    transaction: str
    organization: str
    amount: Money
    billing_request: str | None = None
    refund: str | None = None

    def metadata(self) -> dict[str, str]:
        """As GoCardless takes it."""
        words = [str(self.amount.amount_minor), self.amount.currency]
        words += [word for word in (self.billing_request, self.refund) if word is not None]
        third = MARKER_REFUND if self.refund is not None else MARKER_SUBJECT
        return {
            MARKER_TRANSACTION: self.transaction,
            MARKER_ORGANIZATION: self.organization,
            third: " ".join(words),
        }


def markers_of(metadata: Any) -> Markers | None:
    """Ours, from the metadata of an object; None on a foreign object."""
    if not isinstance(metadata, Mapping):
        return None
    transaction, organization = metadata.get(MARKER_TRANSACTION), metadata.get(MARKER_ORGANIZATION)
    if not isinstance(transaction, str) or not isinstance(organization, str):
        return None
    is_refund = MARKER_REFUND in metadata
    words = str(metadata.get(MARKER_REFUND if is_refund else MARKER_SUBJECT) or "").split(" ")
    if len(words) < 2:
        return None
    amount = _money(words[0], words[1])
    if amount is None:
        return None
    return Markers(
        transaction,
        organization,
        amount,
        billing_request=words[2] if len(words) > 2 else None,
        refund=words[3] if is_refund and len(words) > 3 else None,
    )


def _money(digits: str, currency: str) -> Money | None:
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX
    return Money(int(digits), currency) if is_number and currency in EXPONENTS else None
