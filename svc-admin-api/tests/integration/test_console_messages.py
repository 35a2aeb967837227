"""Messages to people in the console, over HTTP: the log, settings, and templates."""

import re
from html import unescape

import pytest
from admin_world import Api
from console_visits import Visits, member, texts
from messages_world import CHAT, DEFAULT, MAIL, MESSAGE, OWN, Messengers, a_message
from owned_objects import ID

from gateway_contracts.requests import notify

pytestmark = pytest.mark.integration
LOG, SETTINGS = f"/messages/{MESSAGE}", "/settings/messages"
PAGE = "/settings/message-templates/" + "/".join(OWN)
PREVIEW = "/settings/message-templates/preview"


@pytest.fixture
def messengers(api: Api) -> Messengers:
    made = Messengers()
    api.owners.answers |= made.answers
    return made


async def at_work(api: Api, role: str = "admin") -> Visits:
    return await member(api, await api.organization(), role)


async def test_the_log_says_what_was_sent_and_why_not(api: Api, messengers: Messengers) -> None:
    visits = await at_work(api)
    shown = await visits.get("/messages?state=failed&event=payment.succeeded&recipient=jane.doe@example.com")
    assert "Payment received E-mail Failed j•••@example.com The recipient's server refused the message." in unescape(
        texts(shown)
    )
    [(_, query, *_)] = api.owners.asked_for(notify.LIST_NOTIFICATIONS)
    assert (query.state, query.event, query.recipient) == ("failed", "payment.succeeded", "jane.doe@example.com")

    page = await visits.get(LOG)
    assert "There is no such mailbox. 550 5.1.1" in texts(page)
    assert f'href="/payments/{ID}"' in page.text
    assert "jane.doe" not in (await visits.get("/messages")).text + page.text
    assert (await visits.post(f"{LOG}/resend")).headers["location"] == f"{LOG}?done=resend"
    assert len(api.owners.asked_for(notify.RESEND_NOTIFICATION)) == 1


async def test_a_sent_secret_is_not_sent_again(api: Api, messengers: Messengers) -> None:
    messengers.messages = [a_message(event="member.invited", state="sent", attempts=(), error=None, object_id=None)]
    assert f'action="{LOG}/resend"' not in (await (await at_work(api)).get(LOG)).text


@pytest.mark.parametrize(
    ("event", "address"), [("invoice.issued", "/invoices/"), ("credit_note.issued", "/credit-notes/")]
)
async def test_a_message_leads_to_its_document(api: Api, messengers: Messengers, event: str, address: str) -> None:
    messengers.messages = [a_message(event=event)]
    assert f'href="{address}{ID}' in (await (await at_work(api)).get(LOG)).text


async def test_settings_are_changed_part_by_part(api: Api, messengers: Messengers) -> None:
    visits = await at_work(api)
    server = {
        "smtpHost": "mail.shop.example",
        "smtpPort": "465",
        "smtpSecurity": "implicit",
        "smtpPassword": "hunter2",
        "senderAddress": "billing@shop.example",
    }
    assert (await visits.post(f"{SETTINGS}/server", server)).status_code == 303
    sent = messengers.put[-1]
    assert (sent.smtp_host, sent.smtp_port, sent.smtp_password, sent.smtp_user) == (
        "mail.shop.example",
        465,
        "hunter2",
        None,
    )
    assert {"customer_events", "slack_webhook_url", "locale"} <= set(sent.kept)
    announced = {
        "customerEvents[invoice.issued]": "on",
        "teamAddresses": "a@shop.example\r\nb@shop.example",
        "locale": "de",
    }
    assert (await visits.post(f"{SETTINGS}/announcements", announced)).status_code == 303
    sent = messengers.put[-1]
    assert (sent.customer_events, sent.team_addresses) == (("invoice.issued",), ("a@shop.example", "b@shop.example"))
    assert {"smtp_host", "smtp_password"} <= set(sent.kept)

    page = (await visits.get(SETTINGS)).text
    for value in (
        'value="mail.shop.example"',
        'name="customerEvents[invoice.issued]" checked',
        "a@shop.example\nb@shop",
    ):
        assert value in page
    assert "hunter2" not in page
    await visits.post(f"{SETTINGS}/server", server | {"smtpPassword": ""})
    assert "smtp_password" in messengers.put[-1].kept
    assert (await visits.post(f"{SETTINGS}/no-server")).status_code == 303
    assert not {"smtp_host", "smtp_password", "sender_address", "dkim_selector"} & set(messengers.put[-1].kept)
    assert messengers.settings.smtp_host is None
    assert f'action="{SETTINGS}/no-server"' not in (await visits.get(SETTINGS)).text
    assert (await visits.post(f"{SETTINGS}/test", {"to": "a@shop.example"})).headers[
        "location"
    ] == f"{SETTINGS}?done=test"
    odd = await visits.post(f"{SETTINGS}/server", server | {"smtpPort": "70000"})
    assert (odd.status_code, 'id="server-smtpPort-error"' in odd.text) == (422, True)


async def test_texts_are_drafted_previewed_published_and_taken_back(api: Api, messengers: Messengers) -> None:
    visits = await at_work(api)
    assert f'href="{PAGE}"' in (await visits.get("/settings/message-templates")).text
    place = dict(zip(("event", "channel", "language"), OWN, strict=True))
    typed = {**place, **MAIL, "subject": "Your invoice"}
    assert (await visits.post(f"{PAGE}/draft", typed)).headers["location"] == f"{PAGE}?done=draft"
    [draft] = messengers.templates.values()
    assert (draft.subject, draft.state) == ("Your invoice", "draft")
    assert "Draft" in texts(await visits.get("/settings/message-templates"))

    refused = await visits.post(f"{PAGE}/edit", typed | {"text": "{% for %}"})
    assert (refused.status_code, 'id="edit-text-error"' in refused.text) == (422, True)
    assert (await visits.post(f"{PAGE}/edit", typed | {"text": "Second"})).status_code == 303
    assert (await visits.post(f"{PAGE}/publish")).status_code == 303
    page = await visits.get(PAGE)
    assert (">Second</textarea>" in page.text, f'action="{PAGE}/draft"' in page.text) == (True, True)
    assert (await visits.post(f"{PAGE}/reset")).status_code == 303
    assert ">Thank you</textarea>" in (await visits.get(PAGE)).text
    assert (await visits.post(f"{PAGE}/publish")).status_code == 404


async def test_what_is_typed_is_shown_in_a_frame_without_scripts(api: Api, messengers: Messengers) -> None:
    visits = await at_work(api, "viewer")
    page = await visits.get(PAGE)
    [address] = re.findall(r'<iframe [^>]*src="([^"]+)"', page.text)
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    stored = await visits.get(unescape(address))
    assert (stored.status_code, messengers.rendered[-1].text) == (200, "Thank you")

    place = dict(zip(("event", "channel", "language"), OWN, strict=True))
    typed = {**place, **MAIL, "html": "<script>alert(1)</script>\"<b style='x'>"}
    shown = await visits.post(PREVIEW, typed)
    policy = shown.headers["content-security-policy"]
    assert ("frame-ancestors 'self'" in policy, "style-src 'self' 'unsafe-inline'" in policy) == (True, True)
    [framed] = re.findall(r'sandbox srcdoc="([^"]*)"', shown.text)
    assert unescape(framed) == typed["html"]
    assert "<script" not in shown.text
    refused = await visits.post(PREVIEW, typed | {"text": "{% for %}"})
    assert (refused.status_code, "Text part: line 1: templates cannot use for" in texts(refused)) == (422, True)
    assert (await visits.post(PREVIEW, typed | {"subject": ""})).status_code == 422
    assert f'action="{PAGE}/draft"' not in page.text
    assert (await visits.post(f"{PAGE}/draft", typed)).status_code == 403


async def test_other_channels_have_a_text_alone(api: Api, messengers: Messengers) -> None:
    visits = await at_work(api)
    page = (await visits.get("/settings/message-templates/" + "/".join(CHAT))).text
    assert ('name="text"' in page, 'name="subject"' in page, 'name="html"' in page) == (True, False, False)
    shown = await visits.get(f"{PREVIEW}?event={CHAT[0]}&channel={CHAT[1]}&language={CHAT[2]}")
    assert ("Payment failed" in texts(shown), "srcdoc" in shown.text) == (True, False)
    assert (await visits.get("/settings/message-templates/payment.failed/slack/xx")).status_code == 404
    assert (await visits.get("/settings/message-templates/" + "/".join(DEFAULT))).status_code == 200
