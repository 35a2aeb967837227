"""Settings: what is refused, and what of secrets stays."""

import secrets
from typing import Any

import pytest
from notify_world import OTHER, SCOPE, SLACK_URL, World
from pydantic import SecretStr

from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.notification_fields import NotificationSettingFields
from notify.errors import SettingRefused
from notify.rpc.records import settings_record
from notify.settings import Settings
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
        ({"dkim_selector": "mail1"}, "dkimSelector"),
        ({**SERVER, "sender_address": "a@a..example", "dkim_selector": "mail1"}, "senderAddress"),
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


EVERYTHING = tuple(NotificationSettingFields.model_fields)


async def test_a_change_keeps_what_it_does_not_name(world: World) -> None:
    await world.set(
        **SERVER,
        smtp_password="one",
        smtp_port=2525,
        team_events=("payment.failed",),
        team_addresses=("a@shop.example",),
        retention_days=7,
    )
    kept = tuple(name for name in EVERYTHING if name not in ("reply_to", "retention_days"))
    settings = await world.set(reply_to="b@shop.example", kept=kept)
    assert (settings.smtp_port, settings.reply_to, settings.retention_days) == (2525, "b@shop.example", 30)
    assert (settings.team_events, team_of(settings, world.deps.sealer)) == (("payment.failed",), ("a@shop.example",))
    server = mail_server_of(settings, "Shop", world.deps)
    assert server is not None
    assert server.password == "one"


async def test_a_change_is_checked_with_what_stays(world: World) -> None:
    await world.set(team_events=("payment.failed",), team_addresses=("a@shop.example",))
    changes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"smtp_host": "mail.shop.example"}, "senderAddress"),
        ({"team_addresses": ()}, "teamAddresses"),
    )
    for given, field in changes:
        kept = tuple(name for name in EVERYTHING if name not in given)
        with pytest.raises(SettingRefused) as caught:
            await world.set(SCOPE, **given, kept=kept)
        assert [problem.field for problem in caught.value.details] == [field]


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


async def test_a_domain_has_a_key_for_each_selector(world: World) -> None:
    first = await world.set(**SERVER, dkim_selector="mail1")
    same = await world.set(**SERVER, dkim_selector="mail1", sender_name="Shop")
    assert first.dkim_key == same.dkim_key
    server = mail_server_of(same, "Shop", world.deps)
    assert server is not None
    assert server.dkim is not None
    assert (server.dkim.domain, server.dkim.selector, server.dkim.private_key) == ("shop.example", "mail1", "private 1")
    assert "private" not in repr(server)
    assert "private 1" not in repr(world.stored())

    record = settings_record(await world.set(**SERVER, dkim_selector="mail2"), world.deps)
    assert (record.dkim_record_name, record.dkim_record) == (
        "mail2._domainkey.shop.example",
        "v=DKIM1; k=rsa; p=public2",
    )
    moved = {**SERVER, "sender_address": "billing@büro.example"}
    record = settings_record(await world.set(**moved, dkim_selector="mail2"), world.deps)
    assert (record.dkim_record_name, record.dkim_record) == (
        "mail2._domainkey.xn--bro-hoa.example",
        "v=DKIM1; k=rsa; p=public3",
    )
    settings = await world.set(**SERVER)
    assert (settings.dkim_key, settings.dkim_public, world.pairs) == (None, None, 3)


async def test_a_selector_that_was_changed_meanwhile_is_decided_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.set(**SERVER, dkim_selector="mail1")
    read = world.deps.stores.settings.get
    stale = await settings_of(SCOPE, world.deps.stores)
    await world.set(**SERVER, dkim_selector="mail2")

    async def outdated(tx: Any, scope: Any, identifier: str) -> Any:
        return stale if tx is None else await read(tx, scope, identifier)

    monkeypatch.setattr(world.deps.stores.settings, "get", outdated)
    with pytest.raises(ChangedMeanwhile):
        await world.set(**SERVER, dkim_selector="mail1")


@pytest.mark.parametrize("key", ["", "x", "bm90IGEga2V5"])
def test_an_installation_with_half_a_signature_does_not_start(key: str) -> None:
    values: dict[str, Any] = {
        "environment": "development",
        "nats_url": "nats://127.0.0.1:1",
        "nats_user": "",
        "nats_password": "",
        "system_encryption_key": secrets.token_hex(32),
        "system_search_hash_key": secrets.token_hex(32),
        "mongodb_uri": "mongodb://127.0.0.1:1",
        "mongodb_database": "gw_notify",
    }
    Settings(**values)
    with pytest.raises(ValueError, match="NOTIFY_DKIM_KEY"):
        Settings(**values, notify_dkim_selector="mail1", notify_dkim_key=SecretStr(key))
