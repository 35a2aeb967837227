"""Whatever moves a payment, and whenever: it is reported in the one trace that began with the customer."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from transaction_world import World

from gateway_kit import telemetry
from gateway_kit.telemetry import current_trace_id, remote_span, span

pytestmark = pytest.mark.integration


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Finished spans of this test, from a tracer of its own that records everything."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    yield exporter
    provider.shutdown()


async def test_webhook_advances_the_payment_in_its_own_trace(world: World, spans: InMemorySpanExporter) -> None:
    session = await world.checkout()
    with span("request of the customer"):
        story = current_trace_id()
        started = await world.pay(session)
    payment_id = (await world.transaction(started.transaction_id)).provider_payment_id
    with remote_span("delivery of the webhook", None):
        delivery = current_trace_id()
        await world.deliver(world.event("payment_intent.succeeded", payment_id))

    transaction = await world.transaction(started.transaction_id)
    assert transaction.trace_id == story != delivery
    assert {entry.trace_id for entry in transaction.timeline} == {story}
    reported = [event for event in await world.events() if event["type"].startswith("transaction.")]
    assert {event["traceparent"].split("-")[1] for event in reported} == {story}
    advanced = _named(spans, "transaction.advance")[-1]
    assert f"{advanced.context.trace_id:032x}" == story
    assert [f"{link.context.trace_id:032x}" for link in advanced.links] == [delivery]


async def test_follow_up_calls_stay_in_the_trace(world: World, spans: InMemorySpanExporter) -> None:
    session = await world.checkout()
    with span("request of the customer"):
        story = current_trace_id()
        started = await world.pay(session)
    payment_id = (await world.transaction(started.transaction_id)).provider_payment_id
    with remote_span("delivery of the webhook", None):
        await world.deliver(world.event("payment_intent.payment_failed", payment_id))

    void = _named(spans, "transaction.call")[-1]
    assert f"{void.context.trace_id:032x}" == story


async def test_without_a_trace_nothing_is_linked(world: World, spans: InMemorySpanExporter) -> None:
    started = await world.pay(await world.checkout())
    stored = await world.db.transactions.find_one({"_id": started.transaction_id})
    assert stored["traceparent"] is None
    advanced = _named(spans, "transaction.advance")[-1]
    assert advanced.parent is None
    assert not advanced.links


def _named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [finished for finished in spans.get_finished_spans() if finished.name == name]
