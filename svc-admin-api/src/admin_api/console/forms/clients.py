"""Clients: customers of a merchant."""

from typing import Final

from admin_api.console.client_story import story_of
from admin_api.console.forms.fields import Field
from admin_api.console.forms.form import Form
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.listing import Column
from admin_api.console.translations import N_

_CLIENT: Final = "/clients/{client_id}"


def _sealed(name: str, title: str, *, hint: str = "", group: str = "") -> Field:
    """A value that is kept encrypted: sent as a text, answered as an object."""
    return Field(name, title, is_required=False, hint=hint, group=group, source=f"{name}.plaintext", length_max=320)


_FIELDS: Final = (
    _sealed("email", N_("E-mail"), hint=N_("One client of a mode has it, no other.")),
    _sealed("name", N_("Name")),
    _sealed("company", N_("Company")),
    _sealed("phone", N_("Telephone")),
    _sealed("address.line1", N_("Street and number"), group=N_("Address")),
    _sealed("address.line2", N_("More of the address")),
    _sealed("address.postalCode", N_("Postal code")),
    _sealed("address.city", N_("City")),
    _sealed("address.state", N_("State or province")),
    Field("address.country", N_("Country"), is_required=False, hint=N_("Two letters, such as DE.")),
    _sealed("taxInfo.taxId", N_("Tax id"), group=N_("Tax"), hint=N_("Such as a VAT id: DE123456789.")),
    Field(
        "taxInfo.taxIdType", N_("Kind of the tax id"), is_required=False, hint=N_("vat unless given."), length_max=20
    ),
    Field("taxInfo.taxCountry", N_("Country of the tax id"), is_required=False),
)

CLIENTS: Final = ObjectPage(
    "clients",
    N_("Client"),
    _CLIENT,
    facts=(
        Column("email", N_("E-mail"), "plain"),
        Column("name", N_("Name"), "plain"),
        Column("company", N_("Company"), "plain"),
        Column("phone", N_("Telephone"), "plain"),
        Column("payments", N_("Successful payments")),
        Column("createdAt", N_("Created"), "moment"),
        Column("updatedAt", N_("Changed"), "moment"),
        Column("id", N_("Id"), "code"),
    ),
    creates=Form(
        "new",
        N_("New client"),
        "/clients",
        N_("Paying customers become clients without it."),
        _FIELDS,
    ),
    forms=(
        Form(
            "edit",
            N_("Change"),
            _CLIENT,
            N_("Documents that exist keep what they say. Later ones have the new values."),
            _FIELDS,
            verb="PATCH",
        ),
        Form(
            "delete",
            N_("Delete"),
            _CLIENT,
            N_("The client leaves the list. Payments and documents stay. This cannot be undone."),
            verb="DELETE",
            is_final=True,
        ),
    ),
    template="client.html",
    load=story_of,
)
