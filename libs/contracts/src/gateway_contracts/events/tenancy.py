"""Facts about organizations, sites, providers and keys, written by svc-admin-api."""

from datetime import datetime
from typing import ClassVar, Final

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.envelope import EventData

OF_INSTALLATION: Final = "installation"
"""In place of an organization, in invitations of those who run the installation. No organization has such an id."""


class TenancyChange(EventData):
    """Fields of every tenancy event. Names and secrets stay at home."""

    object_id: str
    occurred_at: datetime


class OrganizationCreatedV1(TenancyChange):
    TYPE: ClassVar[str] = "tenancy.organization_created.v1"
    BOTH_MODES: ClassVar[bool] = True


class OrganizationUpdatedV1(TenancyChange):
    TYPE: ClassVar[str] = "tenancy.organization_updated.v1"
    BOTH_MODES: ClassVar[bool] = True


class SiteCreatedV1(TenancyChange):
    TYPE: ClassVar[str] = "tenancy.site_created.v1"
    BOTH_MODES: ClassVar[bool] = True


class SiteUpdatedV1(TenancyChange):
    TYPE: ClassVar[str] = "tenancy.site_updated.v1"
    BOTH_MODES: ClassVar[bool] = True


class SiteDeletedV1(TenancyChange):
    TYPE: ClassVar[str] = "tenancy.site_deleted.v1"
    BOTH_MODES: ClassVar[bool] = True


class ProviderCreatedV1(TenancyChange):
    TYPE: ClassVar[str] = "tenancy.provider_created.v1"


class ProviderUpdatedV1(TenancyChange):
    TYPE: ClassVar[str] = "tenancy.provider_updated.v1"


class ApiKeyCreatedV1(TenancyChange):
    TYPE: ClassVar[str] = "tenancy.api_key_created.v1"


class ApiKeyRevokedV1(TenancyChange):
    TYPE: ClassVar[str] = "tenancy.api_key_revoked.v1"


class MemberInvitedV1(TenancyChange):
    """A person got an invitation, or a new one in its place.

    Attributes:
        email: of the person, encrypted under the organization's operational key; so are ``name`` and ``link``. Of one
            who will run the installation (organization ``installation``) they are under the system key.
        link: opens the page on which the person accepts. It holds the token, so that it is secret.
        role: in the organization.
    """

    TYPE: ClassVar[str] = "tenancy.member_invited.v1"
    BOTH_MODES: ClassVar[bool] = True

    email: EncryptedValue
    name: EncryptedValue | None = None
    link: EncryptedValue
    role: str
    valid_until: datetime
