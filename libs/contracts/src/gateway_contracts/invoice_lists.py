"""Fields that invoices are listed by, derived from others: for each the expression that fills rows of earlier versions.

svc-invoice derives the same at every change (`invoice.domain.listed`).
"""

from collections.abc import Iterable
from typing import Any, Final

WORDS_MAX: Final = 60
"""Words of one document that it is found by."""
WORD_CHARACTERS_MAX: Final = 64
_PUNCTUATION: Final = ".,;:!?()[]{}\"'"


def search_words(*texts: str | None) -> tuple[str, ...]:
    """The words of these texts as they are stored and asked for."""
    words = (
        word.strip(_PUNCTUATION).casefold()[:WORD_CHARACTERS_MAX] for text in texts for word in (text or "").split()
    )
    return tuple(dict.fromkeys(word for word in words if word))[:WORDS_MAX]


def _of_payment(field: str) -> dict[str, Any]:
    """The field of an earlier version's payment as a list."""
    return {"$cond": [{"$eq": [{"$type": f"$payment.{field}"}, "string"]}, [f"$payment.{field}"], []]}


def _first_of(rules: Iterable[tuple[str, Any]], otherwise: str) -> dict[str, Any]:
    branches = [{"case": case, "then": state} for state, case in rules]
    return {"$switch": {"branches": branches, "default": otherwise}}


_TOTAL: Final = {"$sum": "$totals.groups.gross"}
_SETTLED: Final = {"$ifNull": ["$payment.settled", 0]}
_REFUNDED: Final = {"$min": [{"$ifNull": ["$payment.refunded", 0]}, _SETTLED]}
_CREDITED: Final = {"$ifNull": ["$payment.credited", 0]}
_OWED: Final = {"$subtract": [_TOTAL, _CREDITED]}

TRANSACTION_IDS: Final = _of_payment("transaction_id")
SESSION_HASHES: Final = _of_payment("session_hash")
LISTED_STATE: Final = _first_of(
    (
        ("draft", {"$eq": ["$status", "draft"]}),
        ("voided", {"$and": [{"$eq": ["$payment.voided", True]}, {"$eq": [_SETTLED, 0]}]}),
        ("refunded", {"$and": [{"$gt": [_SETTLED, 0]}, {"$eq": [_REFUNDED, _SETTLED]}]}),
        ("partially_refunded", {"$and": [{"$gt": [_REFUNDED, 0]}, {"$lt": [_REFUNDED, _SETTLED]}]}),
        ("credited", {"$and": [{"$eq": [_CREDITED, _TOTAL]}, {"$eq": [_SETTLED, 0]}]}),
        ("overpaid", {"$gt": [_SETTLED, _OWED]}),
        ("settled", {"$eq": [_SETTLED, _OWED]}),
        ("partially_settled", {"$gt": [_SETTLED, 0]}),
    ),
    "open",
)
SEARCH_WORDS: Final = {
    "$filter": {
        "input": [
            {"$toLower": {"$ifNull": ["$numbering.number", ""]}},
            {"$toLower": {"$ifNull": ["$external_reference", ""]}},
        ],
        "cond": {"$ne": ["$$this", ""]},
    }
}
