"""The organization itself, and its invoicing settings."""

from typing import Final

from admin_api.console.forms.fields import Field
from admin_api.console.forms.form import Form
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.listing import Column
from admin_api.console.translations import N_

_ORGANIZATION: Final = "/organizations/{organization_id}"
_FIELDS: Final = (
    Field("name", N_("Name")),
    Field(
        "country",
        N_("Country"),
        is_required=False,
        hint=N_("Two letters, such as DE. The legal time zone of the country is used unless another one is set."),
    ),
)

ORGANIZATIONS: Final = ObjectPage(
    "organizations",
    N_("Organization"),
    creates=Form(
        "new",
        N_("New organization"),
        "/organizations",
        N_("It gets encryption keys of its own. Invite its first admin afterwards."),
        _FIELDS,
    ),
    section="installation",
)

ORGANIZATION: Final = ObjectPage(
    "organization",
    N_("Organization"),
    _ORGANIZATION,
    name="name",
    facts=(
        Column("id", N_("Id"), "code"),
        Column("country", N_("Country")),
        Column("createdAt", N_("Created"), "moment"),
        Column("updatedAt", N_("Changed"), "moment"),
    ),
    forms=(
        Form("edit", N_("Change"), _ORGANIZATION, fields=_FIELDS, verb="PATCH"),
        Form(
            "close",
            N_("Close the organization"),
            _ORGANIZATION,
            N_(
                "Its sites and providers are deleted and its keys are refused. Its records stay. This cannot be undone."
            ),
            verb="DELETE",
            is_final=True,
        ),
    ),
)
