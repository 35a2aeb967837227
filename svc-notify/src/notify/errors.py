"""Errors of notifications.

NotificationNotFound   404 NOT_FOUND                  no such message for this caller
ChannelUnavailable     422 CHANNEL_UNAVAILABLE        this installation has no such channel
ContentErased          409 NOTIFICATION_ERASED        its content held a secret and was erased when it was sent
MailNotConfigured      409 MAIL_NOT_CONFIGURED        neither the organization nor the installation has a mail server
RecipientRequired      422 RECIPIENT_REQUIRED         the document's buyer has no address
DocumentNotIssued      409 INVOICE_NOT_ISSUED         the document is a draft
SettingRefused         422 NOTIFICATION_SETTING       a mail server or webhook that may not be used
TemplateNotFound       404 NOT_FOUND                  no such template for this caller
TemplateRefused        422 TEMPLATE_REFUSED           a source that cannot be used; the field says which
DraftExists            409 TEMPLATE_DRAFT_EXISTS      one draft of each template
NotADraft              409 TEMPLATE_NOT_A_DRAFT       only drafts change and are published
"""

from gateway_contracts.errors import Conflict, FieldProblem, Invalid, NotFound


class NotificationNotFound(NotFound):
    """Does not exist, or belongs to another organization or mode."""

    def __init__(self) -> None:
        super().__init__("there is no such notification")


class ContentErased(Conflict):
    """There is nothing left to send."""

    default_code = "NOTIFICATION_ERASED"

    def __init__(self) -> None:
        super().__init__("its content held a secret and was erased; make a new one")


class MailNotConfigured(Conflict):
    """No mail can leave."""

    default_code = "MAIL_NOT_CONFIGURED"

    def __init__(self) -> None:
        super().__init__("there is no mail server; set one in the settings of notifications")


class RecipientRequired(Invalid):
    """The document says nothing about where to send it."""

    default_code = "RECIPIENT_REQUIRED"

    def __init__(self) -> None:
        problem = FieldProblem("to", "the buyer has no address, so give one")
        super().__init__(f"to: {problem.message}", details=[problem])


class DocumentNotIssued(Conflict):
    """A draft is not sent."""

    default_code = "INVOICE_NOT_ISSUED"

    def __init__(self) -> None:
        super().__init__("the document is a draft; issue it first")


class SettingRefused(Invalid):
    """A setting that this installation does not allow."""

    default_code = "NOTIFICATION_SETTING"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}", details=[FieldProblem(field, reason)])


class TemplateNotFound(NotFound):
    """Does not exist, or belongs to another organization or mode."""

    def __init__(self) -> None:
        super().__init__("there is no such template")


class TemplateRefused(Invalid):
    """A source that is not a template, or does more than templates may."""

    default_code = "TEMPLATE_REFUSED"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}", details=[FieldProblem(field, reason)])


class DraftExists(Conflict):
    """Change the draft that there is."""

    default_code = "TEMPLATE_DRAFT_EXISTS"

    def __init__(self) -> None:
        super().__init__("there is a draft of this template already")


class NotADraft(Conflict):
    """A published revision stays as it was."""

    default_code = "TEMPLATE_NOT_A_DRAFT"

    def __init__(self) -> None:
        super().__init__("this revision was published; create a draft")


class ChannelUnavailable(Invalid):
    """No implementation of that channel is installed."""

    default_code = "CHANNEL_UNAVAILABLE"

    def __init__(self, channel: str) -> None:
        reason = f"this installation has no channel {channel}"
        super().__init__(f"channel: {reason}", details=[FieldProblem("channel", reason)])
