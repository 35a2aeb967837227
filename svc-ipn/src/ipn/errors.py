"""Failures of this service.

GatewayError
├─ NotFound   404  DELIVERY_NOT_FOUND     not a notification of this organization, mode and site
├─ Conflict   409  DELIVERY_IN_PROGRESS   another notification of the same checkout is on its way
├─ Transient  503  SITE_UNKNOWN           the site's settings have not arrived yet
├─ Rejected        UNPROCESSABLE          a stored delivery cannot be sent: it does not decrypt, or cannot be read
│  └─              ATTEMPTS_NOT_RECORDED  its leases ended without a record of their attempts
└─ Transient  503  CREDIT_NOTE_PENDING    the credit note of a lost dispute is not there yet
"""

from gateway_contracts.errors import Conflict, NotFound, Rejected, Transient


class DeliveryNotFound(NotFound):
    """No notification of this id in the caller's scope."""

    default_code = "DELIVERY_NOT_FOUND"


class DeliveryInProgress(Conflict):
    """One notification of a checkout is on its way at a time."""

    default_code = "DELIVERY_IN_PROGRESS"


class SiteUnknown(Transient):
    """Its settings decide the version and the secret."""

    default_code = "SITE_UNKNOWN"


class Unprocessable(Rejected):
    """It would fail the same way every time: the delivery is set aside."""

    default_code = "UNPROCESSABLE"


class AttemptsNotRecorded(Unprocessable):
    """One lease after the other ended without a record of its attempt."""

    default_code = "ATTEMPTS_NOT_RECORDED"


class CreditNotePending(Transient):
    """The notification names it, so it is waited for, for a while."""

    default_code = "CREDIT_NOTE_PENDING"
