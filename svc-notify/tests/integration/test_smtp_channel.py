"""Mail by SMTP against a real server: the suite of channels, TLS, log-in, closed addresses, headers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from channel_conformance import ChannelConformance, OtherSide
from mail_server import Certificate, MailServer, make_certificate, running_mail_server

from gateway_kit.http.outbound_sockets import OutboundSockets
from gateway_testkit.clock import FrozenClock
from notify.adapters.smtp import SmtpChannel, SmtpLimits
from notify.domain.outgoing import Attachment, Outgoing, Sender
from notify.domain.template import Sources
from notify.ports import MailServer as ServerSettings

SENDER = Sender("billing@shop.example", "Shop", "office@shop.example")


def channel_to(port: int, host: str = "127.0.0.1", sender: Sender = SENDER, **options: Any) -> SmtpChannel:
    fields = {name: options.pop(name) for name in ("security", "user", "password", "is_operators") if name in options}
    values: dict[str, Any] = {"security": "none", "sender": sender, "is_operators": True} | fields
    server = ServerSettings(host, port, **values)
    limits = options.pop("limits", SmtpLimits(connect_s=5, command_s=1, total_s=5))
    return SmtpChannel(server, sockets=OutboundSockets(), clock=FrozenClock(), limits=limits, **options)


def outgoing(recipient: str = "jane@example.com", **fields: Any) -> Outgoing:
    values: dict[str, Any] = {"text": Sources("Text", "Subject", "<p>HTML</p>"), "attachments": ()} | fields
    return Outgoing("65f0c0ffee65f0c0ffee65f0.0", "65a500000000000000000001", recipient, **values)


class SmtpSide(OtherSide):
    """A mail server on loopback."""

    recipient = "jane@example.com"

    def __init__(self, server: MailServer, stack: AsyncExitStack) -> None:
        self.server = server
        self._stack = stack

    def channel(self) -> SmtpChannel:
        return channel_to(self.server.port)

    def refuse(self, *, for_good: bool) -> None:
        code = "550 5.1.1" if for_good else "451 4.7.1"
        self.server.replies[self.recipient] = f"{code} <{self.recipient}> not now"

    def fall_silent(self) -> None:
        self.server.silent = True

    async def go_away(self) -> None:
        await self._stack.aclose()

    def texts(self) -> list[str]:
        return [part.get_content() for mail in self.server.taken if (part := mail.get_body(("plain",)))]


class TestSmtp(ChannelConformance):
    async def other_side(self) -> AsyncIterator[OtherSide]:
        async with AsyncExitStack() as stack:
            yield SmtpSide(await stack.enter_async_context(running_mail_server()), stack)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


async def test_a_mail_has_its_headers_parts_and_attachment() -> None:
    file = Attachment("Rechnung-Ä 1.pdf", "application/pdf", b"%PDF-1.7 test")
    async with running_mail_server() as server:
        assert (await channel_to(server.port).send(outgoing(attachments=(file,)))).verdict == "sent"
    [mail] = server.taken
    assert mail["From"] == "Shop <billing@shop.example>"
    assert mail["To"] == "jane@example.com"
    assert mail["Reply-To"] == "office@shop.example"
    assert mail["Message-ID"] == "<65f0c0ffee65f0c0ffee65f0.0@shop.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] is not None
    html = mail.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<p>HTML</p>"
    [attached] = mail.iter_attachments()
    assert attached.get_filename() == "Rechnung-Ä 1.pdf"
    assert attached.get_content() == b"%PDF-1.7 test"


async def test_nothing_adds_a_header_or_a_recipient() -> None:
    sender = Sender("billing@shop.example", "Shop\r\nBcc: thief@example.net")
    async with running_mail_server() as server:
        sent = await channel_to(server.port, sender=sender).send(outgoing())
        assert sent.verdict == "sent"
        refused = await channel_to(server.port).send(outgoing("jane@example.com>\r\nRCPT TO:<thief@example.net"))
        assert (refused.verdict, refused.error) == ("permanent", "address_refused")
    [mail] = server.taken
    assert mail["Bcc"] is None
    assert server.recipients == ["jane@example.com"]


async def test_a_line_with_a_single_dot_does_not_end_the_mail() -> None:
    async with running_mail_server() as server:
        text = Sources("first\n.\nMAIL FROM:<x@example.net>\nlast", "Subject")
        assert (await channel_to(server.port).send(outgoing(text=text))).verdict == "sent"
    [mail] = server.taken
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["first", ".", "MAIL FROM:<x@example.net>", "last"]


async def test_a_domain_of_another_alphabet_gets_mail() -> None:
    async with running_mail_server() as server:
        assert (await channel_to(server.port).send(outgoing("jane@müller.example"))).verdict == "sent"
        local = await channel_to(server.port).send(outgoing("jäne@example.com"))
        assert (local.verdict, local.error) == ("permanent", "address_refused")
    assert server.recipients == ["jane@xn--mller-kva.example"]


async def test_the_refusal_has_its_codes() -> None:
    async with running_mail_server() as server:
        server.data_reply = "554 5.7.1 spam"
        outcome = await channel_to(server.port).send(outgoing())
    assert (outcome.verdict, outcome.reply_code, outcome.enhanced_code) == ("permanent", 554, "5.7.1")


async def test_a_connection_that_ends_before_the_receipt_may_pass() -> None:
    async with running_mail_server() as server:
        server.cuts = True
        outcome = await channel_to(server.port).send(outgoing())
    assert (outcome.verdict, outcome.error) == ("temporary", "disconnected")


async def test_starttls_with_log_in(certificate: Certificate) -> None:
    async with running_mail_server(starttls=certificate.server, needs_login=True) as server:
        channel = channel_to(
            server.port, "localhost", security="starttls", user="shop", password="pässword", tls=certificate.client
        )
        assert (await channel.send(outgoing())).verdict == "sent"
        assert server.logins == [("shop", "pässword")]
        assert server.was_encrypted == [True]
        server.login_is_right = False
        outcome = await channel.send(outgoing())
        assert (outcome.verdict, outcome.error, outcome.reply_code) == ("temporary", "login_refused", 535)


async def test_implicit_tls(certificate: Certificate) -> None:
    async with running_mail_server(implicit=certificate.server) as server:
        channel = channel_to(server.port, "localhost", security="implicit", tls=certificate.client)
        assert (await channel.send(outgoing())).verdict == "sent"
        assert server.was_encrypted == [True]


@pytest.mark.parametrize("security", ["starttls", "implicit"])
async def test_a_certificate_without_trust_gets_no_mail(certificate: Certificate, security: str) -> None:
    options: dict[str, Any] = (
        {"starttls": certificate.server} if security == "starttls" else {"implicit": certificate.server}
    )
    async with running_mail_server(**options) as server:
        channel = channel_to(server.port, "localhost", security=security, user="shop", password="secret")
        outcome = await channel.send(outgoing())
        assert outcome.verdict == "temporary"
        assert outcome.error in ("tls_failed", "not_connected", "disconnected")
        assert server.logins == []
        assert server.taken == []


async def test_another_name_in_the_certificate_gets_no_mail(certificate: Certificate) -> None:
    async with running_mail_server(implicit=certificate.server) as server:
        channel = channel_to(server.port, "127.0.0.1", security="implicit", tls=certificate.client)
        assert (await channel.send(outgoing())).verdict == "temporary"
        assert server.taken == []


async def test_a_server_without_starttls_gets_no_mail() -> None:
    async with running_mail_server() as server:
        channel = channel_to(server.port, "localhost", security="starttls", user="shop", password="secret")
        assert (await channel.send(outgoing())).verdict == "temporary"
        assert (server.logins, server.taken) == ([], [])


async def test_an_organization_reaches_no_private_address() -> None:
    async with running_mail_server() as server:
        for host in ("127.0.0.1", "localhost"):
            outcome = await channel_to(server.port, host, is_operators=False).send(outgoing())
            assert outcome.verdict == "temporary"
            assert outcome.error in ("forbidden_target", "name_not_found")
        assert server.connections == 0


async def test_without_tls_mail_stays_on_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify.adapters.smtp.is_loopback", lambda opened: False)
    async with running_mail_server() as server:
        refused = await channel_to(server.port).send(outgoing())
        assert (refused.verdict, refused.error) == ("permanent", "plain_refused")
        assert (await channel_to(server.port, allow_plain=True).send(outgoing())).verdict == "sent"


async def test_a_server_that_drips_is_left_in_time() -> None:
    """Each line comes in time, the end never does."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                writer.write(b"220-still here\r\n")
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    # Ends early where the client is gone.
                    if not await asyncio.wait_for(reader.read(1), 0.05):
                        break
        writer.close()

    listening = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with listening:
        limits = SmtpLimits(connect_s=5, command_s=30, total_s=1)
        outcome = await channel_to(listening.sockets[0].getsockname()[1], limits=limits).send(outgoing())
    assert outcome.verdict == "temporary"
