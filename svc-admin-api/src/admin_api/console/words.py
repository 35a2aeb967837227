"""Words and tones for states that the API names by a code."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from admin_api.console.translations import N_
from gateway_contracts.domain_problems import SENTENCES as PROBLEMS
from gateway_contracts.requests.transaction import NUMERIC_STATUS

Tone = Literal["good", "wait", "bad", "quiet"]

_STATES: Final[Mapping[str, tuple[str, Tone]]] = {
    "initiated": (N_("Started"), "wait"),
    "pending_provider": (N_("Processing"), "wait"),
    "pending": (N_("Pending"), "wait"),
    "requested": (N_("Requested"), "wait"),
    "succeeded": (N_("Succeeded"), "good"),
    "paid": (N_("Paid"), "good"),
    "completed": (N_("Completed"), "good"),
    "failed": (N_("Failed"), "bad"),
    "canceled": (N_("Canceled"), "quiet"),
    "refunded": (N_("Refunded"), "quiet"),
    "expired": (N_("Expired"), "quiet"),
    "unknown": (N_("Unknown"), "wait"),
    "open": (N_("Open"), "wait"),
    "under_review": (N_("Under review"), "wait"),
    "won": (N_("Won"), "good"),
    "lost": (N_("Lost"), "bad"),
    "accepted": (N_("Accepted"), "quiet"),
    "dismissed": (N_("Dismissed"), "quiet"),
    "delivered": (N_("Delivered"), "good"),
    "waiting": (N_("Waiting"), "wait"),
    "exhausted": (N_("Given up"), "bad"),
    "superseded": (N_("Superseded"), "quiet"),
    "draft": (N_("Draft"), "wait"),
    "issued": (N_("Issued"), "good"),
    "settled": (N_("Settled"), "good"),
    "partially_settled": (N_("Partially settled"), "wait"),
    "overpaid": (N_("Overpaid"), "wait"),
    "credited": (N_("Credited"), "quiet"),
    "partially_refunded": (N_("Partially refunded"), "quiet"),
    "voided": (N_("Voided"), "quiet"),
    "void": (N_("Reversal"), "quiet"),
    "manual": (N_("By hand"), "quiet"),
    "active": (N_("Active"), "good"),
    "verified": (N_("Verified"), "good"),
    "invited": (N_("Invited"), "wait"),
    "revoked": (N_("Revoked"), "bad"),
    "incomplete": (N_("Incomplete"), "wait"),
    "viewer": (N_("Viewer"), "quiet"),
    "support": (N_("Support"), "quiet"),
    "admin": (N_("Admin"), "quiet"),
    "global": (N_("Operator"), "quiet"),
    "amount_mismatch": (N_("Other amount than ordered"), "wait"),
    "duplicate_payment": (N_("Paid twice"), "wait"),
    "late_payment": (N_("Paid too late"), "wait"),
    "unmatched_event": (N_("Belongs to no payment"), "wait"),
    "refund_missing": (N_("Refund not found at the provider"), "wait"),
    "document_correction": (N_("Document needs a correction"), "wait"),
    "double_reversal": (N_("Returned twice"), "wait"),
    "refund": (N_("Refund"), "quiet"),
    "dispute": (N_("Dispute"), "quiet"),
    "passed": (N_("Passed"), "good"),
    "inquiry": (N_("Inquiry"), "wait"),
    "chargeback": (N_("Chargeback"), "bad"),
    "bank_return": (N_("Return by the bank"), "bad"),
    "intent": (N_("Not answered yet"), "wait"),
    "abandoned": (N_("Given up"), "quiet"),
    "set_aside": (N_("Set aside"), "bad"),
    "applied": (N_("Applied"), "good"),
    "recorded": (N_("Noted"), "quiet"),
    "ignored": (N_("Ignored"), "quiet"),
    "repeated": (N_("Came again"), "quiet"),
    "unmatched": (N_("Belongs to no payment"), "wait"),
    "case": (N_("Case"), "wait"),
    "ready": (N_("Ready"), "good"),
    "failing": (N_("Failing"), "bad"),
    "suspended": (N_("Suspended"), "bad"),
    "running": (N_("Running"), "wait"),
    "done": (N_("Done"), "good"),
    "rewrap": (N_("Keys wrapped again"), "quiet"),
    "full": (N_("Values encrypted again"), "quiet"),
    "retire": (N_("Old keys deleted"), "quiet"),
    "operational": (N_("Payments and people"), "quiet"),
    "records": (N_("Invoices and credit notes"), "quiet"),
    "system": (N_("Installation"), "quiet"),
    "api_key": (N_("API key"), "quiet"),
    "system_key": (N_("System key"), "quiet"),
    "operator": (N_("Person"), "quiet"),
    "anonymous": (N_("Unknown caller"), "quiet"),
    "ok": (N_("OK"), "good"),
    "attention": (N_("Attention"), "bad"),
    "refused": (N_("Refused"), "bad"),
    "certificate_valid": (N_("Valid"), "good"),
    "certificate_expiring": (N_("Ends soon"), "wait"),
    "certificate_expired": (N_("Expired"), "bad"),
    "certificate_missing": (N_("No certificate"), "bad"),
    "certificate_unchecked": (N_("Not checked"), "wait"),
    "invoice": (N_("Invoice"), "quiet"),
    "credit_note": (N_("Credit note"), "quiet"),
    "pro_forma": (N_("Pro forma invoice"), "quiet"),
    "receipt": (N_("Receipt"), "quiet"),
    "payment.succeeded": (N_("Payment received"), "quiet"),
    "payment.failed": (N_("Payment failed"), "quiet"),
    "invoice.issued": (N_("Invoice issued"), "quiet"),
    "credit_note.issued": (N_("Credit note issued"), "quiet"),
    "member.invited": (N_("Invitation"), "quiet"),
    "settings.test": (N_("Test message"), "quiet"),
    "email": (N_("E-mail"), "quiet"),
    "slack": ("Slack", "quiet"),
    "sms": ("SMS", "quiet"),
    "customer": (N_("Customer"), "quiet"),
    "team": (N_("Team"), "quiet"),
    "member": (N_("Member"), "quiet"),
    "sent": (N_("Sent"), "good"),
    "temporary": (N_("Tried again"), "wait"),
    "permanent": (N_("Refused for good"), "bad"),
    "published": (N_("Published"), "good"),
    "retired": (N_("Out of use"), "quiet"),
    "default": (N_("Default"), "quiet"),
    "true": (N_("Yes"), "good"),
    "false": (N_("No"), "quiet"),
}


def status_word(code: object) -> str:
    """The word for a state in English, to be translated where it is shown; other codes stand for themselves."""
    return _STATES.get(_key(code), (str(code).replace("_", " "), "quiet"))[0]


def status_tone(code: object) -> Tone:
    """How good the news is."""
    return _STATES.get(_key(code), ("", "quiet"))[1]


def notified_status(number: int) -> str:
    """The code of the status that a notification reports by its number."""
    return next((code for code, known in NUMERIC_STATUS.items() if known == number), str(number))


def domain_problem(domain: Mapping[str, Any], translate: Callable[[str], str]) -> str:
    """Problem of the records of a domain in words; in English where an earlier version found it."""
    pattern = PROBLEMS.get(domain["problemCode"])
    text = str(domain["problem"]) if pattern is None else translate(pattern) % domain["problemValues"]
    # A sentence that begins with the domain's name begins with a small letter.
    return text if text.startswith(domain["name"]) else text[:1].upper() + text[1:]


def _key(code: object) -> str:
    return str(code).lower() if isinstance(code, bool) else str(code)
