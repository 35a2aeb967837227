"""Refunds, disputes, cases and manual payments over HTTP; their owner answers from memory."""

from datetime import UTC, datetime
from typing import Any

import pytest
from admin_world import Api

from gateway_contracts.errors import Conflict
from gateway_contracts.requests import dispute, operation, refund
from gateway_contracts.requests.case import CaseRecord
from gateway_contracts.rpc import Empty

pytestmark = pytest.mark.integration

AT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ID, OTHER_ID = "65f0c0ffee65f0c0ffee65f0", "65f0c0ffee65f0c0ffee65f1"
REFUNDS = f"/transactions/{ID}/refunds"


def a_refund(request: Any) -> refund.RefundRecord:
    return refund.RefundRecord(
        id=getattr(request, "refund_id", OTHER_ID),
        transaction_id=ID,
        provider_id=OTHER_ID,
        provider_type="stripe",
        status="succeeded",
        amount=getattr(request, "amount", None) or 4900,
        currency="EUR",
        livemode=False,
        created_at=AT,
        updated_at=AT,
    )


@pytest.fixture
async def key(api: Api) -> str:
    return str(await api.key(await api.organization()))


async def test_a_refund_needs_a_key_and_is_made_once(api: Api, key: str) -> None:
    api.owners.answers[refund.CREATE_REFUND.subject] = a_refund
    body = {"amount": 1900, "reason": "damaged", "lines": [{"line": 0, "amount": 1900}]}
    without = await api.ask("POST", REFUNDS, key, body)
    assert (without.status_code, without.json()["code"]) == (400, "IDEMPOTENCY_KEY_REQUIRED")

    first = await api.ask("POST", REFUNDS, key, body, Idempotency_Key="r-1")
    again = await api.ask("POST", REFUNDS, key, body, Idempotency_Key="r-1")
    assert (first.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert first.content == again.content
    ((_, command, _, operation_id),) = api.owners.asked_for(refund.CREATE_REFUND)
    assert (command.amount, command.lines[0].amount, command.transaction_id) == (1900, 1900, ID)
    assert operation_id.startswith("op_")
    assert first.json()["id"] == command.refund_id


async def test_a_key_of_a_refund_outlives_its_answer(api: Api, key: str) -> None:
    """Answers are collected after days; the owner's operation of the refund stays the same permanently."""
    api.owners.answers[refund.CREATE_REFUND.subject] = a_refund
    body = {"amount": 1900, "reason": "damaged"}
    for _ in range(2):
        assert (await api.ask("POST", REFUNDS, key, body, Idempotency_Key="r-1")).status_code == 201
        assert (await api.db.idempotency.delete_many({})).deleted_count == 1

    first, later = api.owners.asked_for(refund.CREATE_REFUND)
    assert first[3] == later[3], "the owner recognizes it"
    assert first[1].refund_id != later[1].refund_id, "not by the id"


async def test_who_loses_gets_the_owners_conflict(api: Api, key: str) -> None:
    def refuse(_: Any) -> Any:
        raise Conflict("too much", code="REFUND_EXCEEDS_CAPTURED", refundable=100, captured=4900)

    api.owners.answers[refund.CREATE_REFUND.subject] = refuse
    answer = await api.ask("POST", REFUNDS, key, {"reason": "x"}, Idempotency_Key="r-1")
    assert (answer.status_code, answer.json()["code"], answer.json()["refundable"]) == (
        409,
        "REFUND_EXCEEDS_CAPTURED",
        100,
    )


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x", "amount": 0}, {"reason": "x", "more": 1}])
async def test_malformed_refunds(api: Api, key: str, body: dict[str, Any]) -> None:
    assert (await api.ask("POST", REFUNDS, key, body, Idempotency_Key="r-1")).status_code == 422


@pytest.mark.parametrize("absent", [{}, {"amount": None, "lines": None}, {"amount": "", "lines": []}])
async def test_without_an_amount_all_that_is_left_goes_back(api: Api, key: str, absent: dict[str, Any]) -> None:
    api.owners.answers[refund.CREATE_REFUND.subject] = a_refund
    answer = await api.ask("POST", REFUNDS, key, {"reason": "damaged", **absent}, Idempotency_Key="r-1")

    assert answer.status_code == 201
    ((_, command, _, _),) = api.owners.asked_for(refund.CREATE_REFUND)
    assert (command.amount, command.lines) == (None, ())


async def test_refunds_are_listed_read_and_settled(api: Api, key: str) -> None:
    api.owners.answers |= {
        refund.LIST_REFUNDS.subject: lambda request: refund.RefundList(refunds=(a_refund(request),)),
        refund.GET_REFUND.subject: a_refund,
        refund.SETTLE_REFUND.subject: a_refund,
    }
    assert [row["id"] for row in (await api.ask("GET", REFUNDS, key)).json()["refunds"]] == [OTHER_ID]
    assert (await api.ask("GET", f"{REFUNDS}/{OTHER_ID}", key)).json()["status"] == "succeeded"
    settled = await api.ask("POST", f"{REFUNDS}/{OTHER_ID}/settle", key, {"outcome": "succeeded"})
    assert settled.status_code == 200
    command = api.owners.asked_for(refund.SETTLE_REFUND)[0][1]
    assert (command.outcome, command.refund_id, command.dispatch_ipn) == ("succeeded", OTHER_ID, False)


@pytest.mark.parametrize("amount_format", ["minor", "hundredths"])
async def test_a_manual_payment_is_written_as_its_site_writes_amounts(api: Api, key: str, amount_format: str) -> None:
    api.owners.answers[operation.CREATE_MANUAL.subject] = lambda request: a_refund(request)
    site = await api.site(key, settings={"amountFormat": amount_format})
    paid = {"amount": 100_000, "currency": "JPY", "receivedAt": "2026-01-31T12:00:00Z", "externalReference": "o-1"}

    answer = await api.ask("POST", "/transactions/manual", key, {**paid, "siteId": site["id"]})

    assert answer.status_code == 201, answer.text
    command = api.owners.asked_for(operation.CREATE_MANUAL)[0][1]
    assert (command.amount, command.amount_format) == (100_000, amount_format)
    unknown = await api.ask("POST", "/transactions/manual", key, {**paid, "siteId": OTHER_ID})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "SITE_NOT_FOUND")


async def test_a_dispute_is_changed_by_hand(api: Api, key: str) -> None:
    record = dispute.DisputeRecord(
        id=OTHER_ID,
        transaction_id=ID,
        provider_id=OTHER_ID,
        provider_type="stripe",
        kind="chargeback",
        status="lost",
        amount=4900,
        currency="EUR",
        livemode=False,
        funds_withdrawn=True,
        opened_at=AT,
        updated_at=AT,
    )
    api.owners.answers |= {
        dispute.UPDATE_DISPUTE.subject: lambda _: record,
        dispute.LIST_DISPUTES.subject: lambda _: dispute.DisputeList(disputes=(record,)),
    }
    path = f"/transactions/{ID}/chargeback/{OTHER_ID}"
    assert (await api.ask("PATCH", path, key, {"status": "lost"})).json()["status"] == "lost"
    assert api.owners.asked_for(dispute.UPDATE_DISPUTE)[0][1].dispatch_ipn is False
    assert (await api.ask("PATCH", path, key, {"status": "nonsense"})).status_code == 422
    assert len((await api.ask("GET", f"/transactions/{ID}/chargebacks", key)).json()["chargebacks"]) == 1


async def test_customer_holds(api: Api, key: str) -> None:
    hold = dispute.HoldRecord(
        id=OTHER_ID,
        action="block_all",
        reason="lost_dispute",
        transaction_id=ID,
        dispute_id=ID,
        active=True,
        created_at=AT,
    )
    api.owners.answers |= {
        dispute.LIST_HOLDS.subject: lambda _: dispute.HoldList(holds=(hold,)),
        dispute.RELEASE_HOLD.subject: lambda _: hold.model_copy(update={"active": False}),
    }
    listed = await api.ask("GET", "/customer-holds?email=a%40example.com&withReleased=true", key)
    assert listed.json()["holds"][0]["action"] == "block_all"
    assert api.owners.asked_for(dispute.LIST_HOLDS)[0][1].with_released is True
    assert (await api.ask("POST", f"/customer-holds/{OTHER_ID}/release", key)).json()["active"] is False


@pytest.mark.parametrize("resolution", ["accept", "refund", "dismiss"])
async def test_cases_are_decided(api: Api, key: str, resolution: str) -> None:
    api.owners.answers[operation.RESOLVE_CASE.subject] = lambda request: CaseRecord(
        id=request.case_id,
        kind="late_payment",
        status="accepted",
        provider_id=OTHER_ID,
        provider_type="stripe",
        created_at=AT,
    )
    answer = await api.ask("POST", f"/cases/{ID}/{resolution}", key, {})
    assert answer.status_code == 200
    command = api.owners.asked_for(operation.RESOLVE_CASE)[0][1]
    assert (command.resolution, command.dispatch_ipn, len(command.refund_id)) == (resolution, True, 24)


async def test_deleting_needs_an_admin(api: Api) -> None:
    organization = await api.organization()
    api.owners.answers[operation.DELETE_TRANSACTION.subject] = lambda _: Empty()
    support = await api.key(organization, role="support")
    assert (await api.ask("DELETE", f"/transactions/{ID}", support)).status_code == 403
    assert (await api.ask("DELETE", f"/transactions/{ID}", await api.key(organization))).status_code == 204
