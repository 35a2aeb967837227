"""Pages of the console over HTTP; the owners behind the API answer from memory."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from admin_world import Api, a_delivery
from console_visits import Visits, member, operator, texts
from console_world import a_case, a_failed_delivery, a_payment, refunded
from owned_objects import ID, OTHER_ID, an_invoice

from admin_api.console.listings import LISTINGS
from admin_api.console.visitor import ACCESS_COOKIE, SESSION_COOKIE
from admin_api.explanations.domain.failure_words import FAILURES
from gateway_contracts.errors import Conflict, Invalid, Transient
from gateway_contracts.requests import invoice, ipn, operation, refund, transaction
from gateway_contracts.requests.invoice import InvoicePage
from gateway_contracts.requests.ipn import DeliveryPage
from gateway_contracts.requests.transaction import Failure, TransactionPage

pytestmark = pytest.mark.integration

ROLES = ("viewer", "support", "admin")


async def at_work(api: Api, role: str = "support") -> Visits:
    """A member of an organization."""
    return await member(api, await api.organization(), role)


async def test_without_a_session_every_page_leads_to_the_sign_in(owned: Api) -> None:
    stranger = Visits(owned)
    for slug in LISTINGS:
        answer = await stranger.get(f"/{slug}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next=%2F{slug}")


@pytest.mark.parametrize(
    "text",
    [
        *("//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "/.//evil.example"),
        *("", "evil", "/ä", "/a?<b>", "/a?b\n", "/a?" + "b" * 2_000),
    ],
)
async def test_a_sign_in_leads_to_pages_of_the_console_alone(owned: Api, text: str) -> None:
    stranger = Visits(owned)
    page = await stranger.get(f"/sign-in?{urlencode({'next': text})}")
    assert 'data-next="/"' in page.text
    assert 'data-next="/cases"' in (await stranger.get("/sign-in?next=%2Fcases")).text


async def test_filters_survive_a_sign_in(owned: Api) -> None:
    stranger = Visits(owned)
    address = "/payments?status=failed&email=jane%40example.com"
    answer = await stranger.get(address)
    assert answer.headers["location"] == f"/sign-in?{urlencode({'next': address})}"
    page = await stranger.get(answer.headers["location"])
    assert 'data-next="/payments?status=failed&amp;email=jane%40example.com"' in page.text


@pytest.mark.parametrize("origin", ["https://evil.example", ""])
async def test_ceremonies_of_other_sites_are_refused(owned: Api, origin: str) -> None:
    body = {"token": "t" * 30}
    answer = await owned.http.post("/register/begin", json=body, headers={"origin": origin} if origin else {})
    assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_NOT_ALLOWED")


async def test_a_session_lives_in_cookies_that_no_script_reads(owned: Api) -> None:
    visits = await at_work(owned)
    assert set(visits.cookies) == {ACCESS_COOKIE, SESSION_COOKIE}
    answer = await visits.sign_in()
    assert answer.json() == {"next": "/"}
    for line in answer.headers.get_list("set-cookie"):
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= {part.strip() for part in line.split(";")}

    page = await visits.get("/payments")

    assert page.status_code == 200
    assert "490,000" not in page.text
    assert "€4,900.00" in page.text
    assert "&lt;order&gt; &amp; 1" in page.text
    assert page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_an_access_token_that_is_over_is_renewed(owned: Api) -> None:
    visits = await at_work(owned)
    before = visits.cookies.pop(ACCESS_COOKIE), visits.cookies[SESSION_COOKIE]

    page = await visits.get("/payments")

    assert page.status_code == 200
    assert visits.cookies[ACCESS_COOKIE] != before[0]
    assert visits.cookies[SESSION_COOKIE] != before[1]
    # The next page needs no further renewal.
    assert "set-cookie" not in (await visits.get("/payments")).headers


async def test_a_session_that_cannot_be_checked_is_not_over(owned: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = await at_work(owned)
    kept = dict(visits.cookies)

    async def unavailable(*_: Any, **__: Any) -> Any:
        raise Transient("the database does not answer", code="DATABASE_UNAVAILABLE")

    with monkeypatch.context() as broken:
        broken.setattr("admin_api.edge.session.find_session", unavailable)
        assert (await visits.get("/payments")).status_code == 503

    assert visits.cookies == kept
    assert (await visits.get("/payments")).status_code == 200


async def test_sign_out_ends_the_session(owned: Api) -> None:
    visits = await at_work(owned)
    kept = dict(visits.cookies)

    answer = await visits.post("/sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert visits.cookies == {}
    visits.cookies = kept
    assert (await visits.get("/payments")).status_code == 303


async def test_a_sign_out_that_is_refused_is_not_taken_for_one(owned: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = await at_work(owned)
    kept = dict(visits.cookies)

    async def unavailable(*_: Any, **__: Any) -> Any:
        raise Transient("the database does not answer", code="DATABASE_UNAVAILABLE")

    monkeypatch.setattr("admin_api.people.web.sessions.end_session", unavailable)
    assert (await visits.post("/sign-out")).status_code == 503
    assert visits.cookies == kept


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
async def test_forms_of_other_sites_are_refused(owned: Api, origin: str | None) -> None:
    visits = await at_work(owned, "admin")
    answer = await visits.post(f"/payments/{ID}/refund", {"amount": "1"}, origin=origin)
    assert answer.status_code == 403
    assert owned.owners.asked_for(refund.CREATE_REFUND) == []


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_sees_its_lists_and_is_refused_the_others(owned: Api, role: str) -> None:
    visits = await at_work(owned, role)
    pages = (await visits.get("/payments")).text + (await visits.get("/settings")).text
    shown = {slug for slug in LISTINGS if f'href="/{slug}"' in pages}
    statuses = {slug: (await visits.get(f"/{slug}")).status_code for slug in LISTINGS}
    assert {slug for slug, status in statuses.items() if status == 200} == shown
    assert {status for slug, status in statuses.items() if slug not in shown} <= {403}
    assert ("audit" in shown) == (role == "admin")
    assert ("cases" in shown) == (role != "viewer")


async def test_a_viewer_sees_no_action_and_a_forged_one_is_refused(owned: Api) -> None:
    visits = await at_work(owned, "viewer")
    page = await visits.get(f"/payments/{ID}")
    assert page.status_code == 200
    assert "/refund" not in page.text
    assert "Send again" not in page.text

    assert (await visits.post(f"/payments/{ID}/refund", {"amount": "1", "reason": "x"})).status_code == 403
    assert (await visits.post(f"/payments/{ID}/deliveries/{ID}/resend")).status_code == 403
    assert (await visits.post(f"/cases/{OTHER_ID}/dismiss")).status_code == 403


async def test_a_refund_is_sent_once_with_its_key_and_audited(owned: Api) -> None:
    visits = await at_work(owned)
    owned.owners.answers[refund.CREATE_REFUND.subject] = refunded
    form = {"amount": "12,50", "reason": "Broken cup", "key": "the-key-of-this-form"}

    answers = [await visits.post(f"/payments/{ID}/refund", form) for _ in range(2)]

    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {
        (303, f"/payments/{ID}?done=refund")
    }
    [(_, request, actor, operation_id)] = owned.owners.asked_for(refund.CREATE_REFUND)
    assert (request.amount, request.reason, actor.role) == (1250, "Broken cup", "support")
    assert operation_id
    assert await owned.db.audit_log.count_documents({"action": "transaction.refund"}) == 1


async def test_a_refused_form_is_shown_again_with_the_error_at_its_field(owned: Api) -> None:
    visits = await at_work(owned)

    unreadable = await visits.post(f"/payments/{ID}/refund", {"amount": "1.000,00", "reason": "<b>"})
    assert unreadable.status_code == 422
    assert 'aria-describedby="refund-amount-error"' in unreadable.text
    assert 'value="1.000,00"' in unreadable.text
    assert "&lt;b&gt;" in unreadable.text

    def too_long(_: Any) -> Any:
        raise Invalid.field("reason", "is odd")

    owned.owners.answers[refund.CREATE_REFUND.subject] = too_long
    refused = await visits.post(f"/payments/{ID}/refund", {"amount": "1", "reason": "x", "key": "key-of-a-form-1"})
    assert (refused.status_code, "is odd" in refused.text) == (422, True)

    def exceeds(_: Any) -> Any:
        raise Conflict("more than what was paid", code="REFUND_EXCEEDS_CAPTURED")

    owned.owners.answers[refund.CREATE_REFUND.subject] = exceeds
    refused = await visits.post(f"/payments/{ID}/refund", {"amount": "1", "reason": "x", "key": "key-of-a-form-2"})
    assert (refused.status_code, "more than what was paid" in texts(refused)) == (409, True)


async def test_a_bank_transfer_is_recorded_and_its_result_set(owned: Api) -> None:
    visits = await at_work(owned)
    waiting = a_payment(status="pending_provider", provider_type="wire", captured=0, refundable=0)
    owned.owners.answers[transaction.GET_TRANSACTION.subject] = lambda _: waiting
    owned.owners.answers[transaction.RECORD_RECEIPT.subject] = lambda _: waiting
    page = await visits.get(f"/payments/{ID}")
    assert all(f"/payments/{ID}/{slug}" in page.text for slug in ("receipt", "mark", "cancel"))
    assert f"/payments/{ID}/refund" not in page.text

    form = {"amount": "49", "receivedAt": "2026-01-16T09:00", "bankReference": "B-1", "key": "key-of-a-form-3"}
    assert (await visits.post(f"/payments/{ID}/receipt", form)).status_code == 303

    [(_, request, _, _)] = owned.owners.asked_for(transaction.RECORD_RECEIPT)
    assert (request.amount, request.currency, request.bank_reference) == (4900, "EUR", "B-1")


async def test_a_notification_is_sent_again(owned: Api) -> None:
    visits = await at_work(owned)
    owned.owners.answers[ipn.RESEND.subject] = a_delivery
    answer = await visits.post(f"/payments/{ID}/deliveries/{ID}/resend", {"key": "k" * 20})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/payments/{ID}?done=resend")
    assert len(owned.owners.asked_for(ipn.RESEND)) == 1
    assert (await visits.post(f"/payments/{ID}/deliveries/{OTHER_ID}/resend")).status_code == 404


async def test_a_notification_that_was_given_up_is_sent_again_from_its_list(owned: Api) -> None:
    visits = await at_work(owned)
    home = await visits.get("/")
    assert 'href="/deliveries?state=exhausted"' in home.text
    failed = a_failed_delivery()
    owned.owners.answers[ipn.LIST_DELIVERIES.subject] = lambda _: DeliveryPage(
        deliveries=(failed,), total=1, page=1, limit=50
    )
    owned.owners.answers[ipn.RESEND.subject] = a_delivery

    page = await visits.get("/deliveries?state=exhausted&receiver=shop.example")

    assert ("Given up" in page.text, "HTTP 503" in page.text, "attempts: 2" in page.text) == (True, True, True)
    assert f'href="/payments/{failed.transaction_id}"' in page.text
    [_, (_, asked, _, _)] = owned.owners.asked_for(ipn.LIST_DELIVERIES)
    assert (asked.state, asked.receiver) == ("exhausted", "shop.example")
    back = "/deliveries?state=exhausted&receiver=shop.example"
    assert f'name="next" value="{back.replace("&", "&amp;")}"' in page.text
    answer = await visits.post(f"/deliveries/{failed.id}/resend", {"key": "k" * 20, "next": back})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{back}&done=resend")
    assert "The notification is sent again." in (await visits.get(answer.headers["location"])).text
    [(_, request, _, _)] = owned.owners.asked_for(ipn.RESEND)
    assert request.delivery_id == failed.id


async def test_notifications_without_attempts_and_of_a_dispute_are_listed(owned: Api) -> None:
    visits = await at_work(owned)
    waiting = a_failed_delivery().model_copy(update={"attempts": (), "state": "waiting", "ipn_status": 4})
    owned.owners.answers[ipn.LIST_DELIVERIES.subject] = lambda _: DeliveryPage(
        deliveries=(waiting,), total=1, page=1, limit=50, next_cursor="more"
    )
    page = await visits.get("/deliveries")
    assert "Chargeback" in page.text
    assert 'href="/deliveries?cursor=more"' in page.text


async def test_a_case_is_decided(owned: Api) -> None:
    visits = await at_work(owned)
    owned.owners.answers[operation.RESOLVE_CASE.subject] = lambda _: a_case()
    assert f'action="/cases/{OTHER_ID}/dismiss"' in (await visits.get("/cases?status=open")).text
    answer = await visits.post(f"/cases/{OTHER_ID}/dismiss", {"key": "k" * 20})
    assert answer.status_code == 303
    assert 'role="status"' in (await visits.get(answer.headers["location"])).text
    [(_, request, _, _)] = owned.owners.asked_for(operation.RESOLVE_CASE)
    assert (request.case_id, request.resolution) == (OTHER_ID, "dismiss")


async def test_why_a_payment_failed_is_on_its_page(owned: Api) -> None:
    visits = await at_work(owned)
    failure = Failure(code="CARD_DECLINED", message="The card was declined.", provider_code="insufficient_funds")
    owned.owners.answers[transaction.GET_TRANSACTION.subject] = lambda _: a_payment(
        status="failed", captured=0, refundable=0, failure=failure
    )
    page = unescape(texts(await visits.get(f"/payments/{ID}")))
    for text in ("Failed", FAILURES["insufficient_funds"], "CARD_DECLINED", "insufficient_funds"):
        assert text in page


@pytest.mark.parametrize(("amount", "currency", "written"), [(4900, "EUR", "€49.00"), (490_000, "JPY", "¥4,900")])
async def test_amounts_of_shops_that_write_hundredths(owned: Api, amount: int, currency: str, written: str) -> None:
    visits = await at_work(owned)
    listed = a_payment(amount=amount, currency=currency, amount_format="hundredths", refundable=amount)
    owned.owners.answers[transaction.LIST_TRANSACTIONS.subject] = lambda _: TransactionPage(
        transactions=(listed,), total=1, page=1, limit=50
    )
    assert written in (await visits.get("/payments")).text


async def test_filters_stay_in_the_address_and_their_errors_at_their_field(owned: Api) -> None:
    visits = await at_work(owned)
    page = await visits.get("/payments?status=failed&from=2026-01-01&email=&unknown=1")
    [(_, query, _, _)] = owned.owners.asked_for(transaction.LIST_TRANSACTIONS)
    assert (query.created_from.isoformat(), query.email) == ("2026-01-01T00:00:00+00:00", None)
    assert '<option value="failed" selected>' in page.text
    refused = await visits.get("/payments?from=yesterday")
    assert (refused.status_code, 'aria-describedby="filter-from-error"' in refused.text) == (422, True)


async def test_mode_and_organization_are_chosen_and_seen_on_every_page(owned: Api) -> None:
    visits = await operator(owned)
    shops = [await owned.organization(name) for name in ("Alpha GmbH", "Beta GmbH")]
    assert (await visits.get("/payments")).headers["location"] == "/organizations"
    page = await visits.get("/organizations")
    assert ("Alpha GmbH" in page.text, "Beta GmbH" in page.text) == (True, True)

    await visits.select(organization=shops[1])
    assert '<body class="live">' in (await visits.get("/payments")).text
    await visits.select(mode="test")

    page = await visits.get("/payments")
    assert '<body class="test">' in page.text
    assert "Beta GmbH" in page.text
    actors = [actor for _, _, actor, _ in owned.owners.asked_for(transaction.LIST_TRANSACTIONS)]
    assert [(actor.organization_id, actor.livemode) for actor in actors] == [(shops[1], True), (shops[1], False)]
    assert (await visits.post("/select", {"mode": "other"})).status_code == 400


async def test_filters_that_mean_something_in_both_modes_survive_the_switch(owned: Api) -> None:
    visits = await at_work(owned)
    shared = {"status": "failed", "currency": "EUR", "siteId": ID, "from": "2026-01-01"}
    of_mode = {"providerId": OTHER_ID, "done": "refund"}
    page = await visits.get(f"/payments?{urlencode(shared | of_mode)}")

    [back] = re.findall(r'class="mode">\s*<input type="hidden" name="next" value="([^"]+)"', page.text)
    address = unescape(back)
    assert address == f"/payments?{urlencode(shared)}"
    assert (await visits.post("/select", {"mode": "test", "next": address})).headers["location"] == address
    [(_, before, _, _), *_] = owned.owners.asked_for(transaction.LIST_TRANSACTIONS)
    assert (await visits.get(address)).status_code == 200
    [*_, (_, after, actor, _)] = owned.owners.asked_for(transaction.LIST_TRANSACTIONS)
    assert (after.status, after.site_id, actor.livemode) == (before.status, ID, False)
    assert (before.provider_id, after.provider_id) == (OTHER_ID, None)


@pytest.mark.parametrize(("role", "count"), [("viewer", 0), ("support", 1)])
async def test_a_document_is_linked_for_those_who_may_open_it(owned: Api, role: str, count: int) -> None:
    found = an_invoice(pdf_object="invoices/1.pdf")
    owned.owners.answers[invoice.LIST_INVOICES.subject] = lambda _: InvoicePage(
        invoices=(found,), total=1, page=1, limit=50
    )
    visits = await at_work(owned, role)
    for path in ("/invoices", f"/payments/{ID}"):
        assert (await visits.get(path)).text.count(f'href="/invoices/{OTHER_ID}/pdf"') == count, path


async def test_another_organization_is_out_of_reach(owned: Api) -> None:
    visits = await at_work(owned, "admin")
    other = await owned.organization("Other GmbH")
    before = (await visits.get("/members")).text
    await visits.select(organization=other)
    # Not one of theirs: the pages stay with their only organization.
    assert (await visits.get("/members")).text.count("admin@example.com") == before.count("admin@example.com") > 0


async def test_what_does_not_exist_is_a_page(owned: Api) -> None:
    visits = await at_work(owned)
    for path in ("/unknown", "/payments/x", f"/sites/{ID}/pdf", "/payments/..%2f..%2fsystem"):
        answer = await visits.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8"), path


async def test_an_owner_that_does_not_answer_is_named(owned: Api) -> None:
    visits = await at_work(owned)
    owned.owners.answers.pop(transaction.LIST_TRANSACTIONS.subject)
    answer = await visits.get("/payments")
    assert (answer.status_code, "SERVICE_UNAVAILABLE" in answer.text) == (503, True)


async def test_pages_come_in_the_chosen_language(owned: Api) -> None:
    visits = await at_work(owned)
    page = await visits.get("/payments", **{"accept-language": "de-AT, en;q=0.5"})
    assert ("Zahlungen" in page.text, 'lang="de"' in page.text, "4.900,00" in page.text) == (True, True, True)
    await visits.select(language="en")
    page = await visits.get("/payments", **{"accept-language": "de"})
    assert "Payments" in page.text
