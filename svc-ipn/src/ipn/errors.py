"""Failures of this service.

GatewayError
├─ Conflict   409  DELIVERY_IN_PROGRESS   another notification of the same checkout is on its way
├─ Transient  503  SITE_UNKNOWN           the site's settings have not arrived yet
├─ Transient  503  CREDIT_NOTE_PENDING    the credit note of a lost dispute is not there yet
└─ Transient  503  STALE_DELIVERY         somebody else changed the delivery at the same moment
"""

from gateway_contracts.errors import Conflict, Transient


class DeliveryInProgress(Conflict):
    """One notification of a checkout is on its way at a time."""

    default_code = "DELIVERY_IN_PROGRESS"


class SiteUnknown(Transient):
    """Its settings decide the dialect and the secret."""

    default_code = "SITE_UNKNOWN"


class CreditNotePending(Transient):
    """The notification names it, so it is waited for, for a while."""

    default_code = "CREDIT_NOTE_PENDING"


class StaleDelivery(Transient):
    """The version that was read is not the stored one any more."""

    default_code = "STALE_DELIVERY"
