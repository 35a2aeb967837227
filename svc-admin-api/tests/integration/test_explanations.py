"""Explanations over HTTP and as pages; the owners behind the API answer from memory."""

from dataclasses import replace
from typing import Any

import pytest
from admin_world import Api
from console_visits import Visits, member, operator, texts
from events_world import MemoryLog, an_event, events_over
from explained_order import (
    DECLINED,
    ORDER,
    REFUSED,
    SECOND_REQUEST,
    a_declined_payment,
    a_failing_notification,
    after,
    an_order,
    answer_in,
)
from markupsafe import escape
from owned_objects import a_transaction
from traced import TRACE, a_payment_traced

from gateway_contracts.errors import NotFound
from gateway_contracts.requests import ipn, trail, transaction
from gateway_contracts.requests.ipn import Attempt
from gateway_contracts.requests.transaction import TransactionPage

pytestmark = pytest.mark.integration

DECLINED_TEXT = (
    "The payment failed (declined): The customer's account has not enough money (CARD_DECLINED, insufficient_funds)."
)


@pytest.fixture
def explained(owned: Api) -> Api:
    """Owners with an order that failed in three ways."""
    answer_in(owned.owners.answers)
    return owned


async def test_the_reasons_and_the_tree(explained: Api) -> None:
    key = await explained.key(await explained.organization(), "transaction:read")

    answer = await explained.ask("GET", f"/explanations/{DECLINED}", key)

    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["reasons"][1] == DECLINED_TEXT
    assert (len(body["reasons"]), body["transactionIds"], body["checkoutId"]) == (3, [REFUSED, DECLINED], ORDER)
    assert (body["unavailable"], body["isComplete"]) == ([], True)
    causes = {step["id"]: step["cause"] for step in body["steps"]}
    assert causes["notification:d1"] == f"event:{DECLINED}:2"
    assert [step["id"] for step in body["steps"] if step["causeLost"]] == []


async def test_it_needs_the_scope_of_payments_and_nothing_else(explained: Api) -> None:
    organization_id = await explained.organization()
    key = await explained.key(organization_id, "invoice:read")
    assert (await explained.ask("GET", f"/explanations/{DECLINED}", key)).json()["code"] == "MISSING_SCOPE"
    assert explained.owners.asked_for(trail.GET_TRAIL) == []


@pytest.mark.parametrize("identifier", ["req_" + "x" * 130, "a%20b", "%3Cb%3E"])
async def test_an_id_that_cannot_be_one_is_refused_at_its_field(explained: Api, identifier: str) -> None:
    key = await explained.key(await explained.organization())
    answer = await explained.ask("GET", f"/explanations/{identifier}", key)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")
    assert [detail["field"] for detail in answer.json()["details"]] == ["subject_id"]


async def test_while_the_bus_is_down_payments_are_explained_and_requests_are_not(explained: Api) -> None:
    key = await explained.key(await explained.organization())
    assert (await explained.ask("GET", f"/explanations/{DECLINED}", key)).status_code == 200
    answer = await explained.ask("GET", "/explanations/req_1", key)
    assert (answer.status_code, answer.json()["code"]) == (503, "BROKER_UNAVAILABLE")


async def visit(api: Api, role: str = "viewer") -> Visits:
    return await member(api, await api.organization(), role)


@pytest.mark.parametrize("role", ["viewer", "support", "admin"])
async def test_the_page_says_why(explained: Api, role: str) -> None:
    visits = await visit(explained, role)
    page = await visits.get(f"/why/{DECLINED}")
    assert page.status_code == 200
    assert str(escape(DECLINED_TEXT)) in texts(page)
    assert "last answer of shop.example: HTTP 500. Attempts: 2" in texts(page)
    assert "style=" not in page.text
    assert f'href="/payments/{REFUSED}"' in page.text


async def test_a_notification_that_was_sent_again_is_said_to_be_repaired(explained: Api) -> None:
    paid = a_declined_payment().model_copy(update={"status": "succeeded", "failure": None, "changes": ()})
    failed = a_failing_notification()
    received = Attempt(at=after(200), http_status=200, duration_ms=80)
    repaired = failed.model_copy(update={"state": "delivered", "attempts": (*failed.attempts, received)})
    explained.owners.answers[trail.GET_TRAIL.subject] = lambda _: an_order(paid)
    explained.owners.answers[ipn.LIST_DELIVERIES.subject] = lambda _: ipn.DeliveryPage(
        deliveries=(repaired,), total=1, page=1, limit=20
    )
    page = texts(await (await visit(explained)).get(f"/why/{DECLINED}"))
    for text in ("it was sent again and delivered:", "12:03:20", "accepted it when it was sent again. Attempts: 3."):
        assert text in page
    assert "Nothing failed." not in page


async def test_the_page_speaks_german(explained: Api) -> None:
    visits = await visit(explained)
    await visits.select(language="de")
    text = texts(await visits.get(f"/why/{DECLINED}"))
    assert "Die Zahlung schlug fehl (abgelehnt): Das Konto des Kunden ist nicht gedeckt (CARD_DECLINED" in text
    assert (
        "Mollie wurde gefragt: Zahlung anlegen. Es wurde abgelehnt: Der Zahlungsanbieter lehnte die Zahlung ab" in text
    )


async def test_the_question_leads_to_the_answer(explained: Api) -> None:
    visits = await visit(explained)
    assert (await visits.get("/why")).status_code == 200
    answer = await visits.get("/why?id=+req_1+")
    assert (answer.status_code, answer.headers["location"]) == (303, "/why/req_1")


def nothing(_: Any) -> Any:
    raise NotFound("no such transaction", code="TRANSACTION_NOT_FOUND")


@pytest.mark.parametrize("identifier", [DECLINED, "%3Cb%3E", "a%20b"])
async def test_an_unknown_id_is_said_at_its_field(explained: Api, identifier: str) -> None:
    explained.owners.answers[trail.GET_TRAIL.subject] = nothing
    page = await (await visit(explained)).get(f"/why/{identifier}")
    assert page.status_code == 404
    assert "Nothing that you may see in this mode has this id." in texts(page)
    assert "<b>" not in page.text


async def test_an_unknown_id_leads_to_the_search_of_payments_and_to_its_trace(explained: Api) -> None:
    explained.applications[0].state.deps = replace(explained.deps, events=events_over(MemoryLog()))
    organization_id = await explained.organization()
    member_sees = await (await member(explained, organization_id, "viewer")).get(f"/why/{TRACE}")
    visits = await operator(explained)
    await visits.select(organization=organization_id)
    operator_sees = await visits.get(f"/why/{TRACE}")
    for page, has_trace in ((member_sees, False), (operator_sees, True)):
        assert (page.status_code, f'href="/payments?q={TRACE}"' in page.text) == (404, True)
        assert (f'href="/traces/{TRACE}"' in page.text) is has_trace


async def test_a_reference_of_several_orders_leads_to_the_search(explained: Api) -> None:
    rows = tuple(
        a_transaction(id=number * 24, checkout_id=number * 24, external_reference="order-1") for number in "ab"
    )
    explained.owners.answers[transaction.LIST_TRANSACTIONS.subject] = lambda _: TransactionPage(
        transactions=rows, total=2, page=1, limit=50
    )
    visits = await visit(explained)
    answer = await visits.get("/why/order-1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/payments?q=order-1")


async def test_missing_parts_are_said(explained: Api) -> None:
    del explained.owners.answers[ipn.LIST_DELIVERIES.subject]
    page = await (await visit(explained)).get(f"/why/{DECLINED}")
    assert "Not available at the moment: notifications" in texts(page)


async def test_a_request_is_found_by_its_events(explained: Api) -> None:
    organization_id, log = await explained.organization(), MemoryLog()
    event = an_event("transaction.failed.v1", organization_id, livemode=False, correlationId=SECOND_REQUEST)
    log.publish({**event, "data": {**event["data"], "transactionId": DECLINED}})
    explained.applications[0].state.deps = replace(explained.deps, events=events_over(log))
    key = await explained.key(organization_id)

    answer = await explained.ask("GET", f"/explanations/{SECOND_REQUEST}", key)

    assert [step["id"] for step in answer.json()["steps"] if step["isSubject"]] == [f"request:{SECOND_REQUEST}"]
    stranger = await explained.key(await explained.organization("Other GmbH"))
    assert (await explained.ask("GET", f"/explanations/{SECOND_REQUEST}", stranger)).status_code == 404


async def test_spans_stand_below_their_steps_where_the_trace_is_kept(explained: Api) -> None:
    """Operators see them; members of an organization see neither spans nor traces."""
    log = MemoryLog()
    a_payment_traced(log)
    explained.applications[0].state.deps = replace(explained.deps, events=events_over(log))
    refused, declined = an_order().payments
    traces = (TRACE, TRACE, "c" * 32)
    changes = [
        entry.model_copy(update={"trace_id": trace}) for entry, trace in zip(declined.changes, traces, strict=True)
    ]
    traced = an_order(refused, declined.model_copy(update={"changes": tuple(changes)}))
    explained.owners.answers[trail.GET_TRAIL.subject] = lambda _: traced
    organization_id = await explained.organization()
    visits = await operator(explained)
    await visits.select(organization=organization_id)

    page = texts(await visits.get(f"/why/{DECLINED}"))
    seen_by_member = texts(await (await member(explained, organization_id, "admin")).get(f"/why/{DECLINED}"))

    for text in ("Spans: 2", "rpc.create", "ipn.send", "svc-ipn, 150 ms", "The trace is no longer kept."):
        assert text in page, text
    for text in ("Spans:", "rpc.create", "The trace is no longer kept."):
        assert text not in seen_by_member
