"""Records of the ``config`` bucket: what every service knows about tenants without asking.

Keys are ``org.<id>``, ``site.<id>``, ``provider.<id>``, ``domain.<name>``, ``dek.system.<version>``,
``dek.org.<organizationId>.<purpose>.<version>``, ``kms.<organizationId or system>.<generation>`` and
``rotation.<organizationId or system>``. Every put and removal has a place in the order of its key: a put carries the
record's `ConfigRecord.order`, a removal a number that is not lower than that of any put before it. Writers replace only
what is older, and readers ignore what is older than what they know (ADR 0028).
"""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.base import Contract
from gateway_contracts.encrypted import BoundAs, EncryptedValue, Purpose

ProviderType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,32}$")]
"""Name of a declaration in `gateway_providers`; a service may read records of a type that it does not know."""


DomainState = Literal["pending", "active", "failing", "suspended"]

HEADER_CONFIG_VERSION: Final = "Gw-Config-Version"
"""The order of a put or removal, on its message."""
DESTROYED: Final = 2**53 - 1
"""The order of a removal that no put may follow: a destroyed data key never comes back."""


class ConfigRecord(Contract):
    """Base of all records."""

    version: int

    @property
    def order(self) -> int:
        """Grows with every change of the record under its key."""
        return self.version


class OrganizationConfig(ConfigRecord):
    """``org.<id>``: settings that other services act on."""

    id: str
    version: int
    name: str
    country: str | None = None
    invoicing: Annotated[dict[str, Any], BoundAs("invoicing.{0}", path="*.encrypted")] = Field(default_factory=dict)
    """``enabled``, ``autoGenerateInvoice``, ``companyName``, ``companyAddress``, number layouts, ``locale``,
    ``paymentTerms``, ``paymentTermDays``, ``footer``, ``accountingCurrency``, ``autoPaymentLinkExpiresInHours``."""
    invoicing_test: Annotated[dict[str, Any], BoundAs("invoicing_test.{0}", path="*.encrypted")] = Field(
        default_factory=dict
    )
    """Settings that hold for test documents in place of those of the same name in ``invoicing``."""
    deleted: bool = False

    def invoicing_of(self, *, livemode: bool) -> dict[str, Any]:
        """The invoicing settings of that mode."""
        return self.invoicing if livemode else {**self.invoicing, **self.invoicing_test}


class SiteConfig(ConfigRecord):
    """``site.<id>``: a storefront. IPN secrets are encrypted under the system key, one set per mode."""

    id: str
    organization_id: str
    version: int
    name: str
    branding: dict[str, str] = Field(default_factory=dict)
    """``logo`` (URL), ``primaryColor`` (``#rrggbb``)."""
    provider_ids: tuple[str, ...] = ()
    default_provider_id: str | None = None
    ipn_version: Literal[1, 2] = 1
    ipn_secrets: Annotated[dict[str, tuple[EncryptedValue, ...]], BoundAs("ipn_secrets.{0}", is_system=True)] = Field(
        default_factory=dict
    )
    """``test`` and ``live``: the current secret first, then those still accepted during rotation."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """``latePayment``, ``duplicatePayment``, ``wireDeadlineDays``, ``wireTolerance``, ``disputeHold``,
    ``disputeHoldProviderTypes``, ``preferCustomDomain``, ``allowedOrigins``, ``amountFormat``; of documents
    ``invoicePrefix``, ``creditNotePrefix``, ``documentFooter``."""
    deleted: bool = False

    @property
    def amount_format(self) -> AmountFormat:
        """How the site's shop writes the amounts of a new checkout."""
        return "hundredths" if self.settings.get("amountFormat") == "hundredths" else "minor"


class ProviderConfig(ConfigRecord):
    """``provider.<id>``: one account at a payment provider. Secrets are encrypted under the system key."""

    id: str
    organization_id: str
    version: int
    type: ProviderType
    label: str
    livemode: bool
    enabled: bool = True
    public: dict[str, Any] = Field(default_factory=dict)
    """Values that may be shown, such as ``publishableKey`` or ``bankName``."""
    secrets: Annotated[dict[str, tuple[EncryptedValue, ...]], BoundAs("secrets.{0}", is_system=True)] = Field(
        default_factory=dict
    )
    """Credentials such as ``secretKey`` (several values while rotating), and settings that are personal data."""
    missing: tuple[str, ...] = ()
    """Values that the provider gives only after this record exists and without which no payment is seen to complete:
    until they follow, the account is not offered to customers (ADR 0044)."""
    deleted: bool = False


class WrappedDek(ConfigRecord):
    """``dek.…``: a data key, wrapped by a key-management service."""

    scope: Literal["system", "organization"]
    organization_id: str = ""
    purpose: Purpose
    version: int
    kms: str = "local"
    kms_generation: int = 0
    """Which of the tenant's key-management settings wrapped it; 0 is the local one."""
    wrapped: str
    """Base64 of what the KMS returned."""
    active: bool = True
    """Whether new values are encrypted with it (the highest active version wins)."""
    revision: int = 1
    """Grows when it is wrapped again or retired; ``version`` names the key itself."""

    @property
    def order(self) -> int:
        return self.revision


class KmsConfig(ConfigRecord):
    """``kms.…``: where a tenant's data keys are wrapped. An organization brings its own; without one they stay local.

    A change makes a new generation; the old one stays until no data key was wrapped by it any more.
    """

    organization_id: str = ""
    """Empty: the system's."""
    generation: int = Field(ge=1)
    version: int = 1
    kms: str
    """A kind of the registry in the kit: ``aws``, ``vault``."""
    key_id: str
    endpoint: str
    settings: dict[str, str] = Field(default_factory=dict)
    """What is not secret and differs by kind: ``region``, ``mount``, ``namespace``."""
    credentials: str
    """Base64, protected by SYSTEM_ENCRYPTION_KEY itself: no data key is needed to reach a data key."""


class RotationConfig(ConfigRecord):
    """``rotation.…``: values of this tenant are being encrypted again; the key is removed when all are.

    ``targets`` names, per purpose, the version of the data key that every stored value shall have at least.
    """

    organization_id: str = ""
    """Empty: values of the system's scope."""
    version: int
    job_id: str
    targets: dict[Purpose, int]


class DomainConfig(ConfigRecord):
    """``domain.<name>``: a merchant's own checkout domain."""

    name: str
    organization_id: str
    site_id: str
    version: int
    state: DomainState
    deleted: bool = False
