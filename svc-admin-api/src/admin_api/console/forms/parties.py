"""Fields of a client or a delivery, wherever a page asks for one."""

from dataclasses import replace
from typing import Final

from admin_api.console.forms.fields import Field
from admin_api.console.translations import N_
from gateway_contracts.limits import SHORT_CHARACTERS_MAX
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX

_FIELDS: Final = (
    Field("company", N_("Company")),
    Field("name", N_("Name")),
    Field("address1", N_("Street and number")),
    Field("address2", N_("More of the address")),
    Field("postcode", N_("Postal code")),
    Field("city", N_("City")),
    Field("state", N_("State or province")),
    Field("country", N_("Country"), hint=N_("Two letters, such as DE."), length_max=2),
    Field("email", N_("E-mail"), "email", length_max=EMAIL_CHARACTERS_MAX),
    Field("phone", N_("Phone"), length_max=SHORT_CHARACTERS_MAX),
    Field("vatId", N_("VAT id"), length_max=SHORT_CHARACTERS_MAX),
)


def party_fields(sent: str, *, stored: str, group: str = "") -> tuple[Field, ...]:
    """The fields of the object ``sent`` of a body, filled from the object ``stored`` of a row; none is required."""
    first, *others = (
        replace(one, name=f"{sent}.{one.name}", source=f"{stored}.{one.name}", is_required=False) for one in _FIELDS
    )
    return (replace(first, group=group), *others)
