"""Dead letters: the payment that one is about, and the kind of its error in words."""

from collections.abc import Mapping
from typing import Any, Final

from admin_api.console.translations import N_
from admin_api.explanations.domain.subject import is_subject_id
from gateway_contracts.events.provider import HEADER_EVENT_ID, HEADER_LIVEMODE

_FAULT: Final = N_("The code has a fault: no further attempt helps before it is mended.")
_STATE: Final = N_("It does not fit the state of its object.")
_FORM: Final = N_("It has a form or a value that this version does not take.")
_AWAY: Final = N_("A server or service did not answer in any of the attempts.")
_SECRET: Final = N_("A value in it could not be decrypted.")
_SENTENCES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("KeyError", "TypeError", "AttributeError", "IndexError", "AssertionError", "RuntimeError"), _FAULT
    ),
    **dict.fromkeys(("ValueError", "ValidationError", "JSONDecodeError", "Unreadable", "PartlyUnreadable"), _FORM),
    **dict.fromkeys(("Conflict", "ChangedMeanwhile", "Rejected", "Invalid"), _STATE),
    **dict.fromkeys(("Transient", "TimeoutError", "OutcomeUnknown", "NoRespondersError"), _AWAY),
    **dict.fromkeys(("DecryptionFailed", "KeyUnavailable"), _SECRET),
    "NotFound": N_("The object that it is about is not stored."),
    "max_deliver": N_("Its consumer ended during each of the attempts."),
}
_NAMES: Final = ("transactionId", "checkoutId")
_EXPLAINED: Final = frozenset({"transaction", "checkout", "refund", "dispute", "case", "ipn", "invoice", "credit_note"})
"""Objects of events that "Why?" finds by their id."""
_ROWS: Final = frozenset(
    {"transactions", "checkouts", "parked_events", "provider_calls", "refunds", "disputes", "cases", "deliveries"}
)
"""Collections whose rows it finds by their id."""


def letter_sentence(reason: str) -> str:
    """The kind of the error in English, to be translated; empty for one without words."""
    return _SENTENCES.get(reason, "")


def explained_id(letter: Mapping[str, Any]) -> str | None:
    """The id by which "Why?" finds the payment of a letter; None where the letter does not say it."""
    found = letter["reference"] if letter["source"] in _ROWS else letter["headers"].get(HEADER_EVENT_ID)
    found = found or _of_event(letter["body"] or {})
    return found if isinstance(found, str) and is_subject_id(found) else None


def mode_of(letter: Mapping[str, Any]) -> str | None:
    """``live`` or ``test``, where the message says it."""
    livemode = (letter["body"] or {}).get("livemode")
    if not isinstance(livemode, bool):
        livemode = {"1": True, "0": False}.get(letter["headers"].get(HEADER_LIVEMODE, ""))
    return None if livemode is None else "live" if livemode else "test"


def _of_event(body: Mapping[str, Any]) -> object:
    data = body.get("data")
    named = next((data[name] for name in _NAMES if data.get(name)), None) if isinstance(data, dict) else None
    is_explained = str(body.get("type", "")).partition(".")[0] in _EXPLAINED
    return named or (body.get("entityId") if is_explained else None)
