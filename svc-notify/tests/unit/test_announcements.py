"""Announcements that an organization wants become messages; all others do not."""

from datetime import timedelta
from typing import Any

import pytest
from notify_world import OPERATORS, OTHER, SCOPE, SLACK_URL, World

from gateway_contracts.aggregates import Scope
from gateway_contracts.events.transaction import Party
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_testkit.keys import TEST_ORGANIZATION
from notify.use_cases.announce import announce_document, announce_failure, announce_invitation, announce_success
from notify.use_cases.deliver_message import deliver_message

ALL = ("payment.succeeded", "payment.failed", "invoice.issued", "credit_note.issued")
LIVE = Scope(TEST_ORGANIZATION, livemode=True)


@pytest.fixture
def world() -> World:
    return World()


async def test_nothing_is_announced_before_it_is_set(world: World) -> None:
    assert await announce_success(world.success(), "c", deps=world.deps) == 0
    assert await announce_failure(world.failure(), "c", deps=world.deps) == 0
    assert await announce_document(world.rendered(), "c", deps=world.deps) == 0
    assert world.database.stored("inbox") == []


async def test_customer_team_and_slack_learn_what_is_set(world: World) -> None:
    await world.set(
        customer_events=("invoice.issued",),
        team_events=("payment.succeeded",),
        team_addresses=("a@shop.example", "b@shop.example"),
        slack_events=("payment.failed", "invoice.issued"),
        slack_webhook_url=SLACK_URL,
    )
    assert await announce_success(world.success(), "c", deps=world.deps) == 2
    assert await announce_failure(world.failure(), "c", deps=world.deps) == 1
    assert await announce_document(world.rendered(), "c", deps=world.deps) == 2
    made = [(each.kind, each.channel, each.audience, each.document) for each in await world.messages()]
    assert made == [
        ("payment.succeeded", "email", "team", None),
        ("payment.succeeded", "email", "team", None),
        ("payment.failed", "slack", "team", None),
        ("invoice.issued", "email", "customer", "invoice"),
        ("invoice.issued", "slack", "team", None),
    ]


@pytest.mark.parametrize("reason", ["refund", "dispute", "void", "manual"])
async def test_a_credit_note_of_every_reason_is_announced(world: World, reason: str) -> None:
    await world.set(customer_events=ALL)
    event = world.noted(reason)
    assert await announce_document(event, "c", deps=world.deps) == 1
    message = await world.message()
    assert (message.kind, message.document, message.object_id) == ("credit_note.issued", "credit_note", event.entity_id)


async def test_the_other_mode_and_organization_learn_nothing(world: World) -> None:
    await world.set(customer_events=ALL)
    for scope in (LIVE, OTHER):
        assert await announce_success(world.success(scope=scope), "c", deps=world.deps) == 0
        assert await world.messages(scope) == []


async def test_an_event_that_comes_twice_makes_one_message(world: World) -> None:
    await world.set(customer_events=ALL)
    event = world.success()
    assert await announce_success(event, "c", deps=world.deps) == 1
    with pytest.raises(AlreadyHandled):
        await announce_success(event, "c", deps=world.deps)
    assert len(await world.messages()) == 1


async def test_a_document_that_is_made_again_is_announced_once(world: World) -> None:
    await world.set(customer_events=ALL)
    first = world.rendered()
    assert await announce_document(first, "c", deps=world.deps) == 1
    assert await announce_document(world.rendered(first.entity_id), "c", deps=world.deps) == 0


async def test_an_old_document_that_is_made_again_is_announced_no_more(world: World) -> None:
    await world.set(customer_events=ALL)
    world.clock.advance(timedelta(days=7))
    assert await announce_document(world.rendered(), "c", deps=world.deps) == 0


async def test_a_buyer_without_an_address_gets_nothing(world: World) -> None:
    await world.set(customer_events=ALL)
    world.buyers.email = None
    assert await announce_success(world.success(Party(name="Jane")), "c", deps=world.deps) == 0
    assert await announce_failure(world.failure(), "c", deps=world.deps) == 0


@pytest.mark.parametrize(
    ("locale", "language"), [("de-AT", "de"), ("de", "de"), ("fr", "fr"), ("sv", "en"), (None, "en")]
)
async def test_the_buyers_language_counts(world: World, locale: str | None, language: str) -> None:
    await world.set(customer_events=ALL)
    await announce_success(world.success(locale=locale), "c", deps=world.deps)
    assert (await world.message()).language == language


async def test_an_invitation_is_mailed_without_any_setting(world: World) -> None:
    event = world.invited()
    assert await announce_invitation(event, "c", deps=world.deps) == 1
    await world.deliver(LIVE)
    [mail] = world.channels.sent
    assert mail.recipient == "john@example.com"
    assert "https://admin.example/register#token" in mail.text.text
    sent = await world.message(LIVE)
    assert (sent.state, sent.content) == ("sent", None), "the link is erased"


async def test_a_new_invitation_is_another_mail(world: World) -> None:
    first: Any = world.invited()
    second: Any = world.invited("https://admin.example/register#second")
    second = second.model_copy(update={"data": second.data.model_copy(update={"object_id": first.data.object_id})})
    assert await announce_invitation(first, "c", deps=world.deps) == 1
    assert await announce_invitation(second, "c", deps=world.deps) == 1


async def test_who_will_run_the_installation_is_mailed_by_its_server(world: World) -> None:
    event = world.invited(scope=OPERATORS)
    assert await announce_invitation(event, "c", deps=world.deps) == 1
    store = world.deps.stores.operator_messages
    [message] = await store.find(None, OPERATORS, {})
    [row] = world.database.stored("operator_messages")
    assert row["recipient"]["p"] == "system"
    assert "john@example.com" not in repr(row)

    assert await deliver_message(message, deps=world.deps) is None

    [sent], [server] = world.channels.sent, world.channels.servers
    assert server.host == "mail.gateway.example"
    assert sent.recipient == "john@example.com"
    assert "https://admin.example/register#token" in sent.text.text
    assert "zu betreiben" in sent.text.text
    assert "register#token" in (sent.text.html or "")
    [stored] = await store.find(None, OPERATORS, {})
    assert (stored.state, stored.content) == ("sent", None)
    assert world.database.stored("messages") == []


async def test_without_a_mail_server_no_invitation_waits(world: World) -> None:
    world.channels.installation_server = None
    assert await announce_invitation(world.invited(), "c", deps=world.deps) == 0


async def test_nothing_personal_lies_in_clear(world: World) -> None:
    await world.set(
        customer_events=ALL,
        slack_events=ALL,
        slack_webhook_url=SLACK_URL,
        team_events=ALL,
        team_addresses=("boss@shop.example",),
        smtp_host="mail.shop.example",
        smtp_user="shop",
        smtp_password="hunter2",
        sender_address="billing@shop.example",
    )
    await announce_success(world.success(Party(email="jane@example.com", name="Jane Doe")), "c", deps=world.deps)
    await announce_invitation(world.invited(), "c", deps=world.deps)
    shown = repr(world.stored()) + repr(await world.messages(SCOPE))
    for secret in ("jane@", "Jane Doe", "john@", "boss@", "hunter2", "services/T0", "#token"):
        assert secret not in shown
