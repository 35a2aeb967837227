"""Words for the story of a payment (timeline, ledger, requests to its provider) and for that of a certificate."""

from collections.abc import Mapping
from typing import Final

from admin_api.console.translations import N_
from gateway_contracts.requests.books import GIVEN_UP, INTERRUPTED

_TIMELINE: Final[Mapping[str, str]] = {
    "created": N_("Payment started"),
    "recorded_by_hand": N_("Recorded by hand"),
    "deleted": N_("Deleted"),
    "call_accepted": N_("The provider knows the payment"),
    "create_refused": N_("The provider refused the payment"),
    "outcome_unknown": N_("The provider's answer was lost; it is asked again"),
    "processing": N_("The provider is processing the payment"),
    "requires_action": N_("The customer has to confirm"),
    "authorized": N_("The customer agreed"),
    "marked_pending": N_("The customer says that the transfer is sent"),
    "bank_details_shown": N_("Bank details were shown"),
    "capture_confirmed": N_("Payment received"),
    "capture_already_paid": N_("Money received for an order that is paid already"),
    "capture_of_another_payment": N_("Money received under another payment id"),
    "capture_mismatch": N_("Another amount received than ordered"),
    "money_received": N_("Transfer received"),
    "receipt": N_("Transfer received"),
    "receipt_partial": N_("A part of the transfer received"),
    "receipt_complete": N_("Transfer received in full"),
    "declined": N_("Declined"),
    "failed_will_retry": N_("Failed; the provider tries again"),
    "late_failure": N_("Failed afterwards"),
    "no_such_payment": N_("The provider has no such payment"),
    "canceled": N_("Canceled"),
    "canceled_at_provider": N_("Canceled at the provider"),
    "cancel_requested": N_("Cancellation requested"),
    "session_expired": N_("The checkout expired"),
    "deadline_passed": N_("The deadline passed"),
    "voided": N_("Released at the provider"),
    "marked_paid": N_("Marked as paid"),
    "marked_failed": N_("Marked as failed"),
    "marked_canceled": N_("Marked as canceled"),
    "refund_requested": N_("Refund requested"),
    "refund_pending": N_("Refund on its way"),
    "refund_confirmed": N_("Refund confirmed"),
    "refund_confirmed_partial": N_("Part of the money refunded"),
    "refund_confirmed_full": N_("Refunded in full"),
    "refund_succeeded": N_("Refund confirmed"),
    "refund_failed": N_("Refund failed"),
    "refund_canceled": N_("Refund canceled"),
    "refund_unknown": N_("Outcome of the refund unknown; the provider is asked again"),
    "inquiry_changed": N_("Inquiry of the bank changed"),
    "dispute_opened": N_("The customer disputes the payment"),
    "dispute_changed": N_("Dispute changed"),
    "dispute_open": N_("Dispute open again"),
    "dispute_under_review": N_("Dispute under review"),
    "dispute_won": N_("Dispute won"),
    "dispute_lost": N_("Dispute lost"),
    "dispute_accepted": N_("Dispute accepted"),
    "dispute_funds_withdrawn": N_("Disputed money withdrawn"),
    "dispute_funds_reinstated": N_("Disputed money came back"),
    "chargeback_won": N_("Dispute won"),
    "chargeback_lost": N_("Dispute lost"),
    "chargeback_accepted": N_("Dispute accepted"),
    "bank_return_won": N_("Return by the bank withdrawn"),
    "bank_return_lost": N_("Returned by the bank"),
    "case_accepted": N_("Case accepted"),
    "case_refunded": N_("Case refunded"),
    "paid_out": N_("Paid out to the bank account"),
    "mandate_changed": N_("Mandate changed"),
    "fee_known": N_("The provider named a fee"),
    "fee_booked": N_("Fee booked"),
}
_EFFECTS: Final[Mapping[str, str]] = {
    "recorded": N_("noted"),
    "ignored": N_("without effect"),
    "conflict": N_("does not fit the state"),
    "case": N_("opened a case"),
}
_SOURCES: Final[Mapping[str, str]] = {
    "api": N_("by the shop or its staff"),
    "customer": N_("by the customer"),
    "provider": N_("by the provider"),
    "operator": N_("by hand"),
    "janitor": N_("by the gateway's own check"),
}
_ACCOUNTS: Final[Mapping[str, str]] = {
    "clearing": N_("Held by the provider"),
    "bank": N_("Bank account"),
    "disputed": N_("Disputed money"),
    "unapplied_receipts": N_("Money that is no sale yet"),
    "refunds_payable": N_("Owed to customers"),
    "sales": N_("Sales"),
    "refunds": N_("Refunds"),
    "provider_fees": N_("Fees"),
    "dispute_fees": N_("Fees for disputes"),
    "dispute_losses": N_("Lost disputes"),
    "write_offs": N_("Written off"),
    "rounding": N_("Rounding"),
    "fx_exchange": N_("Exchange"),
}
_ENTRIES: Final[Mapping[str, str]] = {
    "capture": N_("Payment received"),
    "unapplied_capture": N_("Money received that is no sale yet"),
    "unapplied_capture_reversed": N_("Money received that is no sale yet, reversed"),
    "unapplied_accepted": N_("Held money became the sale"),
    "receipt": N_("Transfer received"),
    "manual_payment": N_("Recorded by hand"),
    "order_complete": N_("Transfer received in full"),
    "underpayment_accepted": N_("Smaller amount accepted"),
    "surplus_kept": N_("Surplus kept"),
    "provider_fee": N_("Fee"),
    "dispute_fee": N_("Fee for a dispute"),
    "rounding": N_("Rounding"),
    "exchange": N_("Exchange"),
    "payout": N_("Paid out to the bank account"),
    "refund_requested": N_("Refund requested"),
    "refund_succeeded": N_("Refund confirmed"),
    "refund_failed": N_("Refund failed"),
    "refund_failed_late": N_("Refund failed afterwards"),
    "refund_at_provider": N_("Refund made at the provider"),
    "held_refund_accepted": N_("Refund of held money requested"),
    "held_refund_paid": N_("Refund of held money confirmed"),
    "held_refund_failed": N_("Refund of held money failed"),
    "held_refund_failed_late": N_("Refund of held money failed afterwards"),
    "held_refund_at_provider": N_("Refund of held money made at the provider"),
    "dispute_opened": N_("Disputed money withdrawn"),
    "dispute_won": N_("Dispute won"),
    "dispute_lost": N_("Dispute lost"),
    "immediate_loss": N_("Returned by the bank"),
    "loss_reversed": N_("Lost money came back"),
}
_OPERATIONS: Final[Mapping[str, str]] = {
    "create": N_("Register the payment"),
    "cancel": N_("Cancel the payment"),
    "ask": N_("Ask for the payment"),
    "capture": N_("Take the money"),
    "refund": N_("Refund"),
    "refund_case": N_("Refund of a case"),
    "fee": N_("Ask for a fee"),
}
_REASONS: Final[Mapping[str, str]] = {
    "no_news": N_("it says what is known"),
    "no_fit": N_("it does not fit the state"),
}
_ERRORS: Final[Mapping[str, str]] = {
    INTERRUPTED: N_("No answer to the first attempt is stored. The request may have been sent."),
    GIVEN_UP: N_("The gateway stopped waiting before an answer came."),
}
_CERTIFICATES: Final[Mapping[str, str]] = {
    "refused": N_("At the last look the edge had no certificate for this name and could not get one."),
    "no_answer": N_("At the last look the edge presented no certificate in time."),
    "other_name": N_("At the last look the edge presented the certificate of another name."),
    "edge_unreachable": N_("The edge took no connection at the last look."),
}
_UNJUDGED: Final[Mapping[str, str]] = {
    "pending": N_("Not yet: the DNS record is missing"),
    "failing": N_("Not judged: the DNS record is wrong"),
    "suspended": N_("None: the site was deleted"),
}
_WORDS: Final = {
    "timeline": _TIMELINE,
    "effect": _EFFECTS,
    "source": _SOURCES,
    "account": _ACCOUNTS,
    "entry": _ENTRIES,
    "operation": _OPERATIONS,
    "reason": _REASONS,
    "error": _ERRORS,
    "certificate": _CERTIFICATES,
    "unjudged": _UNJUDGED,
}


def story_word(code: str, of: str) -> str:
    """The words for a code in English, to be translated where they are shown; other codes stand for themselves.

    Args:
        of: what the code is about: ``timeline``, ``effect``, ``source``, ``account``, ``entry``, ``operation``,
            ``reason``, ``error``, ``certificate`` (why there is none) or ``unjudged`` (the state of a domain whose
            certificate is not looked at).
    """
    return _WORDS[of].get(code, code)
