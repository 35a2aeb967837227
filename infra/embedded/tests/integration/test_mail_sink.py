import asyncio
import smtplib
from email.message import EmailMessage

from aiohttp.test_utils import TestClient, TestServer

from gateway_embedded.mail_sink import MailSink, build_app, start_smtp


def _send(port: int, mail: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.send_message(mail)


async def test_what_was_sent_is_shown_with_its_files() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Shop <shop@example.com>", "jane@example.com", "Rechnung <1> & mehr"
    mail.set_content("Guten Tag")
    mail.add_alternative("<p>Guten Tag<script>alert(1)</script></p>", subtype="html")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Rechnung ä.pdf")
    sink = MailSink()
    async with await start_smtp(sink, 0) as listening, TestClient(TestServer(build_app(sink))) as client:
        assert "No mail has arrived yet" in await (await client.get("/")).text()
        await asyncio.to_thread(_send, listening.sockets[0].getsockname()[1], mail)

        [shown] = (await (await client.get("/mails", params={"to": "jane@example.com"})).json())["data"]
        assert (shown["subject"], shown["text"].strip()) == ("Rechnung <1> & mehr", "Guten Tag")
        assert shown["attachments"] == [{"fileName": "Rechnung ä.pdf", "mediaType": "application/pdf", "bytes": 8}]
        assert (await (await client.get("/mails", params={"to": "john@example.com"})).json())["data"] == []
        assert "Rechnung &lt;1&gt; &amp; mehr" in await (await client.get("/")).text()
        assert "shop@example.com" in await (await client.get("/mails/1")).text()
        part = await client.get("/mails/1/html")
        assert part.headers["Content-Security-Policy"].endswith("sandbox")
        assert await (await client.get("/mails/1/attachments/0")).read() == b"%PDF-1.7"
        for path in ("/mails/2", "/mails/x", "/mails/1/attachments/1", "/mails/1/attachments/-1"):
            assert (await client.get(path)).status == 404
