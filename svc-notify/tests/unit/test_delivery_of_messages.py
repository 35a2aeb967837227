"""Attempts: what follows from their outcome, and what is written down and published."""

from datetime import timedelta
from typing import Any

import pytest
from notify_world import OTHER, PER_MINUTE, SCOPE, World

from gateway_contracts.errors import NotFound
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.notify import CreateTemplate, SendDocument
from gateway_kit.fairness import Busy
from gateway_testkit.clock import START
from notify.domain.message import Message
from notify.domain.outcome import permanent, temporary
from notify.domain.outgoing import ATTACHMENT_BYTES_MAX
from notify.domain.schedule import NOT_READY_MAX, PACED, RETRY_SCHEDULE
from notify.errors import ContentErased, DocumentNotIssued, MailNotConfigured, NotificationNotFound, RecipientRequired
from notify.ports import Described
from notify.use_cases.announce import announce_invitation, announce_success
from notify.use_cases.create_template import create_template
from notify.use_cases.deliver_message import deliver_message
from notify.use_cases.publish_template import publish_template
from notify.use_cases.resend_message import resend_message
from notify.use_cases.send_requested import send_document


@pytest.fixture
def world() -> World:
    return World()


async def send(world: World, scope: Any = SCOPE, operation: str | None = None, **fields: Any) -> Message:
    values = {"notification_id": new_object_id(), "document": "invoice", "document_id": new_object_id()} | fields
    return await send_document(
        SendDocument(**values),
        scope=scope,
        operation_id=operation or new_object_id(),
        correlation_id="req_1",
        deps=world.deps,
    )


def types_of(world: World) -> list[str]:
    return [row.subject.rpartition(".")[0] for row in world.events]


async def test_a_document_goes_to_its_buyer_with_the_pdf(world: World) -> None:
    await send(world, message="See you soon.")
    assert await world.deliver() == [None]
    [mail] = world.channels.sent
    assert mail.recipient == "jane@example.com"
    assert mail.text.subject == "Invoice INV-1 from Shop GmbH"
    assert "See you soon." in mail.text.text
    assert [file.data for file in mail.attachments] == [b"%PDF"]
    message = await world.message()
    assert (message.state, message.made, message.sent_at) == ("sent", 1, world.clock.now())
    assert types_of(world) == ["notification.sent.v1"]
    # What was sent waits no more.
    assert await world.deliver() == []


async def test_another_address_is_taken_as_it_is_given(world: World) -> None:
    await send(world, to="office@example.com")
    await world.deliver()
    assert world.channels.sent[0].recipient == "office@example.com"


async def test_the_same_request_makes_one_message(world: World) -> None:
    first = await send(world, operation="op")
    assert (await send(world, operation="op")).id == first.id
    assert len(await world.messages()) == 1


async def test_what_cannot_be_sent_is_refused_at_once(world: World) -> None:
    described = world.papers.described
    world.papers.described = Described(None, None, "jane@example.com", {})
    with pytest.raises(DocumentNotIssued):
        await send(world)
    world.papers.described = Described(START, None, None, {})
    with pytest.raises(RecipientRequired):
        await send(world)
    world.papers.described = described
    world.channels.installation_server = None
    with pytest.raises(MailNotConfigured):
        await send(world)
    assert await world.messages() == []


async def test_a_refusal_for_now_is_tried_by_the_schedule_and_then_given_up(world: World) -> None:
    await send(world)
    world.channels.reply = temporary("refused", 451, "4.7.1")
    for wait in RETRY_SCHEDULE:
        await world.deliver()
        message = await world.message()
        assert (message.state, message.due_at) == ("waiting", world.clock.now() + wait)
        assert await world.deliver() == [], "not before its time"
        world.clock.set(message.due_at)
    await world.deliver()
    message = await world.message()
    assert (message.state, message.made, len(message.attempts)) == ("failed", 10, 10)
    assert types_of(world) == ["notification.failed.v1"] * 10
    last = message.attempts[-1]
    assert (last.error, last.reply_code, last.enhanced_code) == ("refused", 451, "4.7.1")
    assert len({mail.id for mail in world.channels.sent}) == 1, "one Message-ID for all attempts"


async def test_a_refusal_for_good_is_the_end(world: World) -> None:
    await send(world)
    world.channels.reply = permanent("refused", 550, "5.1.1")
    await world.deliver()
    message = await world.message()
    assert (message.state, message.made) == ("failed", 1)
    assert types_of(world) == ["notification.failed.v1"]


async def test_a_pdf_that_is_being_made_is_no_attempt(world: World) -> None:
    await send(world)
    world.papers.is_made = False
    [again_at] = await world.deliver()
    assert again_at is not None
    assert (await world.message()).made == 0
    world.clock.advance(NOT_READY_MAX)
    assert await world.deliver() == [None]
    message = await world.message()
    assert (message.state, message.attempts[0].error) == ("waiting", "document_not_ready")


async def test_a_document_that_is_gone_is_the_end(world: World) -> None:
    await send(world)
    world.papers.error = NotFound("gone")
    await world.deliver()
    message = await world.message()
    assert (message.state, message.attempts[0].error) == ("failed", "document_missing")


async def test_a_server_with_enough_to_do_is_no_attempt(world: World) -> None:
    await send(world)
    world.channels.error = Busy("server")
    [again_at] = await world.deliver()
    assert again_at is not None
    assert (await world.message()).made == 0


async def test_mail_of_the_organization_leaves_by_its_own_server(world: World) -> None:
    await world.set(
        smtp_host="mail.shop.example", smtp_port=465, smtp_security="implicit", smtp_user="shop",
        smtp_password="hunter2", sender_address="billing@shop.example", reply_to="office@shop.example",
    )  # fmt: skip
    await send(world)
    await send(world, OTHER)
    await world.deliver()
    await world.deliver(OTHER)
    own, other = world.channels.servers
    assert (own.host, own.port, own.security, own.user, own.password) == (
        "mail.shop.example", 465, "implicit", "shop", "hunter2",
    )  # fmt: skip
    assert (own.sender.address, own.sender.name, own.sender.reply_to) == (
        "billing@shop.example", "Shop GmbH", "office@shop.example",
    )  # fmt: skip
    assert not own.is_operators
    assert (other.host, other.sender.address, other.sender.name) == (
        "mail.gateway.example", "no-reply@gateway.example", "Shop GmbH",
    )  # fmt: skip
    assert other.is_operators
    assert "hunter2" not in repr(own)


async def test_a_message_is_sent_again_as_another_mail(world: World) -> None:
    message = await send(world)
    await world.deliver()
    again = await resend_message(message.id, scope=SCOPE, operation_id="op", deps=world.deps)
    assert (again.state, again.made) == ("waiting", 0)
    repeated = await resend_message(message.id, scope=SCOPE, operation_id="op", deps=world.deps)
    assert repeated.round == 1
    await world.deliver()
    first, second = world.channels.sent
    assert first.id != second.id
    assert (await world.message()).state == "sent"
    with pytest.raises(NotificationNotFound):
        await resend_message(message.id, scope=OTHER, operation_id="op2", deps=world.deps)


async def test_what_waits_is_due_at_once_by_request(world: World) -> None:
    message = await send(world)
    world.channels.reply = temporary("timeout")
    await world.deliver()
    again = await resend_message(message.id, scope=SCOPE, operation_id="op", deps=world.deps)
    assert (again.due_at, again.made, again.round) == (world.clock.now(), 1, 0)


async def test_an_erased_message_is_not_sent_again(world: World) -> None:
    await announce_invitation(world.invited(), "c", deps=world.deps)
    scope = (await world.deps.stores.messages.across_tenants.find(None, {}))[0].scope
    await world.deliver(scope)
    message = await world.message(scope)
    with pytest.raises(ContentErased):
        await resend_message(message.id, scope=scope, operation_id="op", deps=world.deps)


async def test_an_outcome_that_comes_late_changes_nothing(world: World) -> None:
    """Another process took the message over and recorded before; the mail went out twice under one Message-ID."""
    message = await send(world)
    await world.deliver()
    world.channels.reply = permanent("refused", 550)
    await deliver_message(message, deps=world.deps)
    assert (await world.message()).state == "sent"
    assert types_of(world) == ["notification.sent.v1"]


async def test_the_published_template_of_the_organization_counts(world: World) -> None:
    await world.set(customer_events=("payment.succeeded",))
    draft = await create_template(
        CreateTemplate(
            template_id=new_object_id(),
            event="payment.succeeded",
            channel="email",
            language="en",
            subject="Thanks {{ customer }}",
            text="{{ amount }}",
        ),
        scope=SCOPE,
        operation_id="op",
        deps=world.deps,
    )
    await announce_success(world.success(), "c", deps=world.deps)
    await world.deliver()
    assert world.channels.sent[0].text.subject == "Payment received: €49.00", "a draft is not used"
    await publish_template(draft.id, scope=SCOPE, deps=world.deps)
    await announce_success(world.success(), "c", deps=world.deps)
    await world.deliver()
    mail = world.channels.sent[1]
    assert (mail.text.subject, mail.text.text, mail.text.html) == ("Thanks Jane Doe", "€49.00", None)
    assert (await world.messages())[1].template_id == draft.id
    await announce_success(world.success(locale="de"), "c", deps=world.deps)
    await world.deliver()
    assert world.channels.sent[2].text.subject == "Zahlung eingegangen: 49,00 €"


async def test_messages_are_kept_as_long_as_it_is_set(world: World) -> None:
    await world.set(retention_days=3)
    message = await send(world)
    assert message.kept_until == world.clock.now() + timedelta(days=3)
    await world.deliver()
    world.clock.advance(timedelta(days=2))
    again = await resend_message(message.id, scope=SCOPE, operation_id="op", deps=world.deps)
    assert again.kept_until == world.clock.now() + timedelta(days=3)


async def test_an_organization_sends_a_bounded_number_in_a_minute(world: World) -> None:
    for _ in range(PER_MINUTE + 1):
        await send(world)
    await send(world, scope=OTHER)
    again_at = [moment for moment in await world.deliver() if moment is not None]
    # One waits, and no attempt of it is counted.
    assert again_at == [world.clock.now() + PACED]
    assert len(world.channels.sent) == PER_MINUTE
    [waiting] = [message for message in await world.messages() if message.state == "waiting"]
    assert (waiting.made, waiting.attempts) == (0, ())
    assert await world.deliver(OTHER) == [None]
    world.clock.advance(PACED)
    assert await world.deliver() == [None]


async def test_a_document_that_no_mail_server_takes_is_not_tried(world: World) -> None:
    world.papers.size = ATTACHMENT_BYTES_MAX + 1
    await send(world)
    await world.deliver()
    message = await world.message()
    assert (message.state, message.attempts[-1].error) == ("failed", "attachment_too_large")
    assert world.channels.sent == []
    world.papers.size = ATTACHMENT_BYTES_MAX
    await send(world)
    await world.deliver()
    assert len(world.channels.sent) == 1
