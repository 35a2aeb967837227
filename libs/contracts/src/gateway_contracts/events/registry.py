"""Every event type, its class and its owner."""

from typing import Final

from gateway_contracts.envelope import EventData
from gateway_contracts.events import (
    checkout,
    credit_note,
    dispute,
    domain,
    invoice,
    ipn,
    ledger,
    notification,
    refund,
    tenancy,
    transaction,
)

_BY_OWNER: Final[dict[str, tuple[type[EventData], ...]]] = {
    "svc-transaction": (
        checkout.CheckoutCreatedV1,
        checkout.CheckoutCompletedV1,
        checkout.CheckoutExpiredV1,
        checkout.CaseOpenedV1,
        checkout.CaseClosedV1,
        transaction.TransactionInitiatedV1,
        transaction.TransactionSubmittedV1,
        transaction.TransactionSucceededV1,
        transaction.TransactionFailedV1,
        transaction.TransactionCanceledV1,
        transaction.TransactionRefundedV1,
        transaction.TransactionRestoredV1,
        ledger.LedgerPostedV1,
        refund.RefundRequestedV1,
        refund.RefundSucceededV1,
        refund.RefundFailedV1,
        dispute.DisputeOpenedV1,
        dispute.DisputeUpdatedV1,
        dispute.DisputeClosedV1,
    ),
    "svc-invoice": (
        credit_note.CreditNoteRenderedV2,
        credit_note.CreditNoteIssuedV2,
        invoice.InvoiceCorrectedV1,
        invoice.InvoiceVoidedV1,
        invoice.InvoiceSettledV1,
        invoice.InvoiceDraftedV1,
        invoice.InvoiceIssuedV1,
        invoice.InvoiceRenderedV1,
        invoice.CreditNoteIssuedV1,
        invoice.CreditNoteRenderedV1,
    ),
    "svc-ipn": (ipn.IpnDeliveredV1, ipn.IpnExhaustedV1, ipn.IpnSupersededV1),
    "svc-notify": (notification.NotificationSentV1, notification.NotificationFailedV1),
    "svc-admin-api": (
        tenancy.OrganizationCreatedV1,
        tenancy.OrganizationUpdatedV1,
        tenancy.SiteCreatedV1,
        tenancy.SiteUpdatedV1,
        tenancy.SiteDeletedV1,
        tenancy.ProviderCreatedV1,
        tenancy.ProviderUpdatedV1,
        tenancy.ApiKeyCreatedV1,
        tenancy.ApiKeyRevokedV1,
        tenancy.MemberInvitedV1,
    ),
    "svc-domains": (domain.DomainRegisteredV1, domain.DomainActivatedV1, domain.DomainRemovedV1),
}

EVENTS: Final[dict[str, type[EventData]]] = {event.TYPE: event for events in _BY_OWNER.values() for event in events}
OWNERS: Final[dict[str, str]] = {event.TYPE: owner for owner, events in _BY_OWNER.items() for event in events}
