"""Messages, settings and templates of notifications."""

from pydantic import Field

from admin_api.shared.web.parameters import ListParameters
from admin_api.shared.web.schemas.base import ListView, View
from gateway_contracts.bodies import Body, ChangeBody
from gateway_contracts.fields import Email
from gateway_contracts.notification_fields import (
    NotificationSettingFields,
    SendFields,
    TemplateKeyFields,
    TemplateTextFields,
)
from gateway_contracts.requests.notify import (
    SECRETS,
    ChangeTemplate,
    CreateTemplate,
    NotificationFilters,
    NotificationRecord,
    PreviewTemplate,
    PutSettings,
    SettingsRecord,
    TemplateFilters,
    TemplateRecord,
)


class NotificationListIn(NotificationFilters, ListParameters):
    """Of messages."""


class TemplateListIn(TemplateFilters, ListParameters):
    """Of templates."""


class NotificationListView(ListView):
    """One page of messages."""

    notifications: list[NotificationRecord] = Field(description="Rows of this page, newest first.")


class TemplateListView(ListView):
    """One page of revisions."""

    templates: list[TemplateRecord] = Field(description="Rows of this page, newest first.")


class DefaultTemplatesView(View):
    """The default templates, and the variables that a template may use, by event."""

    templates: list[TemplateRecord] = Field(description="One for each event, channel and language.")
    variables: dict[str, list[str]] = Field(description="Names that a template may use, by event.")


class NotificationSettingsIn(NotificationSettingFields, Body):
    """The complete settings of the calling key's mode."""

    SHOWN_BY = SettingsRecord

    def command(self) -> PutSettings:
        """The request to the owner. A secret that is not given stays."""
        given = self.model_fields_set
        return PutSettings(**dict(self), kept=tuple(name for name in SECRETS if name not in given))


class NotificationSettingsPatch(NotificationSettingFields, ChangeBody):
    """Changes of the settings of the calling key's mode."""

    SHOWN_BY = SettingsRecord

    def command(self) -> PutSettings:
        """The request to the owner. What is not given stays; null is the default again."""
        given = self.model_fields_set
        kept = tuple(name for name in NotificationSettingFields.model_fields if name not in given)
        return PutSettings(**dict(self), kept=kept)


class TestMailIn(Body):
    """A mail that only shows that mail works."""

    __test__ = False

    to: Email = Field(description="Where to send it.")


class TemplateIn(TemplateKeyFields, TemplateTextFields, Body):
    """A draft of a template."""

    def command(self, template_id: str) -> CreateTemplate:
        """The request to the owner."""
        return CreateTemplate(template_id=template_id, **dict(self))

    def preview(self) -> PreviewTemplate:
        """The request to render it with the values of an example."""
        return PreviewTemplate(**dict(self))


class TemplateTextIn(TemplateTextFields, Body):
    """The complete texts of a draft."""

    SHOWN_BY = TemplateRecord

    def command(self, template_id: str) -> ChangeTemplate:
        """The request to the owner."""
        return ChangeTemplate(template_id=template_id, **dict(self))


class SendIn(SendFields, Body):
    """Where an issued document is mailed, and a few words with it."""
