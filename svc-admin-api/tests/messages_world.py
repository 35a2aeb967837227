"""svc-notify in memory, as far as pages of messages ask it."""

from typing import Any, Final

from owned_objects import AT, ID

from gateway_contracts.errors import Invalid, NotFound
from gateway_contracts.requests import notify
from gateway_contracts.rpc import Empty

MESSAGE: Final = "65f0c0ffee65f0c0ffee65c0"
MAIL: Final[dict[str, Any]] = {
    "subject": "Thank you",
    "html": '<p style="color:#1f5f4a">Thank you</p>',
    "text": "Thank you",
}
OWN: Final = ("invoice.issued", "email", "de")
DEFAULT: Final = ("payment.succeeded", "email", "en")
CHAT: Final = ("payment.failed", "slack", "en")
_TEXTS: Final = ("subject", "html", "text")


def a_message(**changes: Any) -> notify.NotificationRecord:
    """A mail about a payment that a server refused, with changes."""
    refused = notify.AttemptRecord(
        at=AT, verdict="permanent", error="refused", reply_code=550, enhanced_code="5.1.1", duration_ms=80
    )
    values: dict[str, Any] = {
        "id": MESSAGE,
        "event": "payment.succeeded",
        "channel": "email",
        "audience": "customer",
        "state": "failed",
        "recipient": "jane.doe@example.com",
        "object_id": ID,
        "attempts": (refused,),
        "error": "refused",
        "livemode": True,
        "correlation_id": "c",
        "created_at": AT,
        "kept_until": AT,
    }
    return notify.NotificationRecord(**{**values, **changes})


class Messengers:
    """Messages, settings and templates of one organization; a text with ``{% for`` is refused."""

    def __init__(self) -> None:
        self.messages = [a_message()]
        self.settings = notify.SettingsRecord(id=ID, can_send_mail=True)
        self.put: list[notify.PutSettings] = []
        self.templates: dict[str, notify.TemplateRecord] = {}
        self.rendered: list[notify.PreviewTemplate] = []

    @property
    def answers(self) -> dict[str, Any]:
        """By subject."""
        return {
            notify.LIST_NOTIFICATIONS.subject: self._list,
            notify.GET_NOTIFICATION.subject: lambda request: self._message(request.notification_id),
            notify.RESEND_NOTIFICATION.subject: lambda request: self._message(request.notification_id),
            notify.GET_SETTINGS.subject: lambda _: self.settings,
            notify.PUT_SETTINGS.subject: self._put,
            notify.SEND_TEST.subject: lambda request: a_message(id=request.notification_id, event="settings.test"),
            notify.LIST_DEFAULT_TEMPLATES.subject: lambda _: self._defaults(),
            notify.LIST_TEMPLATES.subject: self._templates,
            notify.GET_TEMPLATE.subject: lambda request: self.templates[request.template_id],
            notify.CREATE_TEMPLATE.subject: self._create,
            notify.CHANGE_TEMPLATE.subject: self._change,
            notify.PUBLISH_TEMPLATE.subject: self._publish,
            notify.DELETE_TEMPLATE.subject: self._delete,
            notify.PREVIEW_TEMPLATE.subject: self._preview,
        }

    def keep(self, template_id: str, key: tuple[str, str, str] = OWN, **values: Any) -> notify.TemplateRecord:
        """A revision of a template; a draft unless values say otherwise."""
        named = dict(zip(("event", "channel", "language"), key, strict=True))
        fields: dict[str, Any] = {"state": "draft", "revision": len(self.templates) + 1, "created_at": AT, **MAIL}
        record = notify.TemplateRecord(id=template_id, **{**named, **fields, **values})
        self.templates[template_id] = record
        return record

    def _message(self, notification_id: str) -> notify.NotificationRecord:
        found = next((message for message in self.messages if message.id == notification_id), None)
        if found is None:
            raise NotFound("there is no such notification")
        return found

    def _list(self, _: notify.NotificationQuery) -> notify.NotificationPage:
        found = tuple(self.messages)
        return notify.NotificationPage(notifications=found, total=len(found), page=1, limit=50)

    def _put(self, request: notify.PutSettings) -> notify.SettingsRecord:
        self.put.append(request)
        shown = set(notify.SettingsRecord.model_fields) & set(notify.PutSettings.model_fields) - set(request.kept)
        given = {name: getattr(request, name) for name in shown}
        fresh = notify.SettingsRecord(id=ID)
        changes = {name: getattr(fresh, name) if value is None else value for name, value in given.items()}
        self.settings = self.settings.model_copy(update=changes)
        return self.settings

    def _defaults(self) -> notify.DefaultTemplates:
        mail: dict[str, Any] = MAIL
        mails = (notify.TemplateRecord(**_named(key), state="default", **mail) for key in (OWN, DEFAULT))
        chat = notify.TemplateRecord(**_named(CHAT), state="default", text="Payment failed")
        return notify.DefaultTemplates(templates=(*mails, chat), variables={OWN[0]: ("organization", "number")})

    def _templates(self, query: notify.TemplateQuery) -> notify.TemplatePage:
        wanted = {name: getattr(query, name) for name in ("event", "channel", "language", "state")}
        # A long list shows no HTML parts.
        found = tuple(
            row.model_copy(update={"html": None})
            for row in self.templates.values()
            if all(value is None or getattr(row, name) == value for name, value in wanted.items())
        )
        return notify.TemplatePage(templates=found, total=len(found), page=1, limit=100)

    def _create(self, request: notify.CreateTemplate) -> notify.TemplateRecord:
        _check(request)
        key = (request.event, request.channel, request.language)
        return self.keep(request.template_id, key, **{name: getattr(request, name) for name in _TEXTS})

    def _change(self, request: notify.ChangeTemplate) -> notify.TemplateRecord:
        _check(request)
        return self._replace(request.template_id, **{name: getattr(request, name) for name in _TEXTS})

    def _publish(self, request: notify.TemplateRef) -> notify.TemplateRecord:
        for row in list(self.templates.values()):
            if row.state == "published":
                self._replace(str(row.id), state="retired")
        return self._replace(request.template_id, state="published", published_at=AT)

    def _delete(self, request: notify.TemplateRef) -> Empty:
        if self.templates[request.template_id].state == "draft":
            del self.templates[request.template_id]
        else:
            self._replace(request.template_id, state="retired")
        return Empty()

    def _preview(self, request: notify.PreviewTemplate) -> notify.RenderedTemplate:
        _check(request)
        self.rendered.append(request)
        return notify.RenderedTemplate(subject=request.subject, html=request.html, text=request.text)

    def _replace(self, template_id: str, **values: Any) -> notify.TemplateRecord:
        self.templates[template_id] = self.templates[template_id].model_copy(update=values)
        return self.templates[template_id]


def _named(key: tuple[str, str, str]) -> dict[str, Any]:
    return dict(zip(("event", "channel", "language"), key, strict=True))


def _check(request: notify.CreateTemplate | notify.ChangeTemplate | notify.PreviewTemplate) -> None:
    if "{% for" in request.text:
        raise Invalid.field("text", "line 1: templates cannot use for", code="TEMPLATE_REFUSED")
