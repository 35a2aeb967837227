"""Content of a new dispute: the network's words for it, the evidence that may be sent, when it is due."""

from typing import Final

from gateway_simulators.store import Json

REASONS: Final = (
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
)
EVIDENCE: Final = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)
# A network's code per reason, near what Visa and Mastercard send.
_VISA: Final = {"fraudulent": "10.4", "product_not_received": "13.1", "duplicate": "12.6.1"}
_MASTERCARD: Final = {"fraudulent": "4837", "product_not_received": "4853", "duplicate": "4834"}
_AMEX: Final = {"fraudulent": "F29", "product_not_received": "C08", "duplicate": "P08"}
_CODES: Final = {"visa": _VISA, "mastercard": _MASTERCARD, "amex": _AMEX}
_OTHER: Final = {"visa": "13.3", "mastercard": "4853", "amex": "C31"}


def no_evidence() -> Json:
    """Every kind of evidence, none given."""
    return {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}}


def method_details(charge: Json, reason: str, *, inquiry: bool) -> Json:
    """``payment_method_details``: whose card, and whether money was taken."""
    brand = charge["payment_method_details"]["card"]["brand"]
    card = {
        "brand": brand,
        "case_type": "inquiry" if inquiry else "chargeback",
        "network": brand,
        "network_reason_code": _CODES[brand].get(reason, _OTHER[brand]),
    }
    return {"card": card, "type": "card"}
