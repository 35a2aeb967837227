"""A person's own sessions, passkeys and invitations. Every signed-in person may send these forms."""

from typing import Final

from admin_api.console.forms.fields import Field
from admin_api.console.forms.form import Form
from admin_api.console.translations import N_

_PASSKEY: Final = "/auth/passkeys/{passkey_id}"

PASSKEY_FORMS: Final = (
    Form(
        "rename",
        N_("Rename"),
        _PASSKEY,
        fields=(Field("label", N_("Name of this passkey"), is_required=False, length_max=100),),
        verb="PATCH",
    ),
    Form(
        "remove",
        N_("Remove"),
        _PASSKEY,
        N_("The passkey opens nothing any more, and the sessions that it opened end."),
        verb="DELETE",
        is_final=True,
    ),
)
SESSION_FORMS: Final = (Form("end", N_("End"), "/auth/sessions/{session_id}", verb="DELETE"),)
OWN_FORMS: Final = (
    Form(
        "accept",
        N_("Accept an invitation"),
        "/auth/invitations/accept",
        N_("You were sent a link to another organization. Enter the part behind the sign #."),
        (Field("token", N_("Token")),),
    ),
)
