"""Members of an organization, and operators of the installation."""

from typing import Final

from admin_api.console.forms.fields import Field, Row
from admin_api.console.forms.form import Form, Once
from admin_api.console.forms.pages import ObjectPage
from admin_api.console.listing import Column
from admin_api.console.translations import N_
from admin_api.shared.domain.roles import ORGANIZATION_ROLES
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX

_MEMBERS: Final = "/organizations/{organization_id}/members"
_MEMBER: Final = _MEMBERS + "/{member_id}"
_OPERATORS: Final = "/system/operators"
_OPERATOR: Final = _OPERATORS + "/{member_id}"
_LINK: Final = (Once("token", N_("Link for the person"), link="/register#"), Once("token", N_("Token")))
_INVITING: Final = N_(
    "You get a link to hand on; it is valid for seven days. A person with a passkey signs in and enters the token in "
    "their account instead."
)
_ROLE: Final = Field(
    "role",
    N_("Role"),
    "choice",
    ORGANIZATION_ROLES,
    hint=N_(
        "Viewers read. Support also works with checkouts, payments, clients and invoices. Admins may do everything."
    ),
)
_PERSON: Final = (
    Field("email", N_("E-mail"), "email", length_max=EMAIL_CHARACTERS_MAX),
    Field("name", N_("Name"), is_required=False),
)
_FACTS: Final = (
    Column("email", N_("E-mail")),
    Column("role", N_("Role"), "state"),
    Column("state", N_("State"), "state"),
    Column("invitedUntil", N_("Invitation valid until"), "moment"),
    Column("createdAt", N_("Created"), "moment"),
    Column("updatedAt", N_("Changed"), "moment"),
    Column("personId", N_("Id of the person"), "code"),
)


def _is_active(member: Row) -> bool:
    return bool(member["state"] == "active")


def _is_invited(member: Row) -> bool:
    return bool(member["state"] == "invited")


def _endings(path: str) -> tuple[Form, ...]:
    return (
        Form(
            "end-sessions",
            N_("End the sessions"),
            path + "/sessions",
            N_("The next request needs a new sign-in. Passkeys stay: remove the person if a passkey was stolen."),
            verb="DELETE",
            when=_is_active,
        ),
        Form(
            "remove",
            N_("Remove"),
            path,
            N_("The person has no access from the next request on. An invitation becomes invalid."),
            verb="DELETE",
            is_final=True,
        ),
    )


MEMBERS: Final = ObjectPage(
    "members",
    N_("Member"),
    _MEMBER,
    name="name",
    facts=_FACTS,
    creates=Form("new", N_("Invite a person"), _MEMBERS, _INVITING, (*_PERSON, _ROLE), once=_LINK),
    forms=(
        Form(
            "role",
            N_("Change the role"),
            _MEMBER,
            N_("The role applies from the person's next request."),
            (_ROLE,),
            verb="PUT",
        ),
        Form(
            "invite",
            N_("New invitation"),
            _MEMBER + "/invite",
            N_("The link of before becomes invalid."),
            when=_is_invited,
            once=_LINK,
        ),
        *_endings(_MEMBER),
    ),
)

OPERATORS: Final = ObjectPage(
    "operators",
    N_("Operator"),
    _OPERATOR,
    name="name",
    facts=_FACTS,
    creates=Form("new", N_("Invite an operator"), _OPERATORS, _INVITING, _PERSON, once=_LINK),
    forms=_endings(_OPERATOR),
    section="installation",
)
