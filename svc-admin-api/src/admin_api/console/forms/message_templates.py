"""Forms of one template of messages: a kind, a channel and a language."""

from dataclasses import replace
from typing import Final

from admin_api.console.forms.fields import Field
from admin_api.console.forms.form import Form
from admin_api.console.forms.messages import TEMPLATES
from admin_api.console.translations import N_
from gateway_contracts.notification_fields import SUBJECT_CHARACTERS_MAX, TEMPLATE_CHARACTERS_MAX

_ONE: Final = f"{TEMPLATES}/{{message_template_id}}"
_TEXTS: Final = (
    Field("subject", N_("Subject of the mail"), length_max=SUBJECT_CHARACTERS_MAX),
    Field(
        "html",
        N_("HTML part"),
        "source",
        is_required=False,
        hint=N_("With inline styles. Empty: a plain mail."),
        length_max=TEMPLATE_CHARACTERS_MAX,
    ),
    Field("text", N_("Text part"), "source", length_max=TEMPLATE_CHARACTERS_MAX),
)
DRAFT: Final = Form(
    "draft",
    N_("Save as a draft"),
    TEMPLATES,
    N_("Messages have the texts in use until the draft is published."),
    _TEXTS,
    copied=("event", "channel", "language"),
)
EDIT: Final = Form(
    "edit",
    N_("Save the draft"),
    _ONE,
    N_("Messages have the texts in use until the draft is published."),
    _TEXTS,
    verb="PUT",
)
PUBLISH: Final = Form(
    "publish", N_("Publish the draft"), f"{_ONE}/publish", N_("Messages have these texts from now on.")
)
DISCARD: Final = Form("discard", N_("Discard the draft"), _ONE, verb="DELETE", is_final=True)
RESET: Final = Form(
    "reset",
    N_("Back to the default texts"),
    _ONE,
    N_("Your texts go out of use. They stay in the list of versions."),
    verb="DELETE",
    is_final=True,
)
FORMS: Final = (DRAFT, EDIT, PUBLISH, DISCARD, RESET)


def fitting(form: Form, channel: str) -> Form:
    """The form with the texts that the channel has: only a mail has a subject and an HTML part."""
    return replace(form, fields=form.fields[-1:]) if channel != "email" else form
