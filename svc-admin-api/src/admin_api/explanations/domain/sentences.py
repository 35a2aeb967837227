"""Sentences of steps, in English; the console translates them and their words."""

from collections.abc import Callable, Mapping
from typing import Final

from admin_api.explanations.domain.failure_words import FAILURES, MESSAGES
from admin_api.explanations.domain.step import Step

SENTENCES: Final[Mapping[str, str]] = {
    "order.pending": "The shop made the order; it is not paid.",
    "order.completed": "The shop made the order; it is paid.",
    "order.expired": "The shop made the order; its time to pay is over.",
    "order.canceled": "The shop made the order; it was canceled.",
    "request.api": "The shop's server sent a request to the API.",
    "request.customer": "The customer acted on the payment page.",
    "request.operator": "A person of the shop or an operator acted.",
    "webhook": "{provider} reported by webhook.",
    "report.parked": "{provider} reported by webhook what the payment is not ready for; the report waits.",
    "report.set_aside": "{provider} reported by webhook. The report could not be applied and was set aside; an "
    "operator has to look at it.",
    "change.moved": "The payment is now: {status} ({what}).",
    "change.noted": "Noted: {what}. The payment stayed {status}.",
    "change.failed": "The payment failed ({what}): {reason} ({code}).",
    "change.tried": "A try to pay failed: {reason} ({code}). The payment stayed {status}.",
    "change.case": "To be decided: {what}. The payment stayed {status}.",
    "call.intent": "{provider} is to be asked {what}.",
    "call.waiting": "{provider} is asked later {what}.",
    "call.unknown": "{provider} was asked {what}. The answer is not known; the payment is looked up there.",
    "call.done": "{provider} was asked {what}. It answered.",
    "call.refused": "{provider} was asked {what}. It refused.",
    "call.refused_because": "{provider} was asked {what}. It refused: {reason} ({code}).",
    "call.abandoned": "{provider} was asked {what}. No answer came, and it is not asked again.",
    "call.set_aside": "{provider} was to be asked {what}. The call cannot be made; an operator has to look at it.",
    "event": "The event {type} was published.",
    "refund.done": "A refund was made ({source}).",
    "refund.waiting": "A refund is under way ({source}).",
    "refund.failed": "A refund failed ({source}).",
    "refund.failed_because": "A refund failed ({source}): {reason} ({code}).",
    "dispute": "The customer contests the payment ({kind}): {status}.",
    "case.open": "A case waits for a decision: {kind}.",
    "case.closed": "A case was decided ({kind}): {status}.",
    "notification.delivered": "The shop's server {host} accepted the notification of “{status}”.",
    "notification.repaired": "The notification of “{status}” failed at first; {host} accepted it when it was sent "
    "again. Attempts: {attempts}.",
    "notification.waiting": "The notification of “{status}” to {host} waits to be sent.",
    "notification.failing": "The notification of “{status}” failed; last answer of {host}: {answer}. "
    "Attempts: {attempts}; it is tried again.",
    "notification.exhausted": "The notification of “{status}” was given up; last answer of {host}: {answer}. "
    "Attempts: {attempts}.",
    "notification.superseded": "The notification of “{status}” became pointless: {because}.",
    "attempt": "Attempt {number}: {answer}.",
    "invoice.draft": "The invoice cannot be issued: {code}.",
    "invoice.issued": "Invoice {number} was issued.",
    "credit_note.issued": "Credit note {number} was issued.",
    "pdf.stored": "The PDF of {number} is stored.",
    "pdf.waiting": "The PDF of {number} is not made yet.",
}
WORDS: Final[Mapping[str, str]] = {
    "call_create": "to make the payment",
    "call_cancel": "to cancel the payment",
    "call_ask": "to say how the payment stands",
    "call_capture": "to take the authorized money",
    "call_refund": "to refund",
    "call_refund_case": "to refund money of a case",
    "call_fee": "for the fee",
    "refund_api": "asked for by the shop",
    "refund_provider": "made at the provider",
    "refund_case": "decided in a case",
    "initiated": "started",
    "pending_provider": "processing at the provider",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "canceled",
    "refunded": "refunded",
    "chargeback": "chargeback",
    "created": "payment method chosen",
    "call_accepted": "accepted by the provider",
    "create_refused": "refused by the provider",
    "outcome_unknown": "no answer of the provider",
    "processing": "processing",
    "authorized": "authorized",
    "capture_confirmed": "money received",
    "declined": "declined",
    "failed_will_retry": "declined, another try is possible",
    "canceled_at_provider": "canceled at the provider",
    "voided": "given up at the provider",
    "refund_requested": "refund asked for",
    "dispute_opened": "payment contested",
    "cancel_requested": "cancellation asked for",
    "session_expired": "time to pay over",
    "deadline_passed": "deadline over",
    "no_such_payment": "never made at the provider",
    "late_failure": "failed after it had succeeded",
    "requires_action": "customer has to confirm",
    "bank_details_shown": "bank details shown",
    "inquiry": "inquiry",
    "bank_return": "bank return",
    "open": "open",
    "under_review": "under review",
    "won": "won",
    "lost": "lost",
    "accepted": "accepted",
    "dismissed": "dismissed",
    "late_payment": "paid too late",
    "duplicate_payment": "paid twice",
    "amount_mismatch": "another amount than ordered",
    "double_reversal": "returned twice",
    "unmatched_event": "belongs to no payment",
    "refund_missing": "refund not found at the provider",
    "document_correction": "document needs a correction",
    "newer_status": "a newer status followed",
    "checkout_paid": "the order was paid otherwise",
    "reference_paid": "another order with the same reference was paid",
    "superseded": "it was replaced",
    "timeout": "no answer in time",
    "not_connected": "no connection",
    "name_not_found": "its name was not found",
    "tls_failed": "no secure connection",
    "forbidden_target": "an address that is not allowed",
    "broken_answer": "a broken answer",
    "busy": "too many connections",
    "internal_error": "an internal error",
    "no_answer": "no answer",
    "no_attempt": "nothing yet",
    "HTTP 410": "410 Gone (no further attempts)",
}

_TEXTS: Final = frozenset({*FAILURES.values(), *MESSAGES})
Translate = Callable[[str], str]


def sentence(code: str, values: Mapping[str, str], translate: Translate = str) -> str:
    """The sentence in words. A code or word of a later version stands for itself."""
    text = translate(SENTENCES[code]) if code in SENTENCES else code.replace("_", " ").replace(".", ": ")
    worded = {name: _word(value, translate) for name, value in values.items()}
    written = text.format_map(_Known(worded))
    return written[:1].upper() + written[1:]


def sentence_of(step: Step) -> str:
    """The same in English."""
    return sentence(step.code, step.values)


def answer_word(answer: str) -> str:
    """The words in English for an answer to a notification: ``HTTP 410``, or why there is none."""
    return WORDS.get(answer, answer)


def _word(value: str, translate: Translate) -> str:
    if value in _TEXTS:
        return translate(value)
    return translate(WORDS[value]) if value in WORDS else value.replace("_", " ") if value.islower() else value


class _Known(dict[str, str]):
    """Values of a sentence; what is not known is a dash."""

    def __missing__(self, name: str) -> str:
        return "–"
