"""API keys of an organization, and keys of the installation."""

from typing import Final

from admin_api.console.forms.fields import Field
from admin_api.console.forms.form import Form, Once
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.listing import Column
from admin_api.console.translations import N_
from admin_api.shared.domain.roles import ORGANIZATION_ROLES
from admin_api.shared.domain.scopes import SCOPES, SYSTEM_KEY_SCOPES

_TEXT: Final = (Once("key", N_("API key")),)
_LABEL: Final = Field("label", N_("Label"), hint=N_("What the key is for."))
_LIMITS: Final = (
    Field(
        "ipAllowList",
        N_("Addresses that may use the key"),
        "lines",
        is_required=False,
        hint=N_("One address or network a line, such as 203.0.113.0/24. Empty: any address."),
        length_max=4000,
    ),
    Field("expiresAt", N_("Expires (UTC)"), "moment", is_required=False, hint=N_("Empty: never.")),
)
_FACTS: Final = (
    Column("id", N_("Id"), "code"),
    Column("createdAt", N_("Created"), "moment"),
    Column("lastUsedAt", N_("Last used"), "moment"),
    Column("expiresAt", N_("Expires"), "moment"),
    Column("revokedAt", N_("Revoked"), "moment"),
    Column("previousValidUntil", N_("Previous text valid until"), "moment"),
    Column("ipAllowList", N_("Addresses that may use the key"), "list"),
    Column("scopes", N_("Scopes"), "list"),
)


def _scopes(known: frozenset[str]) -> Field:
    names = tuple(sorted(known))
    return Field("scopes", N_("Scopes"), "choices", names, words=dict(zip(names, names, strict=True)))


def _changes(path: str, scopes: Field) -> tuple[Form, ...]:
    """Changes of a key at that path."""
    return (
        Form(
            "edit",
            N_("Change"),
            path,
            N_("The changes apply from the key's next request."),
            (_LABEL, scopes, *_LIMITS),
            verb="PATCH",
        ),
        Form(
            "rotate",
            N_("Rotate"),
            path + "/rotate",
            N_("The key gets a new text, which is shown once. The present text stays valid for some hours."),
            (Field("overlapHours", N_("Hours that the present text stays valid"), "number", start="24"),),
            when=lambda key: key["revokedAt"] is None,
            once=_TEXT,
        ),
        Form(
            "revoke",
            N_("Revoke"),
            path + "/revoke",
            N_("The key is refused from its next request on. This cannot be undone."),
            is_final=True,
            when=lambda key: key["revokedAt"] is None,
        ),
        Form(
            "delete",
            N_("Delete"),
            path,
            N_("The key is refused from its next request on, and leaves the list."),
            verb="DELETE",
            is_final=True,
        ),
    )


_OWN: Final = "/organizations/{organization_id}/api-keys"
_SYSTEM: Final = "/system/api-keys"
_OWN_SCOPES: Final = _scopes(SCOPES)
_SYSTEM_SCOPES: Final = _scopes(SYSTEM_KEY_SCOPES)

API_KEYS: Final = ObjectPage(
    "api-keys",
    N_("API key"),
    _OWN + "/{api_key_id}",
    name="label",
    facts=(Column("livemode", N_("Live mode"), "state"), Column("role", N_("Role"), "state"), *_FACTS),
    creates=Form(
        "new",
        N_("New API key"),
        _OWN,
        N_("The key is shown once, when it is created."),
        (
            _LABEL,
            Field(
                "livemode",
                N_("Live mode"),
                "flag",
                is_required=False,
                hint=N_("Acts on live data. Otherwise the key acts on test data alone."),
            ),
            Field("role", N_("Role"), "choice", ORGANIZATION_ROLES, start="support"),
            _OWN_SCOPES,
            *_LIMITS,
        ),
        once=_TEXT,
    ),
    forms=_changes(_OWN + "/{api_key_id}", _OWN_SCOPES),
)

SYSTEM_KEYS: Final = ObjectPage(
    "system-keys",
    N_("System key"),
    _SYSTEM + "/{api_key_id}",
    name="label",
    facts=_FACTS,
    creates=Form(
        "new",
        N_("New system key"),
        _SYSTEM,
        N_("The key runs the installation. It is shown once, when it is created."),
        (_LABEL, _SYSTEM_SCOPES, *_LIMITS),
        once=_TEXT,
    ),
    forms=_changes(_SYSTEM + "/{api_key_id}", _SYSTEM_SCOPES),
    section="installation",
)
