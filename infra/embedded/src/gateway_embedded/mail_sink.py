"""The mail sink: takes every mail by SMTP, delivers none, and shows them on a page.

``python -m gateway_embedded.mail_sink``; both listeners are on loopback. ``GET /mails`` lists what arrived as JSON,
``/`` as a page; ``/mails/<number>`` shows one, ``/mails/<number>/attachments/<place>`` has its files.
"""

import asyncio
import email
import html
import os
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any
from urllib.parse import quote

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway_embedded.servers.process import LOOPBACK

MAILS_MAX = 1_000
MAIL_BYTES_MAX = 32 * 1024 * 1024
# What a mail brings is shown in a frame that runs nothing and loads nothing.
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'none'"
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} · Mail sink</title><style>:root{{color-scheme:light dark}}
body{{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}th,td{{text-align:start;padding:.4rem .8rem .4rem 0;vertical-align:top}}
td{{border-top:1px solid #8884;overflow-wrap:anywhere}}pre{{white-space:pre-wrap;overflow-wrap:anywhere}}
iframe{{width:100%;height:32rem;border:1px solid #8884;background:#fff}}</style>
<h1>{title}</h1>{content}</html>"""


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived."""

    number: int
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage = field(repr=False)

    @property
    def subject(self) -> str:
        """Its subject; empty without one."""
        return str(self.message.get("Subject", ""))

    @property
    def files(self) -> list[EmailMessage]:
        """Its attachments."""
        return [part for part in self.message.iter_attachments() if isinstance(part, EmailMessage)]

    def text(self, kind: str) -> str | None:
        """Its part of that kind: ``plain`` or ``html``."""
        part = self.message.get_body((kind,))
        return None if part is None else str(part.get_content())

    def shown(self) -> dict[str, Any]:
        """For programs."""
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "from": self.sender,
            "to": list(self.recipients),
            "subject": self.subject,
            "messageId": str(self.message.get("Message-ID", "")),
            "text": self.text("plain"),
            "attachments": [
                {"fileName": file.get_filename(), "mediaType": file.get_content_type(), "bytes": len(_content(file))}
                for file in self.files
            ],
        }


class MailSink:
    """Keeps the latest mails, in memory."""

    def __init__(self) -> None:
        self.mails: deque[Mail] = deque(maxlen=MAILS_MAX)
        self._count = 0

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        """Take one."""
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else content or b""
        message = email.message_from_bytes(raw, policy=default)
        assert isinstance(message, EmailMessage), "that policy makes them"
        self._count += 1
        at, sender = datetime.now(UTC), envelope.mail_from or ""
        self.mails.append(Mail(self._count, at, sender, tuple(envelope.rcpt_tos), message))
        return "250 2.0.0 kept"

    def find(self, number: str) -> Mail:
        """
        Raises:
            HTTPNotFound: there is none, or it is kept no more.
        """
        for mail in self.mails:
            if str(mail.number) == number:
                return mail
        raise web.HTTPNotFound


def build_app(sink: MailSink) -> web.Application:
    """The pages."""
    pages = _Pages(sink)
    app = web.Application()
    app.add_routes(
        [
            web.get("/health", pages.health),
            web.get("/", pages.show_list),
            web.get("/mails", pages.list_mails),
            web.get("/mails/{number}", pages.show_mail),
            web.get("/mails/{number}/html", pages.show_html),
            web.get("/mails/{number}/attachments/{place}", pages.download),
        ]
    )
    return app


async def start_smtp(sink: MailSink, port: int) -> asyncio.Server:
    """The listener that takes mails."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(sink, hostname="mail-sink", data_size_limit=MAIL_BYTES_MAX, loop=loop), LOOPBACK, port
    )


class _Pages:
    """Handlers of the pages."""

    def __init__(self, sink: MailSink) -> None:
        self._sink = sink

    async def health(self, request: web.Request) -> web.Response:
        """Alive."""
        return web.json_response({"status": "ok"})

    async def show_list(self, request: web.Request) -> web.Response:
        """All mails, newest first."""
        rows = "".join(
            f"<tr><td>{mail.at:%H:%M:%S}<td>{html.escape(', '.join(mail.recipients))}"
            f'<td><a href="/mails/{mail.number}">{html.escape(mail.subject) or "(no subject)"}</a>'
            f"<td>{len(mail.files) or ''}</tr>"
            for mail in reversed(self._sink.mails)
        )
        table = f"<table><tr><th>UTC<th>To<th>Subject<th>Files</tr>{rows}</table>"
        return _page("Mails", table if rows else "<p>No mail has arrived yet.</p>")

    async def list_mails(self, request: web.Request) -> web.Response:
        """All mails, or those to one address, as JSON."""
        wanted = request.query.get("to")
        found = [mail.shown() for mail in self._sink.mails if wanted is None or wanted in mail.recipients]
        return web.json_response({"data": found})

    async def show_mail(self, request: web.Request) -> web.Response:
        """One mail."""
        mail = self._sink.find(request.match_info["number"])
        facts = {"From": mail.message.get("From", mail.sender), "To": ", ".join(mail.recipients)}
        facts |= {name: mail.message.get(name, "") for name in ("Reply-To", "Date", "Message-ID")}
        rows = "".join(f"<tr><th>{name}<td>{html.escape(str(value))}</tr>" for name, value in facts.items())
        files = "".join(
            f'<li><a href="/mails/{mail.number}/attachments/{place}">{html.escape(file.get_filename() or "file")}</a> '
            f"({html.escape(file.get_content_type())}, {len(_content(file))} bytes)</li>"
            for place, file in enumerate(mail.files)
        )
        frame = f'<iframe sandbox src="/mails/{mail.number}/html" title="HTML part"></iframe>'
        content = [f"<table>{rows}</table>", f"<ul>{files}</ul>" if files else ""]
        content.append(frame if mail.text("html") is not None else "")
        content.append(f"<pre>{html.escape(mail.text('plain') or '')}</pre>")
        return _page(html.escape(mail.subject) or "(no subject)", "".join(content))

    async def show_html(self, request: web.Request) -> web.Response:
        """The HTML part of a mail, for its frame."""
        text = self._sink.find(request.match_info["number"]).text("html")
        if text is None:
            raise web.HTTPNotFound
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": _MAIL_POLICY})

    async def download(self, request: web.Request) -> web.Response:
        """A file of a mail."""
        files, place = self._sink.find(request.match_info["number"]).files, request.match_info["place"]
        if not place.isdecimal() or int(place) >= len(files):
            raise web.HTTPNotFound
        file = files[int(place)]
        name = quote(file.get_filename() or "file", safe="")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=_content(file), content_type=file.get_content_type(), headers=headers)


def _content(file: EmailMessage) -> bytes:
    content = file.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _page(title: str, content: str) -> web.Response:
    return web.Response(
        text=_PAGE.format(title=title, content=content),
        content_type="text/html",
        headers={"Content-Security-Policy": _PAGE_POLICY},
    )


def main() -> None:
    """Serves until SIGTERM."""
    sink = MailSink()

    async def app() -> web.Application:
        await start_smtp(sink, int(os.environ["MAIL_SINK_SMTP_PORT"]))
        return build_app(sink)

    web.run_app(app(), host=LOOPBACK, port=int(os.environ["MAIL_SINK_PORT"]), print=None)


if __name__ == "__main__":
    main()
