"""API keys: what is asked and answered."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from admin_api.shared.web.schemas.base import ListView, View
from admin_api.tenancy.domain.addresses import NETWORKS_MAX
from admin_api.tenancy.domain.api_key import ApiKey
from gateway_contracts.bodies import Body, ChangeBody, Lasting
from gateway_contracts.fields import Moment, Name

OVERLAP_HOURS_MAX = 168
SCOPES_MAX = 100
ScopeText = Annotated[str, StringConstraints(max_length=60)]
NetworkText = Annotated[str, StringConstraints(max_length=64)]


class ApiKeyIn(Body):
    """A new key. A credential grants at most its own rights; operators grant any."""

    label: Name = Field(description="Purpose of the key.", examples=["Shop server"])
    scopes: list[ScopeText] = Field(
        min_length=1,
        max_length=SCOPES_MAX,
        description="`resource:action`, with `*` for either part.",
        examples=[["checkout:create"]],
    )
    livemode: bool | None = Field(
        None,
        description="true: live data. false: test data. Default: the mode of the calling key; for operators "
        "and system keys: test.",
    )
    role: Literal["viewer", "support", "admin"] = Field(
        "admin", description="Limits the key: it may do what its role allows and its scopes cover."
    )
    ip_allow_list: list[NetworkText] = Field(
        default=[],
        max_length=NETWORKS_MAX,
        description="Addresses and networks (CIDR) that the key may be used from; empty: any address.",
        examples=[["203.0.113.0/24"]],
    )
    expires_at: Moment | None = Field(None, description="Time from which the key is refused; null: never.")


class SystemKeyIn(Body):
    """A new key that runs the installation."""

    label: Name = Field(description="Purpose of the key.", examples=["Provisioning"])
    scopes: list[ScopeText] = Field(
        min_length=1,
        max_length=SCOPES_MAX,
        description="Scopes of the resources `system`, `organization` and `api_key`.",
        examples=[["organization:read"]],
    )
    ip_allow_list: list[NetworkText] = Field(
        default=[],
        max_length=NETWORKS_MAX,
        description="Addresses and networks (CIDR) that the key may be used from; empty: any address.",
    )
    expires_at: Moment | None = Field(None, description="Time from which the key is refused; null: never.")


class ApiKeyView(View):
    """A key without its text."""

    id: str = Field(description="Id of the key: the middle part of its text.")
    label: str = Field(description="Purpose of the key.")
    livemode: bool = Field(description="Whether it acts on live data.")
    role: str = Field(description="Limits the scopes: viewer, support or admin.")
    scopes: list[str] = Field(description="Rights of the key, within its role.")
    ip_allow_list: list[str] = Field(description="Networks that the key may be used from; empty: any address.")
    created_at: datetime = Field(description="Time of creation, in UTC.")
    expires_at: datetime | None = Field(description="Time from which the key is refused; null: never.")
    last_used_at: datetime | None = Field(description="Time of the last use, to the minute; null before the first.")
    revoked_at: datetime | None = Field(description="Time of revocation; null while the key is valid.")
    previous_valid_until: datetime | None = Field(
        description="Time until which the previous text is accepted after a rotation; null if none is."
    )

    @classmethod
    def of(cls, key: ApiKey, /, **more: str) -> Self:
        """The key; ``more`` are further fields of the answer."""
        return cls(**{**vars(key), "role": key.acting_role, "previous_valid_until": key.previous_until, **more})


class ApiKeyPut(Body):
    """The changeable fields of a key. They apply from its next request."""

    SHOWN_BY = ApiKeyView

    label: Name = Field(description="Purpose of the key.", examples=["Shop server"])
    scopes: list[ScopeText] = Field(
        min_length=1,
        max_length=SCOPES_MAX,
        description="The new scopes; they replace the old ones.",
        examples=[["checkout:create"]],
    )
    ip_allow_list: list[NetworkText] = Field(
        default=[],
        max_length=NETWORKS_MAX,
        description="The new addresses and networks. Empty or not given: any address.",
    )
    expires_at: Moment | None = Field(None, description="Time from which the key is refused. Null or not given: never.")

    def changes(self) -> dict[str, Any]:
        """All fields."""
        return self.model_dump()


class ApiKeyPatch(ChangeBody):
    """Changes of a key. They apply from its next request."""

    SHOWN_BY = ApiKeyView

    label: Lasting[Name] = Field(None, description="Purpose of the key.", examples=["Shop server"])
    scopes: Lasting[list[ScopeText]] = Field(
        None,
        min_length=1,
        max_length=SCOPES_MAX,
        description="The new scopes; they replace the old ones.",
        examples=[["checkout:create"]],
    )
    ip_allow_list: list[NetworkText] | None = Field(
        None,
        max_length=NETWORKS_MAX,
        description="The new addresses and networks; they replace the old ones. Empty or null: any address.",
    )
    expires_at: Moment | None = Field(None, description="Time from which the key is refused; null: never.")

    def changes(self) -> dict[str, Any]:
        """Given fields."""
        return self.model_dump(exclude_unset=True)


class RotateKeyIn(Body):
    """Options for the change to the new text."""

    overlap_hours: int = Field(24, ge=0, le=OVERLAP_HOURS_MAX, description="Hours that the old text stays valid.")


class ApiKeyCreatedView(ApiKeyView):
    """A key with its text, which is shown only in this answer."""

    key: str = Field(description="Complete text of the key. Shown only in this answer.")


class ApiKeyListView(ListView):
    """Keys, newest first."""

    api_keys: list[ApiKeyView] = Field(description="Rows of this page, newest first.")
