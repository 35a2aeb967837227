"""The page of a payment with everything that belongs to it, the search, and the file; owners answer from memory."""

import csv
import io
from typing import Any

import pytest
from admin_world import Api
from console_visits import Visits, member, texts
from console_world import a_case, a_payment
from owned_objects import AT, ID, OTHER_ID

from admin_api.console.exports import EXPORTS, ROWS_MAX, cell_of
from gateway_contracts.errors import Conflict, NotFound
from gateway_contracts.requests import books, case, dispute, invoice, operation, refund, transaction, webhooks
from gateway_contracts.requests.case import CasePage
from gateway_contracts.requests.transaction import TimelineEntry, TransactionPage
from gateway_contracts.rpc import Empty

pytestmark = pytest.mark.integration


async def at_work(api: Api, role: str = "support") -> Visits:
    """A member of an organization."""
    return await member(api, await api.organization(), role)


def entry(kind: str, **changes: Any) -> TimelineEntry:
    return TimelineEntry(**{"at": AT, "type": kind, "effect": "applied", "source": "provider", **changes})


async def test_the_page_has_everything_that_belongs_to_the_payment(owned: Api) -> None:
    visits = await at_work(owned)
    page = texts(await visits.get(f"/payments/{ID}"))
    for text in (
        "Fees €98.00",
        "Net €4,802.00",
        "Jane Doe Main 1 10115 Berlin DE",
        "Bob Doe Hamburg DE",
        "&lt;Shirt&gt; 2 €2,450.00 19 %",
        "channel web",
        "Payment received pi_1 Held by the provider €4,900.00",
        "Sum of EUR balanced €4,998.00 €4,998.00",
        "Register the payment Done",
        "No answer to the first attempt is stored. The request may have been sent.",
        "POST /v1/payment_intents no answer 0 ms",
        "Stripe did not answer: TimeoutError.",
        "POST /v1/payment_intents 200 312 ms",
        "Applied Payment received, The provider named a fee came again, without effect: 2",
        "Ignored charge.succeeded it says what is known",
        "Waiting refund.updated",
        "Set aside charge.updated VALUE_OUT_OF_RANGE",
        "Other amount than ordered",
    ):
        assert text in page, text
    [(_, asked, _, _)] = owned.owners.asked_for(case.LIST_CASES)
    assert asked.transaction_id == ID


async def test_the_timeline_is_in_words_of_the_language(owned: Api) -> None:
    visits = await at_work(owned)
    timeline = (
        entry("capture_confirmed", event_id="evt_1", from_status="initiated", to_status="succeeded"),
        entry("fee_known", event_id="evt_1", effect="recorded", note="txn_1 0.98 EUR"),
        entry("customer.updated", event_id="evt_2", effect="recorded"),
        entry("cancel_requested", source="api"),
    )
    owned.owners.answers[transaction.GET_TRANSACTION.subject] = lambda _: a_payment(timeline=timeline)
    page = texts(await visits.get(f"/payments/{ID}"))
    for text in (
        "Payment received → Succeeded by the provider",
        "The provider named a fee by the provider, noted txn_1 0.98 EUR",
        "customer.updated by the provider",
        "Cancellation requested by the shop or its staff",
    ):
        assert text in page, text
    german = texts(await visits.get(f"/payments/{ID}", **{"accept-language": "de"}))
    assert "Zahlung eingegangen → Erfolgreich durch den Anbieter" in german


@pytest.mark.parametrize(
    ("method", "title"),
    [
        (books.GET_LEDGER, "Ledger"),
        (books.LIST_OPERATIONS, "Requests to the provider"),
        (webhooks.LIST_WEBHOOKS, "Webhooks of the provider"),
        (transaction.GET_CHECKOUT, "Order"),
        (invoice.LIST_CREDIT_NOTES, "Credit notes"),
        (invoice.LIST_INVOICES, "Invoices"),
        (case.LIST_CASES, "Cases"),
    ],
)
async def test_a_part_that_cannot_be_read_is_named(owned: Api, method: Any, title: str) -> None:
    visits = await at_work(owned)
    owned.owners.answers.pop(method.subject)
    answer = await visits.get(f"/payments/{ID}")
    assert (answer.status_code, f"Not available at the moment: {title} " in texts(answer)) == (200, True)


async def test_a_viewer_sees_the_story_without_actions_and_cases(owned: Api) -> None:
    visits = await at_work(owned, "viewer")
    page = await visits.get(f"/payments/{ID}")
    assert "Held by the provider" in page.text
    assert "Other amount than ordered" not in page.text
    assert f'action="/payments/{ID}' not in page.text


async def test_a_case_is_decided_on_the_page_of_its_payment(owned: Api) -> None:
    visits = await at_work(owned)
    owned.owners.answers[operation.RESOLVE_CASE.subject] = lambda _: a_case()
    form = {"key": "k" * 20, "next": f"/payments/{ID}"}
    answer = await visits.post(f"/cases/{OTHER_ID}/accept", form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/payments/{ID}?done=accept")
    answer = await visits.post(f"/cases/{OTHER_ID}/accept", {"key": "l" * 20, "next": "//evil.example"})
    assert answer.headers["location"] == "/?done=accept"


def manual_refund(**changes: Any) -> refund.RefundRecord:
    fields: dict[str, Any] = {"id": OTHER_ID, "transaction_id": ID, "provider_id": OTHER_ID, "provider_type": "wire"}
    money = {"status": "pending", "amount": 1000, "currency": "EUR", "livemode": True, "manual": True}
    return refund.RefundRecord(**{**fields, **money, "created_at": AT, "updated_at": AT, **changes})


def a_dispute(**changes: Any) -> dispute.DisputeRecord:
    fields: dict[str, Any] = {"id": OTHER_ID, "transaction_id": ID, "provider_id": OTHER_ID, "provider_type": "stripe"}
    money = {"kind": "chargeback", "status": "open", "amount": 1000, "currency": "EUR", "livemode": True}
    times = {"funds_withdrawn": True, "opened_at": AT, "updated_at": AT}
    return dispute.DisputeRecord(**{**fields, **money, **times, **changes})


async def test_refunds_and_disputes_get_their_results(owned: Api) -> None:
    visits = await at_work(owned)
    answers = owned.owners.answers
    answers[refund.LIST_REFUNDS.subject] = lambda _: refund.RefundList(refunds=(manual_refund(),))
    answers[dispute.LIST_DISPUTES.subject] = lambda _: dispute.DisputeList(disputes=(a_dispute(),))
    answers[refund.SETTLE_REFUND.subject] = lambda _: manual_refund(status="succeeded")
    answers[dispute.UPDATE_DISPUTE.subject] = lambda _: a_dispute(status="won")
    page = await visits.get(f"/payments/{ID}")
    settle, state = f"/payments/{ID}/refunds/{OTHER_ID}/settle", f"/payments/{ID}/disputes/{OTHER_ID}/state"
    assert all(f'action="{url}"' in page.text for url in (settle, state))

    assert (await visits.post(settle, {"outcome": "succeeded", "key": "k" * 20})).status_code == 303
    assert (await visits.post(state, {"status": "won", "key": "l" * 20})).status_code == 303

    [(_, settled, _, _)] = owned.owners.asked_for(refund.SETTLE_REFUND)
    assert (settled.transaction_id, settled.refund_id, settled.outcome) == (ID, OTHER_ID, "succeeded")
    [(_, changed, _, _)] = owned.owners.asked_for(dispute.UPDATE_DISPUTE)
    assert (changed.transaction_id, changed.dispute_id, changed.status) == (ID, OTHER_ID, "won")

    def refused(_: Any) -> Any:
        raise Conflict("it is decided", code="REFUND_FINAL")

    answers[refund.SETTLE_REFUND.subject] = refused
    answer = await visits.post(settle, {"outcome": "failed", "key": "m" * 20})
    assert (answer.status_code, "it is decided" in texts(answer)) == (409, True)
    for path in (
        f"/payments/{ID}/refunds/x/settle",
        f"/payments/{ID}/refunds/{OTHER_ID}/x",
        f"/payments/{ID}/x/{ID}/y",
    ):
        assert (await visits.post(path)).status_code == 404


@pytest.mark.parametrize(("part", "field"), [("refunds", "settle"), ("disputes", "state")])
async def test_a_result_that_is_not_chosen_is_said(owned: Api, part: str, field: str) -> None:
    visits = await at_work(owned)
    answer = await visits.post(f"/payments/{ID}/{part}/{OTHER_ID}/{field}", {"key": "k" * 20})
    assert (answer.status_code, "Please fill in this field." in texts(answer)) == (422, True)


async def test_a_forged_form_is_refused_before_its_fields_are_read(owned: Api) -> None:
    visits = await at_work(owned, "viewer")
    for path in (f"/payments/{ID}/refund", f"/payments/{ID}/refunds/{OTHER_ID}/settle"):
        assert (await visits.post(path, {})).status_code == 403, path


async def test_an_attempt_without_money_is_deleted_by_an_admin(owned: Api) -> None:
    failed = a_payment(status="failed", captured=0, refundable=0)
    owned.owners.answers[transaction.GET_TRANSACTION.subject] = lambda _: failed
    owned.owners.answers[operation.DELETE_TRANSACTION.subject] = lambda _: Empty()
    visits = await at_work(owned, "admin")
    assert f'action="/payments/{ID}/delete"' in (await visits.get(f"/payments/{ID}")).text
    answer = await visits.post(f"/payments/{ID}/delete", {"key": "k" * 20})
    assert (answer.status_code, answer.headers["location"]) == (303, "/payments?done=delete")
    assert len(owned.owners.asked_for(operation.DELETE_TRANSACTION)) == 1


async def test_a_search_is_part_of_the_address(owned: Api) -> None:
    visits = await at_work(owned)
    page = await visits.get("/payments?q=+order-77+&status=failed")
    [(_, query, _, _)] = owned.owners.asked_for(transaction.LIST_TRANSACTIONS)
    assert (query.q, query.status) == ("order-77", "failed")
    assert 'name="q" type="search" value="order-77"' in page.text
    assert 'href="/payments.csv?q=order-77&amp;status=failed"' in page.text


def page_of(*rows: Any) -> TransactionPage:
    return TransactionPage(transactions=rows, total=len(rows), page=1, limit=50)


@pytest.mark.parametrize("has_test", [True, False])
async def test_an_empty_live_list_says_that_there_are_payments_in_test(owned: Api, has_test: bool) -> None:
    visits = await at_work(owned)
    answers = iter([page_of(), page_of(*([a_payment(livemode=False)] if has_test else []))])
    owned.owners.answers[transaction.LIST_TRANSACTIONS.subject] = lambda _: next(answers)
    assert ("There are payments in test mode." in texts(await visits.get("/payments"))) is has_test
    actors = [actor for _, _, actor, _ in owned.owners.asked_for(transaction.LIST_TRANSACTIONS)]
    assert [actor.livemode for actor in actors] == [True, False]
    assert len({actor.organization_id for actor in actors}) == 1


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_payment_of_the_other_mode_is_not_found_and_the_way_is_shown(owned: Api, is_there: bool) -> None:
    visits = await at_work(owned)
    known = owned.owners.answers[transaction.GET_TRANSACTION.subject]
    calls = []

    def answer(request: Any) -> Any:
        calls.append(request)
        if len(calls) == 1 or not is_there:
            raise NotFound("no such transaction", code="TRANSACTION_NOT_FOUND")
        return known(request)

    owned.owners.answers[transaction.GET_TRANSACTION.subject] = answer
    page = await visits.get(f"/payments/{ID}")
    assert page.status_code == 404
    assert ("This payment is one of test mode." in texts(page)) is is_there


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_the_file_has_the_rows_of_all_pages(owned: Api) -> None:
    visits = await at_work(owned)
    odd = a_payment(external_reference='=HYPERLINK("x")', description='a "quoted",\nline', email="+jané@example.com")
    yen = a_payment(amount=490_000, currency="JPY", amount_format="hundredths", captured=0, email=None)
    cursors = {None: (odd, "more"), "more": (yen, None)}

    def page(query: Any) -> TransactionPage:
        row, following = cursors[query.cursor]
        return TransactionPage(transactions=(row,), total=2, page=1, limit=100, next_cursor=following)

    owned.owners.answers[transaction.LIST_TRANSACTIONS.subject] = page
    answer = await visits.get("/payments.csv?q=x&from=2026-01-01&cursor=left-out")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="payments-live.csv"'
    head, first, second = rows_of(answer)
    assert tuple(head) == EXPORTS["payments"]
    row = dict(zip(head, first, strict=True))
    assert (row["amount"], row["currency"], row["refunded"]) == ("4900.00", "EUR", "0.00")
    assert (row["externalReference"], row["email"]) == ('\'=HYPERLINK("x")', "'+jané@example.com")
    assert row["description"] == 'a "quoted",\nline'
    assert dict(zip(head, second, strict=True))["amount"] == "4900"
    queries = [query for _, query, _, _ in owned.owners.asked_for(transaction.LIST_TRANSACTIONS)]
    assert [(query.q, query.limit, query.cursor) for query in queries] == [("x", 100, None), ("x", 100, "more")]
    assert {query.created_from.isoformat() for query in queries} == {"2026-01-01T00:00:00+00:00"}


async def test_a_file_ends_at_its_limit_and_says_so(owned: Api) -> None:
    visits = await at_work(owned)
    owned.owners.answers[transaction.LIST_TRANSACTIONS.subject] = lambda _: TransactionPage(
        transactions=(a_payment(),) * 4_000, total=10_000, total_capped=True, page=1, limit=100, next_cursor="more"
    )
    rows = rows_of(await visits.get("/payments.csv", **{"accept-language": "de"}))
    assert len(rows) == 1 + ROWS_MAX + 1
    assert rows[-1] == [f"Nur die ersten {ROWS_MAX} Zeilen. Grenzen Sie die Filter ein, um die übrigen zu erhalten."]


async def test_a_file_that_breaks_off_says_so_and_a_refusal_is_a_page(owned: Api) -> None:
    visits = await at_work(owned)
    more = TransactionPage(transactions=(a_payment(),), total=2, page=1, limit=100, next_cursor="more")
    answers = iter([more])
    owned.owners.answers[transaction.LIST_TRANSACTIONS.subject] = lambda _: next(answers)
    rows = rows_of(await visits.get("/payments.csv"))
    assert rows[-1] == ["The file is not complete: the list could not be read to its end."]

    owned.owners.answers.pop(transaction.LIST_TRANSACTIONS.subject)
    answer = await visits.get("/payments.csv")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert (await visits.get("/cases.csv")).status_code == 404
    assert (await Visits(owned).get("/payments.csv")).status_code == 303


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        (" =1", " '=1"),
        ("\t=1", "\t'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("x;=1", "x;'=1"),
        ("x\t@1", "x\t'@1"),
        ("x\n =1", "x\n '=1"),
        ("a-b = c, d", "a-b = c, d"),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    assert cell_of({"description": text}, "description") == cell


async def test_cases_of_no_payment_are_not_shown(owned: Api) -> None:
    visits = await at_work(owned)
    owned.owners.answers[case.LIST_CASES.subject] = lambda _: CasePage(cases=(), total=0, page=1, limit=50)
    assert "<h2>Cases</h2>" not in (await visits.get(f"/payments/{ID}")).text
