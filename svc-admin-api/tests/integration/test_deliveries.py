"""Notifications over HTTP; their owner answers from memory."""

from typing import Any

import pytest
from admin_world import Api, a_delivery

from gateway_contracts.errors import Conflict
from gateway_contracts.requests.ipn import LIST_DELIVERIES, RESEND, SIGN, DeliveryPage, DeliveryRecord, SignedDelivery

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


async def test_notifications_are_listed_by_state_site_receiver_and_time(api: Api, key: str) -> None:
    class Asked:
        delivery_id = DELIVERY

    row = a_delivery(Asked)
    api.owners.answers[LIST_DELIVERIES.subject] = lambda _: DeliveryPage(
        deliveries=(row,), total=12, page=1, limit=1, next_cursor="next"
    )
    site = "65f0c0ffee65f0c0ffee65f0"
    filters = f"state=exhausted&siteId={site}&receiver=shop.example&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z"

    answer = await api.ask("GET", f"/ipn/deliveries?{filters}&limit=1&cursor=before", key)

    body = answer.json()
    assert (answer.status_code, body["total"], body["nextCursor"]) == (200, 12, "next")
    assert [DeliveryRecord.model_validate(one) for one in body["deliveries"]] == [row]
    ((_, request, _, _),) = api.owners.asked_for(LIST_DELIVERIES)
    assert (request.state, request.site_id, request.receiver) == ("exhausted", site, "shop.example")
    assert (request.created_from.month, request.created_to.month, request.cursor) == (1, 2, "before")


async def test_an_unknown_state_is_no_empty_list(api: Api, key: str) -> None:
    answer = await api.ask("GET", "/ipn/deliveries?state=failed", key)

    assert (answer.status_code, answer.json()["details"][0]["field"]) == (422, "state")
    assert api.owners.asked_for(LIST_DELIVERIES) == []
