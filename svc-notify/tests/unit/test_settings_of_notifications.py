"""Settings: what is refused, and what of secrets stays."""

from typing import Any

import pytest
from notify_world import OTHER, SCOPE, SLACK_URL, World

from notify.errors import SettingRefused
from notify.rpc.records import settings_record
from notify.use_cases.settings_of import mail_server_of, settings_of, slack_url_of, team_of

SERVER: dict[str, Any] = {
    "smtp_host": "mail.shop.example",
    "smtp_user": "shop",
    "sender_address": "billing@shop.example",
}


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"smtp_host": "mail.shop.example"}, "senderAddress"),
        ({"smtp_host": "10.0.0.1", "sender_address": "a@b.example"}, "smtpHost"),
        ({"team_events": ("payment.failed",)}, "teamAddresses"),
        ({"slack_events": ("payment.failed",)}, "slackWebhookUrl"),
        ({"slack_events": ("payment.failed",), "kept": ("slack_webhook_url",)}, "slackWebhookUrl"),
        ({"slack_webhook_url": "https://evil.example/x"}, "slackWebhookUrl"),
    ],
)
async def test_what_cannot_work_is_refused(world: World, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingRefused) as caught:
        await world.set(**fields)
    assert [problem.field for problem in caught.value.details] == [field]


async def test_secrets_stay_unless_they_are_given(world: World) -> None:
    await world.set(**SERVER, smtp_password="one", slack_webhook_url=SLACK_URL, slack_events=("payment.failed",))
    kept = ("smtp_password", "slack_webhook_url")
    settings = await world.set(**SERVER, slack_events=("payment.failed",), kept=kept)
    server = mail_server_of(settings, "Shop", world.deps)
    assert server is not None
    assert server.password == "one"
    assert slack_url_of(settings, world.deps.sealer) == SLACK_URL
    settings = await world.set(**SERVER)
    assert (settings.smtp_password, settings.slack_webhook_url) == (None, None)


async def test_a_password_does_not_go_to_another_server(world: World) -> None:
    await world.set(**SERVER, smtp_password="one")
    for change in (
        {"smtp_host": "evil.example"},
        {"smtp_port": 2525},
        {"smtp_user": "other"},
        {"smtp_security": "implicit"},
    ):
        with pytest.raises(SettingRefused, match="smtpPassword"):
            await world.set(**{**SERVER, **change}, kept=("smtp_password",))


async def test_each_mode_and_organization_has_its_own(world: World) -> None:
    await world.set(team_events=("payment.failed",), team_addresses=("a@shop.example",) * 2)
    assert team_of(await settings_of(SCOPE, world.deps.stores), world.deps.sealer) == ("a@shop.example",)
    assert (await settings_of(OTHER, world.deps.stores)).team_events == ()


async def test_the_record_shows_no_secret(world: World) -> None:
    settings = await world.set(**SERVER, smtp_password="hunter2", slack_webhook_url=SLACK_URL)
    record = settings_record(settings, world.deps)
    assert record.has_smtp_password
    assert record.has_slack_webhook
    assert record.can_send_mail
    assert "hunter2" not in record.wire_json().decode()
    assert "services/T0" not in record.wire_json().decode()
