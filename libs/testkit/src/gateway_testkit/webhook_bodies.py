"""Bodies as providers send or answer them, for tests that change them."""

from typing import Any, Final

# Spelled out: what is at providers already keeps these names, whatever our own constants say.
MARKER_TRANSACTION: Final = "gatewayTransactionId"
MARKER_ORGANIZATION: Final = "gatewayOrganizationId"
MARKER_REFUND: Final = "gatewayRefundId"
TRANSACTION: Final = "66f000000000000000000001"
ORGANIZATION: Final = "66f000000000000000000002"
REFUND: Final = "66f000000000000000000003"
MARKERS: Final = {MARKER_TRANSACTION: TRANSACTION, MARKER_ORGANIZATION: ORGANIZATION}
REFERENCE: Final = "RF61336VW9L0KMUSCVKGLC1"
"""The creditor reference of that transaction."""
PAYPAL_MARK: Final = f"{TRANSACTION}:{ORGANIZATION}"
BALANCE: Final = {"id": "txn_1", "object": "balance_transaction", "amount": 4900, "fee": 98, "net": 4802}


def stripe_event(event_type: str, subject: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": event_type,
        "created": 1_790_000_000,
        "livemode": False,
        "data": {"object": {"id": "pi_1", "currency": "eur", "metadata": MARKERS, **subject}},
    }


STRIPE: Final = (
    stripe_event(
        "payment_intent.succeeded",
        {"object": "payment_intent", "status": "succeeded", "amount": 4900, "amount_received": 4900},
    ),
    stripe_event(
        "payment_intent.payment_failed",
        {
            "object": "payment_intent",
            "status": "requires_payment_method",
            "amount": 4900,
            "last_payment_error": {"code": "card_declined", "decline_code": "expired_card", "type": "card_error"},
        },
    ),
    stripe_event(
        "refund.failed",
        {
            "object": "refund",
            "status": "failed",
            "amount": 4900,
            "payment_intent": "pi_1",
            "failure_reason": "lost_or_stolen_card",
            "metadata": {**MARKERS, MARKER_REFUND: REFUND},
            "balance_transaction": {**BALANCE, "currency": "usd"},
            "failure_balance_transaction": "txn_2",
        },
    ),
    stripe_event(
        "charge.dispute.funds_withdrawn",
        {
            "object": "dispute",
            "status": "needs_response",
            "amount": 4900,
            "payment_intent": {"id": "pi_1"},
            "balance_transactions": [{**BALANCE, "currency": "eur"}],
        },
    ),
    stripe_event(
        "charge.updated",
        {
            "object": "charge",
            "amount_captured": 4900,
            "payment_intent": "pi_1",
            "balance_transaction": {**BALANCE, "currency": "usd"},
        },
    ),
)


def money(value: str = "49.00", currency: str = "EUR") -> dict[str, str]:
    return {"value": value, "currency": currency}


def paypal_money(value: str = "49.00", currency: str = "EUR") -> dict[str, str]:
    return {"value": value, "currency_code": currency}


def paypal_event(event_type: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "WH-1",
        "event_type": event_type,
        "create_time": "2026-09-21T14:13:20Z",
        "resource": {"id": "2GG279541U471931P", "custom_id": PAYPAL_MARK, **resource},
        "links": [{"rel": "self", "href": "https://api.sandbox.paypal.com/v1/notifications/webhooks-events/WH-1"}],
    }


PAYPAL: Final = (
    paypal_event(
        "CHECKOUT.ORDER.APPROVED",
        {"status": "APPROVED", "purchase_units": [{"amount": paypal_money(), "custom_id": PAYPAL_MARK}]},
    ),
    paypal_event(
        "PAYMENT.CAPTURE.COMPLETED",
        {
            "status": "COMPLETED",
            "amount": paypal_money(),
            "supplementary_data": {"related_ids": {"order_id": "5O190127TN364715T"}},
            "seller_receivable_breakdown": {
                "paypal_fee": paypal_money("1.20"),
                "net_amount": paypal_money("47.80"),
                "receivable_amount": paypal_money("50.10", "USD"),
            },
        },
    ),
    paypal_event(
        "PAYMENT.CAPTURE.DECLINED",
        {"status": "DECLINED", "amount": paypal_money(), "status_details": {"reason": "ECHECK"}},
    ),
    paypal_event(
        "PAYMENT.CAPTURE.REFUNDED",
        {
            "status": "COMPLETED",
            "amount": paypal_money(),
            "custom_id": f"{PAYPAL_MARK}:{REFUND}",
            "links": [{"rel": "up", "href": "https://api.paypal.com/v2/checkout/orders/5O190127TN364715T"}],
            "seller_payable_breakdown": {
                "paypal_fee": paypal_money("1.20"),
                "net_amount": paypal_money("47.80"),
                "net_amount_in_receivable_currency": paypal_money("50.10", "USD"),
            },
        },
    ),
    paypal_event(
        "CUSTOMER.DISPUTE.RESOLVED",
        {
            "dispute_id": "PP-D-1",
            "status": "RESOLVED",
            "dispute_outcome": {"outcome_code": "RESOLVED_BUYER_FAVOUR"},
            "dispute_amount": paypal_money(),
            "disputed_transactions": [{"custom": PAYPAL_MARK, "gross_amount": paypal_money()}],
        },
    ),
)

GOCARDLESS: Final = (
    {
        "events": [
            {
                "id": f"EV{number}",
                "created_at": "2026-09-21T14:13:20.000Z",
                "resource_type": resource_type,
                "action": action,
                "links": {resource_type[:-1]: "PM000123"},
                "details": {"origin": "bank", "cause": "insufficient_funds", "will_attempt_retry": False},
                "resource_metadata": {**MARKERS, third: words},
            }
            for number, (resource_type, action, third, words) in enumerate(
                [
                    ("payments", "confirmed", "gatewaySubject", "4900 EUR BRQ000123"),
                    ("payments", "failed", "gatewaySubject", "4900 EUR BRQ000123"),
                    ("refunds", "paid", MARKER_REFUND, f"4900 EUR BRQ000123 {REFUND}"),
                ]
            )
        ]
    },
)

MOLLIE_PAYMENT: Final = {
    "resource": "payment",
    "id": "tr_7UhSN1zuXS",
    "mode": "test",
    "status": "paid",
    "createdAt": "2026-09-21T14:10:00+00:00",
    "paidAt": "2026-09-21T14:13:20+00:00",
    "amount": money(),
    "settlementAmount": money("52.10", "USD"),
    "metadata": MARKERS,
    "_embedded": {
        "refunds": [
            {
                "id": "re_4qqhO89gsT",
                "status": "refunded",
                "createdAt": "2026-09-22T14:10:00+00:00",
                "amount": money("10.00"),
                "metadata": {MARKER_REFUND: REFUND},
            }
        ],
        "chargebacks": [
            {
                "id": "chb_n9z0tp",
                "createdAt": "2026-09-23T14:10:00+00:00",
                "reversedAt": "2026-09-24T14:10:00+00:00",
                "amount": money("39.00"),
                "settlementAmount": money("-41.10", "USD"),
            }
        ],
    },
}
MOLLIE_FAILED: Final = {
    **{name: value for name, value in MOLLIE_PAYMENT.items() if name not in ("_embedded", "settlementAmount")},
    "status": "failed",
    "failedAt": "2026-09-21T14:13:20+00:00",
    "statusReason": {"code": "insufficient_funds"},
    "details": {"failureReason": "insufficient_funds"},
}
MOLLIE_THIN_EVENT: Final = {
    "resource": "event",
    "id": "event_1",
    "type": "payment-link.paid",
    "entityId": "tr_7UhSN1zuXS",
    "_embedded": {"entity": {"id": "tr_7UhSN1zuXS", "paymentId": "tr_7UhSN1zuXS"}},
}

WISE_THIN_EVENTS: Final = (
    {
        "event_type": "incoming-transfer#credited",
        "sent_at": "2026-09-21T14:13:21Z",
        "data": {
            "resource": {"id": 111, "profile_id": 222},
            "incoming_transfer_id": "b3b4-1",
            "occurred_at": "2026-09-21T14:13:20Z",
        },
    },
    {
        "event_type": "account-details-payment#state-change",
        "sent_at": "2026-09-21T14:13:21Z",
        "data": {
            "transfer": {"id": 111},
            "resource": {"profile_id": 222},
            "current_state": "COMPLETED",
            "occurred_at": "2026-09-21T14:13:20Z",
        },
    },
)
WISE_INCOMING: Final = {
    "id": "b3b4-1",
    "amount": {"value": 49.0, "currency": "EUR"},
    "status": "credited",
    "profile_id": 222,
    "details": {"reference": f"invoice {REFERENCE}"},
}
