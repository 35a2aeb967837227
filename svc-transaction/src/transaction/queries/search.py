"""Search of payments by whatever a person has in hand."""

import re
from typing import Final

from gateway_contracts.payment_search import TAIL_CHARACTERS, amount_keys, id_tail
from gateway_kit.mongo.queries import is_text
from transaction.queries.listing import Row

_NAMES: Final = ("external_reference", "invoice_number", "provider_payment_id")
_TRACE_ID: Final = re.compile(r"[0-9a-f]{32}")


def matching(text: str, *, email_hash: str | None) -> list[Row]:
    """Conditions, one of which a payment fulfils that the text may mean. Each has an index in the list's order.

    Args:
        email_hash: of the text, if it may be an address.
    """
    conditions: list[Row] = [{name: is_text(text)} for name in _NAMES]
    if email_hash is not None:
        conditions.append({"email_hash": is_text(email_hash)})
    if _TRACE_ID.fullmatch(text):
        conditions.append({"trace_id": is_text(text)})
    if (tail := id_tail(text)) is not None:
        ids = [{name: {"$regex": f"{tail}$"}} for name in ("_id", "checkout_id")]
        conditions.append({"search_keys": tail[-TAIL_CHARACTERS:], "$or": ids})
    keys, currency = amount_keys(text)
    named = {} if currency is None else {"currency": currency}
    conditions += [{"search_keys": key, **named} for key in keys]
    return conditions
