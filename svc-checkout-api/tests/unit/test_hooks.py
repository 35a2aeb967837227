"""The webhook endpoint with a broker in memory: the published messages, and the answers to the provider."""

import json

import nats.errors
import pytest
from opentelemetry.sdk.trace import TracerProvider
from webhook_rig import BAD_SIGNATURE, PATH, PROVIDER, Broker, call, chunked, endpoint_to

from checkout_api.hooks import FAILED_SIGNATURES, ROUTE, WebhookEndpoint
from gateway_contracts.requests.ingest import HEADER_CODE, HEADER_RETRY_AFTER, HEADER_STATUS, SUBJECT
from gateway_contracts.topology import HOOK_BODY_BYTES_MAX
from gateway_kit import telemetry
from gateway_kit.limits.buckets import Buckets
from gateway_kit.metrics import HTTP_SECONDS
from gateway_kit.trace_budget import TraceBudget


async def test_genuine_webhook_is_handed_on_and_answered() -> None:
    broker = Broker()

    response = await call(
        endpoint_to(broker),
        headers={
            "stripe-signature": "t=1,v1=aa",
            "content-type": "application/json",
            "cookie": "session=1",
            "authorization": "Bearer x",
            "x-request-id": "caddy-12345678",
        },
        receive=chunked(b'{"id"', b":1}"),
    )

    assert response.status == 200
    assert response.headers["x-request-id"] == "caddy-12345678"
    [request] = broker.requests
    assert (request.subject, request.body) == (SUBJECT, b'{"id":1}')
    assert request.headers["Gw-Provider-Type"] == "stripe"
    assert request.headers["Gw-Provider-Id"] == PROVIDER
    assert request.headers["X-Request-Id"] == "caddy-12345678"
    assert request.headers["Http-stripe-signature"] == "t=1,v1=aa"
    assert {name for name in request.headers if name.startswith("Http-")} == {
        "Http-stripe-signature",
        "Http-content-type",
    }


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "text/xml"])
async def test_webhooks_come_in_the_form_that_providers_choose(content_type: str | None) -> None:
    broker = Broker()
    headers = {"content-encoding": "gzip"} | ({} if content_type is None else {"content-type": content_type})

    response = await call(endpoint_to(broker), headers=headers, receive=chunked(b"id=tr_1"))

    assert response.status == 200
    assert [request.body for request in broker.requests] == [b"id=tr_1"]


async def test_webhooks_are_counted_by_their_answers() -> None:
    def counts() -> dict[tuple[str, str], float]:
        """By method and status."""
        [metric] = HTTP_SECONDS.collect()
        return {
            (sample.labels["method"], sample.labels["status"]): sample.value
            for sample in metric.samples
            if sample.name.endswith("_count") and sample.labels["route"] == ROUTE
        }

    before = counts()
    await call(endpoint_to(Broker()))
    await call(endpoint_to(Broker(BAD_SIGNATURE)))
    await call(endpoint_to(Broker()), method="BREW")
    await call(endpoint_to(Broker()), path="/hooks/secret")
    added = {key: value - before.get(key, 0) for key, value in counts().items() if value != before.get(key, 0)}

    assert added == {("POST", "200"): 1, ("POST", "400"): 1, ("other", "405"): 1}


async def test_every_answer_carries_a_request_id() -> None:
    response = await call(endpoint_to(Broker(BAD_SIGNATURE)), headers={"x-request-id": "no spaces allowed"})

    assert response.headers["x-request-id"].startswith("req_")
    assert json.loads(response.body)["requestId"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("reply", "status", "code", "retry_after"),
    [
        (BAD_SIGNATURE, 400, "WEBHOOK_SIGNATURE_INVALID", None),
        ({HEADER_STATUS: "404", HEADER_CODE: "PROVIDER_NOT_FOUND"}, 404, "PROVIDER_NOT_FOUND", None),
        ({HEADER_STATUS: "413", HEADER_CODE: "PAYLOAD_TOO_LARGE"}, 413, "PAYLOAD_TOO_LARGE", None),
        ({HEADER_STATUS: "498", HEADER_CODE: "WEBHOOK_SIGNATURE_INVALID"}, 498, "WEBHOOK_SIGNATURE_INVALID", None),
        ({HEADER_STATUS: "503", HEADER_CODE: "NOT_READY", HEADER_RETRY_AFTER: "7"}, 503, "NOT_READY", "7"),
        ({HEADER_STATUS: "503", HEADER_CODE: "OVERLOADED"}, 503, "OVERLOADED", "2"),
        ({}, 503, "TEMPORARILY_UNAVAILABLE", "2"),
        ({HEADER_STATUS: "302"}, 503, "TEMPORARILY_UNAVAILABLE", "2"),
        (nats.errors.NoRespondersError(), 503, "SERVICE_UNAVAILABLE", "2"),
        (nats.errors.TimeoutError(), 503, "SERVICE_TIMEOUT", "2"),
        (nats.errors.ConnectionClosedError(), 503, "BROKER_UNAVAILABLE", "2"),
    ],
)
async def test_replies_and_faults_become_answers(
    reply: dict[str, str] | Exception, status: int, code: str, retry_after: str | None
) -> None:
    response = await call(endpoint_to(Broker(reply)))

    assert (response.status, response.code) == (status, code)
    assert response.headers.get("retry-after") == retry_after
    assert set(json.loads(response.body)) == {"error", "code", "requestId", "details"}


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "OPTIONS"])
async def test_only_post_is_allowed(method: str) -> None:
    response = await call(endpoint_to(Broker()), method=method)

    assert (response.status, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "path", ["/hooks", "/hooks/", "/hooks/stripe", "/hooks/stripe/", PATH + "/", "/hooks/stripe/a/b", "/hooks/st*/a"]
)
async def test_other_paths_are_unknown(path: str) -> None:
    broker = Broker()

    response = await call(endpoint_to(broker), path=path)

    assert (response.status, response.code) == (404, "NOT_FOUND")
    assert broker.requests == []


@pytest.mark.parametrize("announced", [True, False])
async def test_body_over_the_limit_is_refused_and_not_handed_on(announced: bool) -> None:
    broker = Broker()
    half = b"x" * (HOOK_BODY_BYTES_MAX // 2)

    response = await call(
        endpoint_to(broker),
        headers={"content-length": str(HOOK_BODY_BYTES_MAX + 1)} if announced else {},
        receive=chunked(half, half, b"x"),
    )

    assert (response.status, response.code) == (413, "PAYLOAD_TOO_LARGE")
    assert broker.requests == []


async def test_body_of_exactly_the_limit_is_taken() -> None:
    assert (await call(endpoint_to(Broker()), receive=chunked(b"x" * HOOK_BODY_BYTES_MAX))).status == 200


async def test_disconnect_is_never_the_end_of_a_body() -> None:
    broker = Broker()

    response = await call(endpoint_to(broker), receive=chunked(b'{"id":1}', end=False))

    assert response.status == 0
    assert broker.requests == []


async def test_without_a_connection_nothing_is_tried() -> None:
    broker = Broker()
    broker.is_connected = False

    response = await call(endpoint_to(broker))

    assert (response.status, response.code) == (503, "BROKER_UNAVAILABLE")
    assert broker.requests == []


async def test_failed_signatures_are_limited_by_address_and_provider() -> None:
    broker = Broker(BAD_SIGNATURE)
    # No time passes: however slow the machine is, nothing drains between two requests.
    endpoint = endpoint_to(broker, limits=Buckets((FAILED_SIGNATURES,), secret=b"test", monotonic=lambda: 1_000.0))
    statuses = [(await call(endpoint)).status for _ in range(22)]
    assert statuses == [400] * 20 + [429] * 2

    limited = await call(endpoint)

    assert limited.code == "RATE_LIMITED"
    assert 1 <= int(limited.headers["retry-after"]) <= 3
    assert (await call(endpoint, client="203.0.113.6")).status == 400
    assert (await call(endpoint, path="/hooks/stripe/65a5000000000000000000bb")).status == 400


async def test_the_buckets_that_it_is_given_are_used_from_the_first_webhook_on() -> None:
    """They are shared with the other instances; empty ones are false."""
    limits = Buckets((FAILED_SIGNATURES,), secret=b"test")
    await call(endpoint_to(Broker(BAD_SIGNATURE), limits=limits))

    assert len(limits) == 1


async def test_genuine_webhook_passes_an_empty_bucket() -> None:
    broker = Broker(BAD_SIGNATURE)
    endpoint = endpoint_to(broker)
    for _ in range(25):
        await call(endpoint)
    broker.reply = {HEADER_STATUS: "200"}

    assert (await call(endpoint)).status == 200


@pytest.mark.parametrize("recorded", [True, False])
async def test_decision_on_the_trace_travels_on(recorded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "_tracer", TracerProvider().get_tracer("test"))
    broker = Broker()
    budget = TraceBudget(ratio=1, per_second=1 if recorded else 0)

    await call(WebhookEndpoint(broker, traces=budget))  # type: ignore[arg-type]  # a fake client

    flags = broker.requests[0].headers["traceparent"].split("-")[3]
    assert bool(int(flags, 16) & 1) is recorded
