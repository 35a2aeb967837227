"""The simulator as GoCardless' own library sees it, and its webhooks as that library verifies them."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import gocardless_pro
import pytest
import requests
import uvicorn
from gocardless_pro import errors, webhooks

from gateway_embedded.servers.process import free_port
from gateway_simulators.gocardless.app import build_app
from gateway_simulators.gocardless.settings import Settings

pytestmark = pytest.mark.integration

Until = Callable[..., Any]
TOKEN = "sandbox_official_library"
SECRET = "secret-of-the-dashboard"


@pytest.fixture
def origin(until: Until) -> Iterator[str]:
    port = free_port()
    settings = Settings(port=port, retry_schedule_s=(0.05, 0.05, 0.05))
    server = uvicorn.Server(uvicorn.Config(build_app(settings), port=port, log_level="warning"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def client(origin: str) -> gocardless_pro.Client:
    return gocardless_pro.Client(access_token=TOKEN, base_url=origin)


def control(origin: str, path: str, **body: Any) -> Any:
    answer = requests.post(f"{origin}/_sim{path}", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def endpoint(origin: str, receiver: Any) -> Any:
    control(origin, "/webhook_endpoints", access_token=TOKEN, url=receiver.url, secret=SECRET)
    return receiver


def mandate_of(client: gocardless_pro.Client, origin: str, outcome: str = "paid") -> str:
    request = client.billing_requests.create(params={"mandate_request": {"currency": "EUR"}})
    control(origin, f"/billing_requests/{request.id}/fulfil", outcome=outcome)
    return str(client.billing_requests.get(request.id).links.mandate_request_mandate)


def pay(client: gocardless_pro.Client, mandate: str, key: str | None = None) -> Any:
    params = {"amount": 1099, "currency": "EUR", "links": {"mandate": mandate}, "metadata": {"order": "42"}}
    return client.payments.create(params=params, headers={"Idempotency-Key": key} if key else None)


def events_of(receiver: Any) -> list[Any]:
    return [
        event
        for headers, body in list(receiver.received)
        for event in webhooks.parse(body, SECRET, headers["Webhook-Signature"])
    ]


def test_a_flow_leads_to_a_page(client: gocardless_pro.Client) -> None:
    request = client.billing_requests.create(params={"mandate_request": {"currency": "EUR"}, "metadata": {"a": "b"}})
    flow = client.billing_request_flows.create(
        params={"redirect_uri": "https://shop.example/r", "links": {"billing_request": request.id}}
    )

    page = requests.get(flow.authorisation_url, timeout=60)

    assert request.status == "pending"
    assert "GoCardless test page" in page.text
    assert "https://" not in page.text.replace("https://shop.example/r", "")


def test_a_payment_goes_through_its_statuses(client: gocardless_pro.Client, origin: str, endpoint: Any) -> None:
    payment = pay(client, mandate_of(client, origin))

    statuses = [payment.status]
    for days in (1, 2, 2):
        control(origin, "/clock/advance", days=days)
        statuses.append(client.payments.get(payment.id).status)

    assert statuses == ["pending_submission", "submitted", "confirmed", "paid_out"]
    assert [item.id for item in client.payments.list(params={"mandate": payment.links.mandate}).records] == [payment.id]


def test_webhooks_are_verified_by_the_official_library(
    client: gocardless_pro.Client, origin: str, endpoint: Any, until: Until
) -> None:
    payment = pay(client, mandate_of(client, origin))
    control(origin, "/clock/advance", days=3)

    until(lambda: any(event.action == "confirmed" for event in events_of(endpoint)))

    confirmed = next(event for event in events_of(endpoint) if event.action == "confirmed")
    assert (confirmed.resource_type, confirmed.links.payment) == ("payments", payment.id)
    assert client.events.get(confirmed.id).action == "confirmed"
    headers, body = endpoint.received[0]
    with pytest.raises(errors.GoCardlessProError):
        webhooks.parse(body, "another-secret", headers["Webhook-Signature"])


def test_what_was_sent_is_listed(client: gocardless_pro.Client, origin: str, endpoint: Any, until: Until) -> None:
    mandate_of(client, origin)

    [sent, *_] = until(lambda: client.webhooks.list().records)

    assert (sent.url, sent.successful, sent.response_code) == (endpoint.url, True, 200)
    headers = {name.lower(): value for name, value in sent.request_headers.items()}
    assert webhooks.parse(sent.request_body, SECRET, headers["webhook-signature"])


def test_a_batch_holds_up_to_250_events(origin: str, endpoint: Any, until: Until) -> None:
    wanted = [{"resource_type": "payments", "action": "submitted", "resource": {"id": f"PM{n}"}} for n in range(250)]

    made = control(origin, "/events", access_token=TOKEN, events=wanted)

    until(lambda: endpoint.received)
    assert len(endpoint.received) == 1
    assert [event.id for event in events_of(endpoint)] == made["events"]


def test_what_is_not_answered_comes_again_unchanged(
    client: gocardless_pro.Client, origin: str, endpoint: Any, until: Until
) -> None:
    endpoint.answers = [498, 500]

    client.billing_requests.create(params={"mandate_request": {"currency": "EUR"}})

    until(lambda: len(endpoint.received) == 3)
    assert len({body for _, body in endpoint.received}) == 1


def test_a_key_names_what_it_made(client: gocardless_pro.Client, origin: str) -> None:
    mandate = mandate_of(client, origin)
    strict = gocardless_pro.Client(access_token=TOKEN, base_url=origin, raise_on_idempotency_conflict=True)

    first, again = pay(client, mandate, "k-1"), pay(client, mandate, "k-1")

    assert first.id == again.id
    with pytest.raises(errors.IdempotentCreationConflictError) as conflict:
        pay(strict, mandate, "k-1")
    assert conflict.value.conflicting_resource_id == first.id


def test_refusals_are_gocardless_own(client: gocardless_pro.Client, origin: str) -> None:
    mandate = mandate_of(client, origin)
    payment = pay(client, mandate)
    client.mandates.cancel(mandate)

    with pytest.raises(errors.InvalidStateError):
        pay(client, mandate)
    with pytest.raises(errors.InvalidStateError):
        client.refunds.create(params={"amount": 1, "total_amount_confirmation": 1, "links": {"payment": payment.id}})
    with pytest.raises(errors.ValidationFailedError):
        client.billing_requests.create(params={"mandate_request": {"currency": "JPY"}})
    with pytest.raises(errors.AuthenticationError):
        gocardless_pro.Client(access_token="nonsense", base_url=origin).payments.get(payment.id)


def test_its_scenario_simulators_run(client: gocardless_pro.Client, origin: str) -> None:
    payment = pay(client, mandate_of(client, origin))

    client.scenario_simulators.run("payment_charged_back", params={"links": {"resource": payment.id}})

    assert client.payments.get(payment.id).status == "charged_back"


def test_a_refund_confirms_the_total(client: gocardless_pro.Client, origin: str) -> None:
    payment = pay(client, mandate_of(client, origin))
    client.scenario_simulators.run("payment_confirmed", params={"links": {"resource": payment.id}})
    links = {"payment": payment.id}

    refund = client.refunds.create(params={"amount": 99, "total_amount_confirmation": 99, "links": links})
    with pytest.raises(errors.ValidationFailedError):
        client.refunds.create(params={"amount": 1, "total_amount_confirmation": 1, "links": links})

    assert (refund.status, refund.amount) == ("created", 99)
    control(origin, "/clock/advance", days=2)
    assert client.refunds.get(refund.id).status == "paid"
