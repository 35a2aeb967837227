"""Wise's transfers in our words: how much arrived, and what the sender wrote."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money
from gateway_providers.bounds import money_of_text
from gateway_providers.remittance import is_valid_reference, transaction_id_of
from gateway_providers.words import code, word

# A transfer has arrived only in these states; whatever else Wise says is "not yet".
_ARRIVED: Final = frozenset({"outgoing_payment_sent", "completed", "credited"})
_REFERENCE: Final = re.compile(r"RF[0-9]{2}[0-9A-Z]{19}")
_OWNERS: Final = ("profile_id", "profileId", "business", "profile")
_TEXT_MAX: Final = 500


@dataclass(frozen=True)
class Arrival:
    """Money that came by transfer.

    Attributes:
        text: the remittance information, as the sender gave it; not stored, because people write names into it.
        has_arrived: False as long as the transfer is on its way, or when it went back.
        profile_id: whose account it came to, where Wise says so.
    """

    amount: Money
    text: str
    status: str
    has_arrived: bool
    profile_id: str | None


def incoming_of(body: Mapping[str, Any]) -> Arrival:
    """A fetched incoming transfer, which exists once its money was credited.

    Raises:
        Unreadable: amount or currency is missing.
    """
    amount = next(
        (found for name in ("amount", "credited_amount", "creditedAmount") if (found := body.get(name))), None
    )
    value, currency = (amount.get("value"), amount.get("currency")) if isinstance(amount, dict) else (amount, None)
    status = (code(body.get("status"), body.get("state")) or "credited").lower()
    return _arrival(body, value, currency or body.get("currency"), status)


def transfer_of(body: Mapping[str, Any]) -> Arrival:
    """A fetched transfer; its target is the account here.

    Raises:
        Unreadable: amount or currency is missing.
    """
    return _arrival(body, body.get("targetValue"), body.get("targetCurrency"), word(body.get("status")).lower())


def reference_in(text: str) -> str | None:
    """The creditor reference of ours within a remittance text, electronic form; people add spaces and words.

    Several different references in one text name none.
    """
    found = set(_references(re.sub(r"[^0-9A-Z]", "", text.upper())))
    return found.pop() if len(found) == 1 else None


def _references(compact: str) -> Iterator[str]:
    for start in range(len(compact)):
        match = _REFERENCE.match(compact, start)
        if match and is_valid_reference(match.group()) and transaction_id_of(match.group()):
            yield match.group()


def _arrival(body: Mapping[str, Any], value: Any, currency: Any, status: str) -> Arrival:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise Unreadable("Wise answered a transfer without its amount")
    try:
        amount = money_of_text(str(value), currency)
    except ValueError as exc:
        raise Unreadable(f"Wise answered an amount that cannot be read: {exc}") from exc
    if amount.amount_minor <= 0:
        raise Unreadable("Wise answered a transfer of nothing")
    owner = next((body[name] for name in _OWNERS if isinstance(body.get(name), int | str)), None)
    return Arrival(
        amount=amount,
        text=_text(body),
        status=status,
        has_arrived=status in _ARRIVED,
        profile_id=None if owner is None else str(owner),
    )


def _text(body: Mapping[str, Any]) -> str:
    """Every place where Wise shows what the sender wrote."""
    details = body.get("details")
    places = [body, details if isinstance(details, dict) else {}]
    names = ("reference", "payment_reference", "paymentReference", "remittance_information", "remittanceInformation")
    texts = [place[name] for place in places for name in names if isinstance(place.get(name), str)]
    return "\n".join(dict.fromkeys(texts))[:_TEXT_MAX]
