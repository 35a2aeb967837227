"""Events in their stream, published in groups that share one fsync."""

from opentelemetry import trace

from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit.nats.batch import BatchPublisher
from gateway_kit.telemetry import current_traceparent


class EventStream:
    """The stream ``PROVIDER_EVENTS``."""

    def __init__(self, publisher: BatchPublisher) -> None:
        self._publisher = publisher

    async def put(self, event: ReceivedProviderEvent) -> None:
        """See the port. A recorded trace continues in the message; an unrecorded one costs nothing."""
        headers = event.headers()
        if trace.get_current_span().is_recording() and (traceparent := current_traceparent()):
            headers["traceparent"] = traceparent
        await self._publisher.publish(event.subject, headers, event.body)
