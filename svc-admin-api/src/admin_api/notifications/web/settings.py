"""Settings of messages to people: mail server, and what is announced to whom."""

from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from admin_api.notifications.web.schemas.notifications import (
    NotificationSettingsIn,
    NotificationSettingsPatch,
    TestMailIn,
)
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from gateway_contracts.requests.notify import GET_SETTINGS, PUT_SETTINGS, SEND_TEST, PutSettings, SendTest
from gateway_contracts.rpc import Empty

router = new_router(tags=["messages to people"])
_PATH = "/organizations/settings/notifications"


@forwarded(router, "GET", _PATH, GET_SETTINGS, scope="organization:read")
def read() -> Empty:
    """Settings of this key's mode, without secrets."""
    return Empty()


@forwarded(
    router,
    "PUT",
    _PATH,
    PUT_SETTINGS,
    scope="organization:update",
    role="admin",
    effect=Effect.OWN_MODE,
    action="organization.update_notifications",
)
def replace(body: NotificationSettingsIn) -> PutSettings:
    """Replace the settings of this key's mode. Nothing is announced that is not named here, except invitations.

    A password stays only while host, port, security and user do: 422 `NOTIFICATION_SETTING` asks for it again.
    """
    return body.command()


@forwarded(
    router,
    "PATCH",
    _PATH,
    PUT_SETTINGS,
    scope="organization:update",
    role="admin",
    effect=Effect.OWN_MODE,
    action="organization.update_notifications",
)
def change(body: NotificationSettingsPatch) -> PutSettings:
    """Change the settings of this key's mode. What is not given stays; null is the default again, of a secret none.

    A password stays only while host, port, security and user do: 422 `NOTIFICATION_SETTING` asks for it again.
    """
    return body.command()


@forwarded(
    router,
    "POST",
    f"{_PATH}/test",
    SEND_TEST,
    scope="organization:update",
    role="admin",
    effect=Effect.OWN_MODE,
    action="organization.send_test_mail",
    status=202,
)
def send_test(body: TestMailIn, attempt: Attempt) -> SendTest:
    """Send a mail that only shows that mail works. Its attempts show what the server answered."""
    return SendTest(notification_id=attempt.object_id, to=body.to)
