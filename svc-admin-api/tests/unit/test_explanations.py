"""Explanations: the reasons of a failed payment, in words, and what they followed from."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest
from events_world import ORGANIZATION, OTHER, MemoryLog, an_event, events_over
from explained_order import (
    DECLINED,
    FIRST_REQUEST,
    ORDER,
    REFUSED,
    SECOND_REQUEST,
    WEBHOOK,
    a_declined_payment,
    a_failing_notification,
    after,
    an_entry,
    an_order,
    answer_in,
    no_such,
    trail_of,
)
from owned_objects import a_transaction

from admin_api.events.domain.public_event import PublicEvent, read_event
from admin_api.explanations.domain.effect_steps import document_steps, notification_steps
from admin_api.explanations.domain.failure_words import failure_words
from admin_api.explanations.domain.payment_steps import order_steps
from admin_api.explanations.domain.sentences import SENTENCES, sentence_of
from admin_api.explanations.domain.step import Step
from admin_api.explanations.use_cases import explain as explaining
from admin_api.explanations.use_cases import find_payment as finding
from admin_api.explanations.use_cases.explain import Explanation, explain
from gateway_contracts.actor import Actor
from gateway_contracts.clock import SystemClock
from gateway_contracts.errors import Conflict, NotFound, Transient
from gateway_contracts.ids import new_event_id
from gateway_contracts.requests import invoice, ipn, trail, transaction
from gateway_contracts.requests.invoice import InvoiceRecord
from gateway_contracts.requests.trail import (
    CallTrail,
    CaseTrail,
    DisputeTrail,
    PaymentTrail,
    RefundTrail,
    ReportTrail,
)
from gateway_contracts.requests.transaction import Failure, TransactionPage
from gateway_contracts.rpc import Rpc
from gateway_kit.nats.stream_reader import StreamHead
from gateway_testkit.waiting import eventually

TRACE = "7a" * 16
OLD_EVENT = "00000000-0001-7000-8000-000000000000"
"""Its id is of 1970, so that streams are searched from their beginning."""
ACTOR = Actor(kind="api_key", organization_id=ORGANIZATION, subject_id="k" * 24, scopes=("transaction:read",))


NEEDED = {
    ipn.LIST_DELIVERIES.subject: "transaction:read",
    invoice.LIST_INVOICES.subject: "invoice:read",
    invoice.LIST_CREDIT_NOTES.subject: "credit_note:read",
    trail.GET_TRAIL.subject: "transaction:read",
    ipn.GET_DELIVERY.subject: "transaction:read",
    invoice.GET_INVOICE.subject: "invoice:read",
    invoice.GET_CREDIT_NOTE.subject: "credit_note:read",
    transaction.LIST_TRANSACTIONS.subject: "transaction:read",
}


class Owners:
    """The services that know parts of the order; they check what the caller may read."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[Any], Any]] = {}
        answer_in(self.answers)

    async def call(self, method: Any, request: Any, *, actor: Actor, **_: Any) -> Any:
        actor.require(NEEDED[method.subject])
        if method.subject not in self.answers:
            raise Transient("the service does not answer", code="SERVICE_UNAVAILABLE")
        return self.answers[method.subject](request)


@pytest.fixture
def owners() -> Owners:
    return Owners()


async def explained(owners: Owners, identifier: str = DECLINED, log: MemoryLog | None = None) -> Explanation:
    return await explain(identifier, actor=ACTOR, rpc=cast(Rpc, owners), events=events_over(log or MemoryLog()))


def tree(explanation: Explanation) -> list[str]:
    return [f"{'  ' * node.depth}{node.step.id}" for node in explanation.nodes]


async def test_a_payment_that_failed_in_three_ways_is_explained_in_words(owners: Owners) -> None:
    reasons = [sentence_of(step) for step in (await explained(owners)).reasons]

    assert reasons == [
        "Mollie was asked to make the payment. It refused: The payment provider refused the payment "
        "(CURRENCY_UNSUPPORTED).",
        "The payment failed (declined): The customer's account has not enough money "
        "(CARD_DECLINED, insufficient_funds).",
        "The notification of “failed” failed; last answer of shop.example: HTTP 500. Attempts: 2; it is tried again.",
    ]


@pytest.mark.parametrize(
    ("code", "provider_code", "words"),
    [
        ("PAYMENT_DECLINED", "generic_decline", "The customer's bank refused and gave no reason"),
        ("CARD_EXPIRED", "expired_card", "The card has expired"),
        ("NEW_CODE", None, "Said otherwise"),
    ],
)
def test_a_failure_has_words_of_its_providers_code_or_of_ours(code: str, provider_code: str | None, words: str) -> None:
    said = failure_words(code, provider_code, "Said otherwise.")
    assert said.startswith(words)
    assert not said.endswith(".")


async def test_everything_stands_below_its_cause(owners: Owners) -> None:
    assert tree(await explained(owners)) == [
        f"order:{ORDER}",
        f"  request:{FIRST_REQUEST}",
        f"    change:{REFUSED}:0",
        "      call:op_1",
        f"        change:{REFUSED}:1",
        f"          event:{REFUSED}:1",
        f"      event:{REFUSED}:0",
        f"  request:{SECOND_REQUEST}",
        f"    change:{DECLINED}:0",
        "      call:op_2",
        f"        change:{DECLINED}:1",
        f"          event:{DECLINED}:1",
        f"        webhook:{WEBHOOK}",
        f"          change:{DECLINED}:2",
        f"            event:{DECLINED}:2",
        "              notification:d1",
        "                attempt:d1:0",
        "                attempt:d1:1",
        f"      event:{DECLINED}:0",
    ]


async def test_secrets_of_an_address_are_not_shown(owners: Owners) -> None:
    explanation = await explained(owners)
    assert "secret" not in " ".join(map(str, explanation.nodes))


async def test_parts_whose_service_does_not_answer_are_named(owners: Owners) -> None:
    del owners.answers[ipn.LIST_DELIVERIES.subject]
    explanation = await explained(owners)
    assert explanation.unavailable == ("notifications",)
    assert len(explanation.reasons) == 2


async def test_without_its_owner_there_is_no_explanation(owners: Owners) -> None:
    del owners.answers[trail.GET_TRAIL.subject]
    with pytest.raises(Transient):
        await explained(owners)


async def test_too_many_steps_lose_none_of_the_reasons(owners: Owners, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "STEPS_MAX", 4)
    explanation = await explained(owners)
    assert len(explanation.nodes) == 4
    assert len(explanation.reasons) == 3
    assert not explanation.is_complete


async def asked_for(owners: Owners, identifier: str, log: MemoryLog) -> str:
    """The id by which the owner found the order."""
    asked: list[str] = []

    def answer(request: Any) -> Any:
        found = trail_of(request)
        asked.append(request.id)
        return found

    owners.answers[trail.GET_TRAIL.subject] = answer
    explanation = await explained(owners, identifier, log)
    assert explanation.id == identifier
    return asked[0]


def about(kind: str, organization_id: str = ORGANIZATION, **changes: Any) -> dict[str, Any]:
    """An event about the declined payment."""
    event = an_event(kind, organization_id, livemode=False, **changes)
    return {**event, "data": {**event["data"], "transactionId": DECLINED}}


async def test_an_event_leads_to_its_payment(owners: Owners) -> None:
    # Its id says when it was made.
    log = MemoryLog(now=SystemClock().now())
    log.publish(about("ipn.delivered.v1"))
    event = about("ipn.delivered.v1")
    log.publish(event)
    assert await asked_for(owners, event["id"], log) == DECLINED


async def test_a_notification_leads_to_the_payment_of_its_event(owners: Owners) -> None:
    log = MemoryLog(now=SystemClock().now())
    event = about("transaction.failed.v1")
    log.publish(event)
    assert await asked_for(owners, ipn.delivery_id_of(event["id"]), log) == DECLINED


def found_by_search(owners: Owners, *payments: dict[str, Any], following: str | None = None) -> None:
    rows = tuple(a_transaction(**payment) for payment in payments)
    page = TransactionPage(transactions=rows, total=len(rows), page=1, limit=50, next_cursor=following)
    owners.answers[transaction.LIST_TRANSACTIONS.subject] = lambda _: page


async def test_a_stored_notification_leads_to_its_payment(owners: Owners) -> None:
    """Also where its event is not kept any more."""
    identifier = ipn.delivery_id_of(new_event_id())
    owners.answers[ipn.GET_DELIVERY.subject] = lambda _: a_failing_notification()
    assert await asked_for(owners, identifier, MemoryLog()) == DECLINED
    del owners.answers[ipn.GET_DELIVERY.subject]
    with pytest.raises(NotFound, match="no known event"):
        await explained(owners, identifier)


@pytest.mark.parametrize("method", [invoice.GET_INVOICE, invoice.GET_CREDIT_NOTE])
async def test_a_document_leads_to_its_payment(owners: Owners, method: Any) -> None:
    document = "65f0c0ffee65f0c0ffee65ff"
    for transaction_id in (DECLINED, None):
        kept: Any = type("Document", (), {"transaction_id": transaction_id})
        owners.answers[method.subject] = partial(lambda kept, _: kept, kept)
        if transaction_id is not None:
            assert await asked_for(owners, document, MemoryLog()) == DECLINED
        else:
            with pytest.raises(NotFound, match="no payment"):
                await explained(owners, document)
    owners.answers[method.subject] = no_such
    with pytest.raises(NotFound, match="no payment"):
        await explained(owners, document)


async def test_a_call_to_a_provider_is_found_by_its_owner_and_marked(owners: Owners) -> None:
    assert (await explained(owners, "op_2")).subject_steps == {"call:op_2"}


async def test_a_trace_leads_to_its_payment_and_marks_its_steps(owners: Owners) -> None:
    payment = a_declined_payment()
    changes = (payment.changes[0].model_copy(update={"trace_id": TRACE}), *payment.changes[1:])
    owners.answers[trail.GET_TRAIL.subject] = lambda _: an_order(payment.model_copy(update={"changes": changes}))
    found_by_search(owners, {"trace_id": TRACE, "checkout_id": ORDER})
    marked = (await explained(owners, TRACE)).subject_steps
    assert marked == {f"change:{DECLINED}:0", f"request:{SECOND_REQUEST}"}


@pytest.mark.parametrize("identifier", ["evt_1", "evt_1:0"])
async def test_a_report_that_was_set_aside_is_found_by_its_webhook_and_its_row(owners: Owners, identifier: str) -> None:
    report = ReportTrail(id="evt_1:0", state="set_aside", event_id="evt_1", created_at=after(80))
    payment = a_declined_payment().model_copy(update={"reports": (report,)})
    owners.answers[trail.GET_TRAIL.subject] = lambda _: an_order(payment)
    assert (await explained(owners, identifier)).subject_steps == {"report:evt_1:0"}


@pytest.mark.parametrize("name", ["external_reference", "invoice_number", "provider_payment_id"])
async def test_a_name_of_one_order_leads_to_it(owners: Owners, name: str) -> None:
    # The search also finds an amount.
    found_by_search(owners, {name: "4900", "checkout_id": ORDER}, {"checkout_id": "f" * 24})
    assert await asked_for(owners, "4900", MemoryLog()) == ORDER


@pytest.mark.parametrize(("orders", "following"), [((ORDER, "f" * 24), None), ((ORDER,), "more")])
async def test_a_reference_of_several_orders_is_not_explained(
    owners: Owners, orders: tuple[str, ...], following: str | None
) -> None:
    rows = ({"external_reference": "order-1", "checkout_id": order} for order in orders)
    found_by_search(owners, *rows, following=following)
    with pytest.raises(Conflict, match="several orders"):
        await explained(owners, "order-1")


@pytest.mark.parametrize("kind", ["transaction.failed.v1", "ipn.exhausted.v1", "invoice.issued.v1"])
async def test_a_request_leads_to_the_payment_of_its_events(owners: Owners, kind: str) -> None:
    log = MemoryLog()
    for _ in range(3):
        log.publish(an_event(kind, livemode=False))
    log.publish(about(kind, correlationId=SECOND_REQUEST))
    assert await asked_for(owners, SECOND_REQUEST, log) == DECLINED


async def test_steps_of_the_request_that_was_asked_for_are_marked(owners: Owners) -> None:
    log = MemoryLog()
    log.publish(about("transaction.failed.v1", correlationId=SECOND_REQUEST))
    explanation = await explained(owners, SECOND_REQUEST, log)
    assert explanation.subject_steps == {f"request:{SECOND_REQUEST}"}


async def test_the_step_of_the_event_that_was_asked_for_is_marked(owners: Owners) -> None:
    log = MemoryLog(now=SystemClock().now())
    event = about("transaction.failed.v1", entityId=DECLINED, time=after(75).isoformat())
    log.publish(event)
    assert (await explained(owners, event["id"], log)).subject_steps == {f"event:{DECLINED}:2"}


@pytest.mark.parametrize(("organization_id", "livemode"), [(OTHER, False), (ORGANIZATION, True)])
async def test_events_of_others_lead_nowhere(owners: Owners, organization_id: str, livemode: bool) -> None:
    log = MemoryLog(now=SystemClock().now())
    event = {**about("ipn.delivered.v1", organization_id), "livemode": livemode}
    log.publish(event)
    for identifier in (event["id"], event["correlationId"]):
        with pytest.raises(NotFound, match="no known event"):
            await explained(owners, identifier, log)


async def test_unknown_ids_are_not_found(owners: Owners) -> None:
    for identifier in (new_event_id(), "req_unknown", "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound):
            await explained(owners, identifier)


async def test_a_request_is_searched_within_a_limit(owners: Owners, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("LATEST", 20), ("BATCH", 5), ("BATCHES_MAX", 4)):
        monkeypatch.setattr(finding, name, value)
    log = MemoryLog()
    log.publish(about("transaction.failed.v1", correlationId="req_old"))
    for _ in range(30):
        log.publish(an_event("transaction.failed.v1", livemode=False))
    with pytest.raises(NotFound):
        await explained(owners, "req_old", log)
    assert log.given <= 20


@pytest.fixture
def read_in_full(monkeypatch: pytest.MonkeyPatch) -> list[PublicEvent]:
    """The events that searches read in full."""
    read: list[PublicEvent] = []

    def reading(body: bytes) -> PublicEvent:
        read.append(read_event(body))
        return read[-1]

    monkeypatch.setattr(finding, "read_event", reading)
    return read


@pytest.mark.parametrize("identifier", [OLD_EVENT, "req_unknown", ORGANIZATION[:23], "EUR", "data", "ipn.delivered.v1"])
async def test_a_search_reads_no_event_in_full_that_lacks_the_id(
    owners: Owners, read_in_full: list[PublicEvent], identifier: str
) -> None:
    # Some of these texts are in every message, as another field.
    log = MemoryLog()
    for kind in ("transaction.failed.v1", "ipn.delivered.v1", "invoice.issued.v1"):
        log.publish(about(kind))
    with pytest.raises(NotFound):
        await explained(owners, identifier, log)
    assert (log.given, read_in_full) == (3, [])


async def test_a_search_reads_few_of_the_events_that_have_the_id(
    owners: Owners, monkeypatch: pytest.MonkeyPatch, read_in_full: list[PublicEvent]
) -> None:
    monkeypatch.setattr(finding, "READ_MAX", 3)
    log = MemoryLog()
    for _ in range(10):
        log.publish({**about("transaction.failed.v1", correlationId="req_1"), "livemode": True})
    with pytest.raises(NotFound):
        await explained(owners, "req_1", log)
    assert len(read_in_full) == 3


class Held(MemoryLog):
    """Streams that answer only after `go`."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.go = asyncio.Event()

    async def head(self, stream: str, *, max_age_s: float = 0.0) -> StreamHead:
        self.asked.append(stream)
        await self.go.wait()
        return await super().head(stream)


async def test_an_organization_searches_for_one_id_at_a_time(owners: Owners, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Held()
    events = events_over(log)

    async def search(identifier: str, organization_id: str = ORGANIZATION) -> Explanation:
        actor = ACTOR.model_copy(update={"organization_id": organization_id})
        return await explain(identifier, actor=actor, rpc=cast(Rpc, owners), events=events)

    first, second = (asyncio.create_task(search(f"req_{number}")) for number in range(2))
    await eventually(lambda: events.searches.waiting == 1)
    assert len(log.asked) == 3
    assert (await search(DECLINED)).id == DECLINED  # needs no search
    monkeypatch.setattr(finding, "WAIT_S", 0.0)
    with pytest.raises(Transient) as busy:
        await search("req_2")
    assert busy.value.code == "OVERLOADED"
    other = asyncio.create_task(search("req_0", OTHER))
    await eventually(lambda: len(log.asked) == 6)
    log.go.set()
    for task in (first, second, other):
        with pytest.raises(NotFound):
            await task
    assert (events.searches.in_use, len(log.asked)) == (0, 9)


def a_paid_payment() -> PaymentTrail:
    """Paid, refunded in part, contested, with a case."""
    paid = a_declined_payment()
    webhook = {"source": "provider", "event_id": WEBHOOK, "correlation_id": WEBHOOK}
    api = {"source": "api", "correlation_id": "req_3"}
    return paid.model_copy(
        update={
            "status": "succeeded",
            "failure": None,
            "changes": (
                *paid.changes[:2],
                an_entry(75, "capture_confirmed", "pending_provider", "succeeded", **webhook),
                an_entry(90, "refund_requested", "succeeded", "succeeded", effect="recorded", **api),
                an_entry(95, "capture_mismatch", "succeeded", "succeeded", effect="case", source="provider"),
            ),
            "calls": (
                *paid.calls,
                CallTrail(id="op_3", kind="refund", state="refused", refund_id="r1", created_at=after(90)),
                CallTrail(id="op_4", kind="refund_case", state="intent", case_id="c1", created_at=after(96)),
                CallTrail(id="op_5", kind="ask", state="abandoned", created_at=after(75)),
            ),
            "refunds": (
                RefundTrail(
                    id="r1",
                    status="failed",
                    failure=Failure(code="BALANCE_TOO_LOW", message="Not enough money."),
                    created_at=after(90),
                    updated_at=after(92),
                ),
            ),
            "disputes": (DisputeTrail(id="x1", kind="chargeback", status="lost", opened_at=after(100)),),
            "cases": (CaseTrail(id="c1", kind="amount_mismatch", status="open", created_at=after(95)),),
        }
    )


def causes(steps: list[Step]) -> dict[str, str | None]:
    return {step.id: step.cause for step in steps}


def test_what_follows_a_payment_stands_below_what_was_stored_with_it() -> None:
    found = causes(list(order_steps(an_order(a_paid_payment()))))
    assert found["request:req_3"] == f"order:{ORDER}"
    assert found[f"change:{DECLINED}:3"] == "request:req_3"
    assert found["refund:r1"] == f"change:{DECLINED}:3"
    assert found["call:op_3"] == "refund:r1"
    assert found["case:c1"] == f"change:{DECLINED}:4"
    assert found["call:op_4"] == "case:c1"
    assert found["call:op_5"] == f"change:{DECLINED}:2"
    assert found["dispute:x1"] == f"change:{DECLINED}:0"


def test_each_failure_has_one_reason() -> None:
    steps = order_steps(an_order(a_paid_payment()))
    assert {step.id for step in steps if step.is_reason} == {"refund:r1", "call:op_5", "dispute:x1"}


def test_a_try_that_failed_is_a_reason_also_where_another_one_paid() -> None:
    declined = an_entry(65, "failed_will_retry", "initiated", "initiated", effect="recorded", source="provider")
    tried = declined.model_copy(update={"failure": Failure(code="CARD_DECLINED", message="The card was declined.")})
    paid = a_paid_payment()
    steps = order_steps(an_order(paid.model_copy(update={"changes": (*paid.changes, tried)})))
    [step] = [step for step in steps if step.code == "change.tried"]
    assert step.is_reason
    assert sentence_of(step) == (
        "A try to pay failed: The card was declined (CARD_DECLINED). The payment stayed started."
    )


def test_every_step_has_a_sentence_without_gaps() -> None:
    payment = a_paid_payment()
    steps = [*order_steps(an_order(payment)), *document_steps(payment, [an_invoice(), an_invoice(status="draft")])]
    for step in steps:
        assert step.code in SENTENCES
        assert "–" not in sentence_of(step)


def an_invoice(**changes: Any) -> InvoiceRecord:
    values = {
        "id": "i1",
        "number": "INV-0001",
        "status": "issued",
        "state": "settled",
        "site_id": "s",
        "transaction_id": DECLINED,
        "checkout_id": ORDER,
        "livemode": False,
        "currency": "EUR",
        "net": 4118,
        "vat": 782,
        "total": 4900,
        "settled": 4900,
        "created_at": after(76),
        **changes,
    }
    return InvoiceRecord.model_validate(values)


def test_documents_follow_the_event_of_the_success() -> None:
    found = causes(list(document_steps(a_paid_payment(), [an_invoice()])))
    assert found == {"document:i1": f"event:{DECLINED}:2", "pdf:i1": "document:i1"}


def test_a_notification_whose_change_is_not_stored_any_more_names_no_step(owners: Owners) -> None:
    [delivery] = owners.answers[ipn.LIST_DELIVERIES.subject](type("Query", (), {"transaction_id": DECLINED})).deliveries
    payment = a_declined_payment()
    forgotten = payment.model_copy(update={"changes": payment.changes[:2]})
    step = next(iter(notification_steps(forgotten, [delivery])))
    assert step.cause not in causes(list(order_steps(an_order(forgotten))))


async def test_reports_that_are_not_applied_are_named_and_what_was_set_aside_is_a_reason(owners: Owners) -> None:
    def reports(*states: Any) -> tuple[ReportTrail, ...]:
        return tuple(
            ReportTrail(id=f"evt_{state}:0", state=state, event_id=f"evt_{state}", created_at=after(80))
            for state in states
        )

    payment = a_declined_payment().model_copy(update={"reports": reports("parked", "set_aside")})
    owners.answers[trail.GET_TRAIL.subject] = lambda _: an_order(payment)

    explanation = await explained(owners)

    found = {node.step.id: node for node in explanation.nodes}
    parked, given_up = found["report:evt_parked:0"].step, found["report:evt_set_aside:0"].step
    assert (parked.outcome, parked.is_reason, given_up.outcome, given_up.is_reason) == (
        "waiting",
        False,
        "failed",
        True,
    )
    assert found["report:evt_parked:0"].cause == "call:op_2"
    assert sentence_of(given_up).startswith("Stripe reported by webhook. The report could not be applied")
    assert given_up in explanation.reasons
