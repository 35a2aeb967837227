"""A request that works for every operation with a body; the reference shows them and a test sends them."""

from collections.abc import Mapping
from typing import Any, Final

SITE_ID: Final = "65f0c0ffee65f0c0ffee65f0"
"""Stands for the id of a site of yours."""
ORGANIZATION_ID: Final = "65f0c0ffee65f0c0ffee65f1"
"""Stands for the organization's id."""

_PERSON: Final = {
    "email": {"plaintext": "jane@example.com"},
    "name": {"plaintext": "Jane Doe"},
    "address": {
        "line1": {"plaintext": "Main Street 1"},
        "postalCode": {"plaintext": "10115"},
        "city": {"plaintext": "Berlin"},
        "country": "DE",
    },
    "taxInfo": {"taxId": {"plaintext": "DE123456789"}, "taxIdType": "vat", "taxCountry": "DE"},
}
_INVOICING: Final = {
    "enabled": True,
    "autoGenerateInvoice": True,
    "companyName": "Example GmbH",
    "companyAddress": {"street": "Main Street 1", "postalCode": "10115", "city": "Berlin", "country": "DE"},
    "companyRegister": "Amtsgericht Charlottenburg, HRB 123456",
    "companyRepresentatives": "Managing director: Jane Doe",
    "companyContact": "Accounts department",
    "companyPhone": "+49 40 123456",
    "companyRegistrationId": "HRB 123456",
    "legalTimeZone": "Europe/Berlin",
    "bankIBAN": {"plaintext": "DE89370400440532013000"},
    "invoiceNumberLayout": {"prefix": "INV-", "sequenceDigits": 5},
}
_INVOICE: Final = {
    "currency": "EUR",
    "items": [
        {"description": "Consulting", "quantity": "2.5", "unitPrice": 10000, "amountType": "net", "taxRate": "19"},
        {"description": "Travel", "quantity": 1, "unitPrice": 4500, "amountType": "net", "taxRate": "19"},
    ],
    "discount": {"amount": 1000, "description": "For regular customers"},
    "dueDate": "2026-02-28",
    "orderReference": "PO-2026-17",
    "notes": "Thank you for your order.",
}
_KEY: Final = {
    "label": "Shop server",
    "scopes": ["checkout:create", "transaction:read"],
    "ipAllowList": ["203.0.113.0/24", "2001:db8::/32"],
    "expiresAt": "2035-01-31T12:00:00Z",
}
_KMS: Final = {"kms": "local"}
_REWRAP: Final = {"mode": "rewrap"}
_TEMPLATE: Final = {
    "event": "payment.succeeded",
    "channel": "email",
    "language": "en",
    "subject": "Thank you, {{ customer }}",
    "html": "<p>We received <b>{{ amount }}</b>.</p>",
    "text": "We received {{ amount }}.",
}
_METADATA: Final = {"metadata": {"orderId": "1001"}}

EXAMPLES: Final[Mapping[str, Any]] = {
    "POST /checkouts/{site_id}/create": {
        "amount": 4900,
        "currency": "EUR",
        "externalReference": "ORDER-1001",
        "email": "jane@example.com",
        "returnUrl": "https://shop.example/thanks?payment={transactionId}",
        "ipnUrl": "https://shop.example/ipn",
        "items": [{"name": "Coffee grinder", "quantity": 1, "unitPrice": 4900, "vatRate": "19"}],
    },
    "PATCH /checkouts/{checkout_id}": _METADATA,
    "PUT /transactions/{transaction_id}": _METADATA,
    "PATCH /transactions/{transaction_id}": {"metadata": {"orderId": "1002", "note": None}},
    "POST /transactions/{transaction_id}/receipts": {
        "amount": 4900,
        "currency": "EUR",
        "receivedAt": "2026-01-31T12:00:00Z",
        "bankReference": "2026013112345",
    },
    "POST /transactions/manual": {
        "siteId": SITE_ID,
        "amount": 1200,
        "currency": "EUR",
        "receivedAt": "2026-01-31T12:00:00Z",
        "externalReference": "ORDER-1002",
    },
    "POST /transactions/{transaction_id}/mark": {"outcome": "paid", "dispatchIpn": True},
    "POST /transactions/{transaction_id}/refunds": {
        "amount": 1900,
        "reason": "requested_by_customer",
        "lines": [{"line": 0, "amount": 1900, "quantity": 1}],
    },
    "POST /transactions/{transaction_id}/refunds/{refund_id}/settle": {"outcome": "succeeded"},
    "PATCH /transactions/{transaction_id}/chargeback/{chargeback_id}": {"status": "accepted"},
    "POST /cases/{case_id}/accept": {},
    "POST /cases/{case_id}/refund": {"dispatchIpn": False},
    "POST /cases/{case_id}/dismiss": {},
    "POST /invoices": {**_INVOICE, "siteId": SITE_ID},
    "POST /invoices/preview": {**_INVOICE, "siteId": SITE_ID},
    "PUT /invoices/{invoice_id}": _INVOICE,
    "PATCH /invoices/{invoice_id}/notes": {"notes": "Thank you for your order."},
    "PATCH /invoices/{invoice_id}/schedule": {"scheduledFinalizeAt": "2026-02-01T08:00:00Z"},
    "PUT /invoices/{invoice_id}/transaction": {"transactionId": SITE_ID},
    "POST /invoices/{invoice_id}/void": {"reason": "Ordered twice."},
    "POST /invoices/{invoice_id}/correct": {
        "reason": "The company's name was misspelled.",
        "changes": {"client": {"company": "Example GmbH"}, "buyerReference": "04011000-12345-03"},
    },
    "POST /invoices/{invoice_id}/payment-checkout": {"expireInHours": 336},
    "POST /credit-notes": {
        "invoiceId": SITE_ID,
        "reason": "The goods were broken.",
        "lines": [{"line": 0, "amount": 4900}],
    },
    "POST /clients": _PERSON,
    "PUT /clients/{client_id}": {**_PERSON, "email": {"plaintext": "jane.doe@example.com"}},
    "PATCH /clients/{client_id}": {"phone": {"plaintext": "+49 30 7654321"}, "company": None},
    "POST /sites": {"name": "Example shop", "branding": {"primaryColor": "#0b5fff"}, "ipnVersion": 2},
    "PUT /sites/{site_id}": {"name": "New name", "ipnVersion": 2, "settings": {"latePayment": "review"}},
    "PATCH /sites/{site_id}": {"settings": {"latePayment": None, "wireDeadlineDays": 7}},
    "POST /sites/{site_id}/webhook-secret/regenerate": {"keepPrevious": True},
    "POST /providers": {
        "type": "wire",
        "label": "Bank transfer",
        "accountHolder": "Example GmbH",
        "iban": "DE89370400440532013000",
        "bic": "COBADEFFXXX",
    },
    "PUT /providers/{provider_id}": {
        "label": "Bank transfer (euro)",
        "accountHolder": "Example GmbH",
        "iban": "DE89370400440532013000",
    },
    "PATCH /providers/{provider_id}": {"label": "Bank transfer (SEPA)", "bic": None},
    "POST /providers/{provider_id}/toggle": {"enabled": True},
    "POST /domains": {"siteId": SITE_ID, "name": "pay.shop.example"},
    "POST /templates": {
        "kind": "invoice",
        "name": "House style",
        "source": '{% extends "document.html" %}{% block payment %}{% endblock %}',
        "color": "#22477a",
    },
    "PUT /templates/{template_id}": {"name": "House style", "color": "#2f5d50"},
    "POST /templates/{template_id}/preview": {"language": "de"},
    "POST /invoices/{invoice_id}/send-email": {"to": "jane@example.com", "message": "Thank you for your order."},
    "POST /credit-notes/{credit_note_id}/send-email": {"to": "jane@example.com"},
    "PUT /organizations/settings/notifications": {
        "locale": "de",
        "customerEvents": ["invoice.issued", "credit_note.issued"],
        "teamEvents": ["payment.failed"],
        "teamAddresses": ["office@example.com"],
        "retentionDays": 30,
    },
    "PATCH /organizations/settings/notifications": {"teamEvents": ["payment.failed"], "replyTo": None},
    "POST /organizations/settings/notifications/test": {"to": "office@example.com"},
    "POST /notifications/templates": _TEMPLATE,
    "PUT /notifications/templates/{message_template_id}": {
        "subject": "{{ _('Payment received: %(amount)s', amount=amount) }}",
        "text": "{{ amount }}, {{ reference }}",
    },
    "POST /notifications/templates/preview": _TEMPLATE,
    "POST /organizations": {"name": "Example GmbH", "country": "DE"},
    "PUT /organizations/{organization_id}": {"name": "Example AG", "country": "AT"},
    "PATCH /organizations/{organization_id}": {"country": None},
    "PUT /organizations/settings/invoicing": _INVOICING,
    "PATCH /organizations/settings/invoicing": {"companyEmail": "office@example.com", "companyRegister": None},
    "PUT /organizations/{organization_id}/settings/invoicing": _INVOICING,
    "PATCH /organizations/{organization_id}/settings/invoicing": {"companyRegister": None},
    "POST /organizations/{organization_id}/api-keys": _KEY,
    "PUT /organizations/{organization_id}/api-keys/{api_key_id}": {**_KEY, "label": "Shop server 2"},
    "PATCH /organizations/{organization_id}/api-keys/{api_key_id}": {"label": "Shop server 3", "ipAllowList": []},
    "POST /organizations/{organization_id}/api-keys/{api_key_id}/rotate": {"overlapHours": 24},
    "POST /organizations/{organization_id}/members": {
        "email": "john@example.com",
        "name": "John Doe",
        "role": "support",
    },
    "PUT /organizations/{organization_id}/members/{member_id}": {"role": "viewer"},
    "PUT /organizations/{organization_id}/encryption": _KMS,
    "POST /organizations/{organization_id}/encryption/rotate": _REWRAP,
    "POST /organizations/{organization_id}/shred": {"confirm": ORGANIZATION_ID, "reason": "contract ended"},
    "PUT /system/encryption": _KMS,
    "POST /system/encryption/rotate": _REWRAP,
    "POST /system/api-keys": {"label": "Provisioning", "scopes": ["organization:read"]},
    "PUT /system/api-keys/{api_key_id}": {"label": "Provisioning 2", "scopes": ["organization:read"]},
    "PATCH /system/api-keys/{api_key_id}": {"label": "Provisioning 3"},
    "POST /system/api-keys/{api_key_id}/rotate": {"overlapHours": 24},
    "POST /operations/dead-letters/redrive": {"worker": "ipn-on-transactions", "reason": "Conflict"},
    "POST /system/operators": {"email": "joan@example.com", "name": "Joan Doe"},
}
"""By method and path below ``/api/v1``."""
