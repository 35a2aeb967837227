"""Notifications over HTTP; their owner answers from memory."""

from typing import Any

import pytest
from admin_world import Api, a_delivery

from gateway_contracts.errors import Conflict
from gateway_contracts.requests.ipn import RESEND, SIGN, DeliveryRecord, SignedDelivery

pytestmark = pytest.mark.integration

DELIVERY = "dlv_01a22b098bc173aba37951c0ffee65f0"
PATH = f"/ipn/deliveries/{DELIVERY}/resend"


@pytest.fixture
async def key(api: Api) -> str:
    return str(await api.key(await api.organization()))


async def test_a_notification_is_sent_again_once_for_each_key(api: Api, key: str) -> None:
    api.owners.answers[RESEND.subject] = a_delivery

    first, again = [await api.ask("POST", PATH, key, Idempotency_Key="i-1") for _ in range(2)]

    assert (first.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert first.content == again.content
    assert (first.json()["id"], first.json()["state"]) == (DELIVERY, "waiting")
    ((_, request, actor, operation_id),) = api.owners.asked_for(RESEND)
    assert (request.delivery_id, actor.livemode) == (DELIVERY, False)
    assert operation_id.startswith("op_")
    listed = (await api.ask("GET", f"/audit?objectId={DELIVERY}", key)).json()
    assert [row["action"] for row in listed["entries"]] == ["ipn_delivery.resend"]


async def test_a_notification_is_signed_and_that_is_audited(api: Api, key: str) -> None:
    signed = SignedDelivery(delivery_id=DELIVERY, body='{"id":"1"}', headers={"X-Signature-Timestamp": "1"})
    api.owners.answers[SIGN.subject] = lambda _: signed

    answer = await api.ask("POST", f"/ipn/deliveries/{DELIVERY}/sign", key)
    reader = await api.key(await api.organization("Other"), "transaction:read")
    refused = await api.ask("POST", f"/ipn/deliveries/{DELIVERY}/sign", reader)

    assert (answer.status_code, answer.json()) == (200, signed.wire())
    assert (refused.status_code, refused.json()["code"]) == (403, "MISSING_SCOPE")
    listed = (await api.ask("GET", f"/audit?objectId={DELIVERY}", key)).json()
    assert [row["action"] for row in listed["entries"]] == ["ipn_delivery.sign"]


async def test_what_the_owner_refuses_is_refused_here(api: Api, key: str) -> None:
    def busy(_: Any) -> DeliveryRecord:
        raise Conflict("another notification of this checkout is on its way", code="DELIVERY_IN_PROGRESS")

    api.owners.answers[RESEND.subject] = busy

    answer = await api.ask("POST", PATH, key)

    assert (answer.status_code, answer.json()["code"]) == (409, "DELIVERY_IN_PROGRESS")


@pytest.mark.parametrize("identifier", ["x" * 65, "dlv_%00", "dlv-1", "%F0%9F%92%B6"])
async def test_a_malformed_id_is_of_no_notification(api: Api, key: str, identifier: str) -> None:
    answer = await api.ask("POST", f"/ipn/deliveries/{identifier}/resend", key)

    assert (answer.status_code, answer.json()["code"]) == (404, "DELIVERY_NOT_FOUND")
    assert api.owners.asked_for(RESEND) == []
