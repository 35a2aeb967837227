"""Organizations, sites, providers and keys."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator

from admin_api.shared.web.schemas.base import ListView, View
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.web.schemas.invoicing import Affix
from admin_api.tenancy.web.schemas.provider_setup import ProviderChange, ProviderSetup, ProviderType
from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.bodies import Body, ChangeBody, Lasting, Part
from gateway_contracts.fields import Country, Name, ObjectId, Url
from gateway_contracts.invoice_fields import Footer
from gateway_contracts.requests.dispute import HoldAction
from gateway_contracts.requests.provider import ProviderCheck
from gateway_contracts.rules import broken, broken_form, shaped
from gateway_contracts.web_hosts import WebOrigin
from gateway_providers.registry import transfer_types

PROVIDERS_MAX = 50
ORIGIN_CHARACTERS_MAX = 300
_COLOR = r"^#[0-9a-fA-F]{6}$"
_TRANSFERS = " and ".join(transfer_types())


class KeptView(View):
    """A configuration record."""

    id: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, kept: Kept[Any], **more: Any) -> Self:
        """The record; ``more`` are fields that it does not hold in their public form."""
        return cls(**{**vars(kept.record), "created_at": kept.created_at, "updated_at": kept.updated_at, **more})


class OrganizationView(KeptView):
    name: str
    country: str | None


class OrganizationIn(Body):
    """A tenant."""

    SHOWN_BY = OrganizationView

    name: Name = Field(examples=["Example GmbH"])
    country: Country | None = None


class OrganizationPatch(ChangeBody):
    """Changes of an organization."""

    SHOWN_BY = OrganizationView

    name: Lasting[Name] = Field(None, examples=["Example GmbH"])
    country: Country | None = None

    def changes(self) -> dict[str, Any]:
        """Given attributes."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class OrganizationListView(ListView):
    organizations: list[OrganizationView]


class BrandingIn(Part):
    """Look of the payment page."""

    logo: Url | None = Field(None, description="URL of an image.")
    primary_color: (
        Annotated[
            str, StringConstraints(max_length=7, pattern=_COLOR), shaped(_COLOR, "must be a color, such as #0b5fff")
        ]
        | None
    ) = Field(None, examples=["#0b5fff"])


def _origin(text: str) -> str:
    origin = WebOrigin.parse(text)
    # Nothing may follow the port: it would not be compared.
    if origin is None or any(character in text.partition("://")[2] for character in "/?#@\\"):
        raise broken("url_invalid", "must be an origin of scheme, host and port, such as https://shop.example")
    return str(origin)


Origin = Annotated[
    str, AfterValidator(_origin), Field(max_length=ORIGIN_CHARACTERS_MAX, json_schema_extra={"format": "origin"})
]


def _version(value: Any) -> Any:
    # True equals 1.
    if isinstance(value, bool):
        raise broken_form("must be 1 or 2")
    return value


IpnVersion = Annotated[Literal[1, 2], BeforeValidator(_version)]


class SiteSettingsIn(Part):
    """Rules of a storefront."""

    late_payment: Literal["accept", "review", "refund"] | None = Field(
        None, description="Handling of money for an ended checkout. Default: accepted after expiry, otherwise a case."
    )
    duplicate_payment: Literal["refund", "review"] | None = None
    wire_deadline_days: int | None = Field(None, ge=1, le=90)
    wire_tolerance: int | None = Field(
        None, ge=0, le=10_000, description="Accepted difference of a bank transfer, in minor units; 0 unless given."
    )
    dispute_hold: HoldAction | None = Field(
        None, description="Restriction of a customer after a lost dispute; block_all unless given."
    )
    dispute_hold_provider_types: list[ProviderType] | None = Field(
        None,
        max_length=10,
        description=f"For allow_provider_types: types that stay allowed; {_TRANSFERS} unless given.",
    )
    prefer_custom_domain: bool | None = None
    amount_format: AmountFormat | None = Field(
        None,
        description="How the shop writes and reads amounts of new checkouts and their payments: minor units, or "
        "hundredths of any currency (1,000 JPY as 100000), as shop plugins do; minor unless given.",
    )
    allowed_origins: list[Origin] | None = Field(None, max_length=20)
    invoice_prefix: Affix | None = Field(
        None, description="Prefix of the site's invoice numbers; that of the organization unless given."
    )
    credit_note_prefix: Affix | None = Field(
        None, description="Prefix of the site's credit note numbers; that of the organization unless given."
    )
    document_footer: Footer | None = Field(
        None, description="Text at the end of each page of the site's documents; that of the organization unless given."
    )


class SiteView(KeptView):
    name: str
    branding: dict[str, str]
    provider_ids: list[str]
    default_provider_id: str | None
    ipn_version: int
    settings: dict[str, Any]


class SiteIn(Body):
    """A new storefront."""

    name: Name = Field(examples=["Example shop"])
    branding: BrandingIn = BrandingIn()
    provider_ids: list[ObjectId] = Field(default=[], max_length=PROVIDERS_MAX)
    default_provider_id: ObjectId | None = None
    ipn_version: IpnVersion = Field(2, description="Version of the format of notifications: 1 or 2.")
    settings: SiteSettingsIn = SiteSettingsIn()

    @field_validator("provider_ids")
    @classmethod
    def _once(cls, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))


class SitePut(SiteIn):
    """The complete storefront."""

    SHOWN_BY = SiteView

    ipn_version: IpnVersion = Field(
        description="Version of the format of notifications: 1 or 2. If left out, it stays."
    )

    def changes(self) -> dict[str, Any]:
        """All attributes by their internal names."""
        return _by_internal_name(self, type(self).model_fields)


class SitePatch(ChangeBody):
    """Changes of a storefront. Objects are changed field by field; null for one clears all of it."""

    SHOWN_BY = SiteView

    name: Lasting[Name] = None
    branding: BrandingIn | None = None
    provider_ids: list[ObjectId] | None = Field(None, max_length=PROVIDERS_MAX)
    default_provider_id: ObjectId | None = None
    ipn_version: Lasting[IpnVersion] = None
    settings: SiteSettingsIn | None = None

    def changes(self) -> dict[str, Any]:
        """Given attributes by their internal names."""
        return _by_internal_name(self, self.model_fields_set)


def _by_internal_name(site: SitePut | SitePatch, names: Iterable[str]) -> dict[str, Any]:
    given = {name: getattr(site, name) for name in names}
    for name, value in given.items():
        if isinstance(value, BrandingIn | SiteSettingsIn):
            given[name] = value.model_dump(by_alias=True, exclude_unset=True)
        elif name == "provider_ids":
            given[name] = tuple(dict.fromkeys(value or ()))
    return given


class SiteCreatedView(SiteView):
    webhook_secret: str = Field(
        description="Secret that signs the notifications of this key's mode. Shown only in this answer."
    )


class SiteListView(ListView):
    sites: list[SiteView]


class RegenerateIn(Body):
    """Options for the change to the new secret."""

    keep_previous: bool = Field(True, description="Sign with the old secret too, until the next regeneration.")


class WebhookSecretView(View):
    webhook_secret: str = Field(description="Secret that signs notifications. Shown only in this answer.")


class ProviderView(KeptView):
    """A provider. Its credentials are masked: only the last characters are shown."""

    type: str
    label: str
    livemode: bool
    enabled: bool
    settings: dict[str, Any] = Field(description="Settings of the provider that are not secret.")
    secrets: dict[str, str] = Field(
        description="Credentials of the account, masked: only the last characters are shown."
    )
    state: Literal["ready", "incomplete"] = Field(
        description="State of the set-up. An incomplete provider is not offered to customers."
    )
    missing: list[str] = Field(
        description="Required fields that are still missing: send them by PUT. Empty if complete."
    )
    webhook_url: str | None = Field(
        description="Webhook address to register at the provider; null if the provider sends no webhooks."
    )
    can_register_webhook: bool = Field(
        description="Whether `POST /providers/{providerId}/register-webhook` registers that address."
    )


class ProviderIn(ProviderSetup, Body):
    """A new account at a payment provider, in the mode of the API key. Fields depend on the type."""

    type: ProviderType
    label: Name = Field(examples=["Cards"])
    livemode: bool | None = Field(
        None, description="Mode of the provider. If given, it must be the mode of the API key."
    )
    enabled: bool = True


class ProviderPut(ProviderChange, Body):
    """The complete provider. Credentials that are not given stay, because they cannot be read."""

    SHOWN_BY = ProviderView

    label: Name = Field(examples=["Cards"])
    enabled: bool = True
    keep_previous_webhook_secret: bool = Field(False, description="Accept webhooks signed with either secret.")


class ProviderPatch(ProviderChange, ChangeBody):
    """Changes of a provider. Fields that its type requires cannot be cleared."""

    SHOWN_BY = ProviderView

    label: Lasting[Name] = None
    enabled: Lasting[bool] = None
    keep_previous_webhook_secret: bool = Field(False, description="Accept webhooks signed with either secret.")


class ToggleIn(Body):
    """The new state of a switch."""

    enabled: bool | None = Field(None, description="true: on. false: off. If left out, the state is reversed.")


class ProviderListView(ListView):
    providers: list[ProviderView]


class ProviderTestView(View):
    """The result of a connection test."""

    provider_id: str
    ok: bool = Field(description="Whether no check failed; `unknown` is not a failure.")
    checks: list[ProviderCheck] = Field(description="The checks in the order of their execution.")

    @classmethod
    def of(cls, provider_id: str, checks: Sequence[ProviderCheck]) -> "ProviderTestView":
        is_ok = all(check.result != "failed" for check in checks)
        return cls(provider_id=provider_id, ok=is_ok, checks=list(checks))


class WebhookRegistrationView(View):
    """The webhook at the provider, and what that makes of the set-up."""

    provider_id: str
    webhook_url: str | None = Field(description="Address that the provider reports to.")
    created: bool = Field(description="Whether the webhook is new; false if there was one of this address.")
    state: Literal["ready", "incomplete"] = Field(description="State of the set-up.")
    missing: list[str] = Field(description="Required fields that are still missing.")

    @classmethod
    def of(cls, provider: ProviderView, *, is_new: bool) -> "WebhookRegistrationView":
        return cls(
            provider_id=provider.id,
            webhook_url=provider.webhook_url,
            created=is_new,
            state=provider.state,
            missing=provider.missing,
        )
