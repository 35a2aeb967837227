"""The whole service on real servers: events and requests in, mail and events out."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from mail_server import running_mail_server
from nats.aio.client import Client
from notify_office import PDF, Office, Tenant, running_office
from notify_world import OPERATORS
from pydantic import SecretStr

from gateway_contracts.errors import Forbidden, Invalid, NotFound
from gateway_contracts.ids import new_object_id
from gateway_contracts.notification_fields import Announced
from gateway_contracts.requests.notify import (
    CREATE_TEMPLATE,
    GET_NOTIFICATION,
    GET_SETTINGS,
    GET_TEMPLATE,
    LIST_DEFAULT_TEMPLATES,
    LIST_NOTIFICATIONS,
    LIST_TEMPLATES,
    PREVIEW_TEMPLATE,
    PUBLISH_TEMPLATE,
    PUT_SETTINGS,
    RESEND_NOTIFICATION,
    SEND_DOCUMENT,
    SEND_TEST,
    CreateTemplate,
    NotificationQuery,
    NotificationRecord,
    NotificationRef,
    PreviewTemplate,
    PutSettings,
    SendDocument,
    SendTest,
    TemplateQuery,
    TemplateRef,
)
from gateway_contracts.rpc import Empty
from gateway_embedded.servers.process import free_port
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.servers import NatsServer
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

ALL: tuple[Announced, ...] = ("payment.succeeded", "payment.failed", "invoice.issued", "credit_note.issued")


@pytest_asyncio.fixture
async def office(topology: NatsServer, database: TestDatabase, nats_client: Client) -> AsyncIterator[Office]:
    async with running_office(topology, database, nats_client) as office:
        yield office


@pytest_asyncio.fixture
async def serving(office: Office) -> AsyncIterator[Office]:
    async with office.serving():
        yield office


async def listed(tenant: Tenant, **query: Any) -> list[NotificationRecord]:
    page = await tenant.ask(LIST_NOTIFICATIONS, NotificationQuery(**query))
    return list(page.notifications)


async def one_in_state(tenant: Tenant, state: str) -> NotificationRecord:
    async def found() -> NotificationRecord | None:
        rows = await listed(tenant, state=state)
        return rows[0] if rows else None

    return await eventually(found)


async def events_of(office: Office, notification_id: str) -> list[str]:
    rows = office.database.db.outbox.find({"kind": "event", "entity_id": notification_id}).sort("sequence", 1)
    return [row["body"]["type"] async for row in rows]


async def test_a_rendered_invoice_is_mailed_once_with_its_pdf(serving: Office) -> None:
    tenant = await serving.open_tenant()
    await tenant.ask(PUT_SETTINGS, PutSettings(customer_events=ALL, locale="de"))
    event = serving.world.rendered(scope=tenant.scope)
    for _ in range(2):
        await serving.publish(event, "INVOICES")
    message = await one_in_state(tenant, "sent")
    [mail] = serving.mail.taken
    assert mail["To"] == "jane@example.com"
    assert mail["From"] == "Shop GmbH <no-reply@gateway.example>"
    assert mail["Subject"] == "Rechnung INV-1 von Shop GmbH"
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == ("INV-1.pdf", "application/pdf", PDF)
    assert (message.event, message.audience, message.recipient) == ("invoice.issued", "customer", "jane@example.com")
    assert await events_of(serving, message.id) == ["notification.sent.v1"]
    # Another event of the same document is handled, and makes nothing.
    later = serving.world.rendered(event.entity_id, scope=tenant.scope)
    await serving.publish(later, "INVOICES")
    inbox = {"_id": f"notify-on-invoice-rendered:{later.id}"}
    await eventually(lambda: serving.database.db.inbox.find_one(inbox))
    assert len(await listed(tenant)) == 1


async def test_payments_and_invitations_are_mailed(serving: Office) -> None:
    tenant = await serving.open_tenant()
    await tenant.ask(PUT_SETTINGS, PutSettings(customer_events=("payment.succeeded",)))
    await serving.publish(serving.world.success(scope=tenant.scope), "TRANSACTIONS")
    await serving.publish(serving.world.invited(scope=tenant.scope), "TENANCY")
    await serving.publish(serving.world.invited(scope=OPERATORS), "TENANCY")
    await eventually(lambda: len(serving.mail.taken) == 3)
    assert {(mail["To"], mail["Subject"]) for mail in serving.mail.taken} == {
        ("jane@example.com", "Payment received: €49.00"),
        ("john@example.com", "Invitation to Shop GmbH"),
        ("john@example.com", "Invitation to run the payment gateway gateway.example"),
    }


async def test_every_kind_is_mailed_as_text_and_html(serving: Office) -> None:
    tenant, world = await serving.open_tenant(), serving.world
    await tenant.ask(PUT_SETTINGS, PutSettings(customer_events=ALL, locale="de"))
    events = (
        (world.success(scope=tenant.scope), "TRANSACTIONS"),
        (world.failure(scope=tenant.scope), "TRANSACTIONS"),
        (world.rendered(scope=tenant.scope), "INVOICES"),
        (world.noted(scope=tenant.scope), "INVOICES"),
    )
    for event, stream in events:
        await serving.publish(event, stream)
    await eventually(lambda: len(serving.mail.taken) == len(events))

    files = {
        str(mail["Subject"]): [file.get_filename() for file in mail.iter_attachments()] for mail in serving.mail.taken
    }
    assert files == {
        "Zahlung eingegangen: 49,00 €": [],
        "Zahlung fehlgeschlagen: 49,00 €": [],
        "Rechnung INV-1 von Shop GmbH": ["INV-1.pdf"],
        "Rechnungskorrektur CN-1 von Shop GmbH": ["CN-1.pdf"],
    }
    for mail in serving.mail.taken:
        for kind in ("plain", "html"):
            part = mail.get_body((kind,))
            assert part is not None
            assert "Guten Tag Jane Doe," in part.get_content() or "fehlgeschlagen" in part.get_content()


async def test_a_refusal_is_seen_in_list_and_events(serving: Office) -> None:
    tenant = await serving.open_tenant()
    serving.mail.replies = {"gone@example.com": "550 5.1.1 unknown", "later@example.com": "451 4.7.1 greylisted"}
    for to in serving.mail.replies:
        send = SendDocument(notification_id=new_object_id(), document="invoice", document_id=new_object_id(), to=to)
        assert (await tenant.ask(SEND_DOCUMENT, send)).state == "waiting"
    failed = await one_in_state(tenant, "failed")
    assert (failed.recipient, failed.error) == ("gone@example.com", "refused")
    assert [(each.verdict, each.reply_code, each.enhanced_code) for each in failed.attempts] == [
        ("permanent", 550, "5.1.1")
    ]

    async def tried() -> NotificationRecord | None:
        [row] = await listed(tenant, recipient="later@example.com")
        return row if row.attempts else None

    waiting = await eventually(tried)
    assert (waiting.state, waiting.attempts[0].reply_code) == ("waiting", 451)
    assert waiting.next_attempt_at is not None
    for message in (failed, waiting):
        assert await events_of(serving, message.id) == ["notification.failed.v1"]
    # The address works by now.
    serving.mail.replies.clear()
    for message in (failed, waiting):
        await tenant.ask(RESEND_NOTIFICATION, NotificationRef(notification_id=message.id))
    await eventually(lambda: len(serving.mail.taken) == 2)


async def test_lists_have_filters_and_a_cursor(serving: Office) -> None:
    tenant = await serving.open_tenant()
    for number in range(5):
        test = SendTest(notification_id=new_object_id(), to=f"p{number}@example.com")
        await tenant.ask(SEND_TEST, test)
    await eventually(lambda: len(serving.mail.taken) == 5)

    async def all_sent() -> bool:
        return len(await listed(tenant, state="sent")) == 5

    await eventually(all_sent)
    first = await tenant.ask(LIST_NOTIFICATIONS, NotificationQuery(limit=2))
    second = await tenant.ask(LIST_NOTIFICATIONS, NotificationQuery(limit=10, cursor=first.next_cursor))
    shown = [row.recipient for row in (*first.notifications, *second.notifications)]
    assert shown == [f"p{number}@example.com" for number in reversed(range(5))]
    assert (first.total, second.next_cursor) == (5, None)
    assert [row.recipient for row in await listed(tenant, recipient=" P3@example.com ")] == ["p3@example.com"]
    assert await listed(tenant, event="invoice.issued") == []
    assert len(await listed(tenant, channel="email", object_id=tenant.id)) == 5


async def test_rights_and_tenants_are_kept_apart(serving: Office) -> None:
    tenant, other = await serving.open_tenant(), await serving.open_tenant()
    test = SendTest(notification_id=new_object_id(), to="a@example.com")
    message = await tenant.ask(SEND_TEST, test)
    reference = NotificationRef(notification_id=message.id)
    for stranger, livemode in ((other, False), (tenant, True)):
        for by_id in (GET_NOTIFICATION, RESEND_NOTIFICATION):
            with pytest.raises(NotFound):
                await stranger.ask(by_id, reference, livemode=livemode)
        page = await stranger.ask(LIST_NOTIFICATIONS, NotificationQuery(), livemode=livemode)
        assert page.notifications == ()
    send = SendDocument(notification_id=new_object_id(), document="invoice", document_id=new_object_id())
    refused: list[tuple[Any, Any, tuple[str, ...]]] = [
        (LIST_NOTIFICATIONS, NotificationQuery(), ("invoice:*",)),
        (RESEND_NOTIFICATION, reference, ("organization:read",)),
        (PUT_SETTINGS, PutSettings(), ("organization:read",)),
        (SEND_DOCUMENT, send, ("organization:*", "credit_note:execute")),
        (SEND_TEST, test, ("organization:read",)),
    ]
    for method, request, scopes in refused:
        with pytest.raises(Forbidden):
            await tenant.ask(method, request, scopes=scopes)


async def test_settings_and_templates_by_request(serving: Office) -> None:
    tenant = await serving.open_tenant()
    empty = await tenant.ask(GET_SETTINGS, Empty())
    assert (empty.customer_events, empty.can_send_mail, empty.has_smtp_password) == ((), True, False)
    await tenant.ask(PUT_SETTINGS, PutSettings(team_events=("payment.failed",), team_addresses=("a@shop.example",)))
    assert (await tenant.ask(GET_SETTINGS, Empty())).team_addresses == ("a@shop.example",)
    assert (await tenant.ask(GET_SETTINGS, Empty(), livemode=True)).team_addresses == ()
    with pytest.raises(Invalid) as refused:
        await tenant.ask(PUT_SETTINGS, PutSettings(smtp_host="169.254.169.254", sender_address="a@shop.example"))
    assert refused.value.details[0].field == "smtpHost"

    defaults = await tenant.ask(LIST_DEFAULT_TEMPLATES, Empty())
    [source] = [
        each
        for each in defaults.templates
        if (each.event, each.channel, each.language) == ("settings.test", "email", "en")
    ]
    texts: dict[str, Any] = {"subject": "Changed {{ organization }}", "html": source.html, "text": source.text}
    key: dict[str, Any] = {"event": "settings.test", "channel": "email", "language": "en"}
    shown = await tenant.ask(PREVIEW_TEMPLATE, PreviewTemplate(**key, **texts))
    assert shown.subject == "Changed Shop GmbH"
    draft = await tenant.ask(CREATE_TEMPLATE, CreateTemplate(template_id=new_object_id(), **key, **texts))
    await tenant.ask(PUBLISH_TEMPLATE, TemplateRef(template_id=draft.id))
    assert (await tenant.ask(GET_TEMPLATE, TemplateRef(template_id=draft.id))).state == "published"
    assert (await tenant.ask(LIST_TEMPLATES, TemplateQuery(state="published"))).total == 1
    await tenant.ask(SEND_TEST, SendTest(notification_id=new_object_id(), to="a@example.com"))
    assert (await one_in_state(tenant, "sent")).template_id == draft.id
    assert serving.mail.taken[0]["Subject"] == "Changed Shop GmbH"


async def test_one_server_that_hangs_holds_up_no_other_organization(serving: Office) -> None:
    stuck, other = await serving.open_tenant(), await serving.open_tenant()
    async with running_mail_server() as hanging:
        hanging.silent = True
        await stuck.ask(
            PUT_SETTINGS,
            PutSettings(
                smtp_host="127.0.0.1",
                smtp_port=hanging.port,
                smtp_security="none",
                sender_address="billing@stuck.example",
            ),
        )
        for _ in range(20):
            await stuck.ask(SEND_TEST, SendTest(notification_id=new_object_id(), to="a@example.com"))
        await eventually(lambda: hanging.connections >= 4)
        for _ in range(8):
            await other.ask(SEND_TEST, SendTest(notification_id=new_object_id(), to="b@example.com"))
        await eventually(lambda: len(serving.mail.taken) == 8)
        # A share of the places, all of them behind the one that hangs; none of its attempts is over.
        assert hanging.connections == 4
        assert await listed(stuck, state="sent") == []


async def test_killed_between_the_servers_receipt_and_its_record(office: Office, tmp_path: Path) -> None:
    """The mail is sent again under the same Message-ID: at least once."""
    async with office.serving():
        tenant = await office.open_tenant()
        # Stored while no pass runs: the service that sends is the one below.
        office.mail.replies["a@example.com"] = "451 4.0.0 not yet"
        message = await tenant.ask(SEND_TEST, SendTest(notification_id=new_object_id(), to="a@example.com"))
        await eventually(lambda: office.database.db.messages.find_one({"_id": message.id, "made": 1}))
    office.mail.replies.clear()
    await make_due(office, message.id)
    with (tmp_path / "log").open("ab") as log:
        first = start(office, log)
        office.mail.on_data = first.kill
        await eventually(lambda: len(office.mail.taken) == 1)
        assert first.wait(60) != 0
        row = await office.database.db.messages.find_one({"_id": message.id})
        assert (row["state"], row["made"]) == ("waiting", 1), "nothing was written down"
        office.mail.on_data = lambda: None
        await make_due(office, message.id)
        second = start(office, log)
        try:
            await eventually(lambda: office.database.db.messages.find_one({"_id": message.id, "state": "sent"}))
        finally:
            second.terminate()
            second.wait(60)
    assert len({mail["Message-ID"] for mail in office.mail.taken}) == 1
    assert len(office.mail.taken) == 2
    text = (tmp_path / "log").read_text()
    assert "notification.attempted" in text
    for secret in ("a@example.com", "mail settings"):
        assert secret not in text


async def make_due(office: Office, message_id: str) -> None:
    """The lease of a killed process is over."""
    await office.database.db.messages.update_one({"_id": message_id}, {"$set": {"due_at": datetime.now(UTC)}})


def start(office: Office, log: Any) -> subprocess.Popen[bytes]:
    fields = office.settings.model_dump(exclude_none=True)
    plain = {key: value.get_secret_value() if isinstance(value, SecretStr) else value for key, value in fields.items()}
    env = {**os.environ, **{key.upper(): str(value) for key, value in plain.items()}, "LIVEZ_PORT": str(free_port())}
    return subprocess.Popen([sys.executable, "-m", "notify"], env=env, stdout=log, stderr=log)


async def test_organizations_without_settings_cost_no_writes(serving: Office) -> None:
    tenant = await serving.open_tenant()
    quiet, loud = serving.world.success(scope=tenant.scope), serving.world.invited(scope=tenant.scope)
    await serving.publish(quiet, "TRANSACTIONS")
    await serving.publish(loud, "TENANCY")
    await eventually(lambda: len(serving.mail.taken) == 1)
    assert await serving.database.db.inbox.count_documents({"_id": {"$regex": quiet.id}}) == 0
